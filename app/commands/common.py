"""What every command needs: its settings, its database, plain failures and an orderly end."""

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from types import FrameType
from typing import Any

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from app.access.own_keys import for_embedded, for_memory
from app.database import memory
from app.database.embedded import NotInstalledError, embedded
from app.database.guard import Guard, Tend
from app.database.running import joined
from app.errors import StartError
from app.settings import Settings
from resolvers.errors import BadInput, GatewayError

PREFIX = "GATEWAY_"


class UsageError(Exception):
    """A setting is wrong; the text is a plain sentence that names it and says what is right."""


def load_settings(**given: str | int | None) -> Settings:
    """Settings from the environment, with `given` ones on top unless None.

    Raises UsageError for an unknown or wrong `GATEWAY_` variable.
    """
    _refuse_unknown(os.environ)
    options: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**options)
    except ValidationError as error:
        raise UsageError("\n".join(_sentence(detail) for detail in error.errors())) from None
    except SettingsError as error:  # a value that should be JSON and is not
        raise UsageError(f"{PREFIX} variables: {error}.") from None


def _refuse_unknown(names: Iterable[str]) -> None:
    known = [PREFIX + field.upper() for field in Settings.model_fields]
    for name in sorted(names):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = get_close_matches(name.upper(), known, n=1, cutoff=0)
            raise UsageError(f"{name} is not a setting; the nearest one is {near[0]}.")


def _sentence(detail: ErrorDetails) -> str:
    """What is wrong with one variable, without its value: it may contain a password."""
    wrong = detail["msg"].removeprefix("Value error, ")
    if not detail["loc"]:
        return wrong
    field = str(detail["loc"][0])
    about = Settings.model_fields[field].description or ""
    return f"{PREFIX}{field.upper()} is wrong: {wrong.rstrip('.')}. Its meaning: {about}"


@contextmanager
def database(settings: Settings) -> Iterator[Settings]:
    """Settings that name a database: the given one, else an embedded one that runs meanwhile.

    A command shares the embedded one of a running gateway.
    """
    if settings.mongodb_uri is not None:
        yield settings
        return
    with joined(settings.data_dir) as uri:
        yield for_embedded(settings, uri)


@contextmanager
def own_database(settings: Settings) -> Iterator[tuple[Settings, Tend]]:
    """As `database`, for a gateway: it shares none, and `Tend` starts a dead one again.

    Where the embedded one is not installed, it is one in memory.
    """
    if settings.mongodb_uri is not None:
        yield settings, lambda: None
        return
    typer.echo(f"Starting the embedded database in {settings.data_dir} …", err=True)
    with ExitStack() as stack:
        try:
            engine = stack.enter_context(embedded(settings.data_dir))
        except NotInstalledError as error:
            typer.echo(error, err=True)
            yield _in_memory(settings), lambda: None
        else:
            yield for_embedded(settings, engine.uri), Guard(engine).tend


def _in_memory(settings: Settings) -> Settings:
    """Settings for a database that is gone with this process, which is said."""
    memory.client()
    typer.echo(memory.NOT_INSTALLED, err=True)
    stored = settings.data_dir / "mongodb"
    if stored.exists() and any(stored.iterdir()):
        typer.echo(memory.UNTOUCHED.format(stored), err=True)
    return for_memory(settings)


def require_writable(settings: Settings) -> None:
    """UsageError where the gateway may write nothing."""
    if settings.read_only:
        raise UsageError(
            "GATEWAY_READ_ONLY is true: unset it for a command that changes the database."
        )


@contextmanager
def opened() -> Iterator[Settings]:
    """The settings of a command, and its database for as long as it runs."""
    with plain_failures(), orderly_end(), database(load_settings()) as complete:
        yield complete


@contextmanager
def plain_failures() -> Iterator[None]:
    """Failures as plain sentences and exit codes: 2 for a wrong option or setting, else 1."""
    try:
        yield
    except (UsageError, StartError, GatewayError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2 if isinstance(error, UsageError | BadInput) else 1) from None


@contextmanager
def orderly_end() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and a closed terminal unwind everything, then end as a success."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _as_terminated)
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _as_terminated(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGTERM)  # which the web server, once running, drains on
