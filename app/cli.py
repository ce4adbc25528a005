"""The command line: `python -m app.cli COMMAND`, which the files in `scripts/` call.

Exit codes: 0 after an orderly end (Ctrl-C included), 1 when something failed, 2 when the command,
an option or a `GATEWAY_` variable is wrong. Every refusal is one plain sentence on standard error.
"""

import signal

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C during the imports ends without a trace

import os
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from app.data_folder import StartError
from app.embedded import EmbeddedDatabase
from app.joining import joined
from app.secrets import for_embedded
from app.settings import Settings

PREFIX = "GATEWAY_"

# Plain tracebacks: the decorated ones print local variables, and with them keys and addresses.
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class UsageError(Exception):
    """A setting is wrong; the text is a plain sentence that names it and says what is right."""


@app.callback()
def _gateway() -> None:
    """GraphQL gateway over support sessions in MongoDB."""


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
    demo: Annotated[bool, typer.Option(help="Load the demo data on the first run.")] = True,
) -> None:
    """Serve the gateway; without GATEWAY_MONGODB_URI on an embedded database of its own."""
    with plain_failures(), orderly_end():
        settings = load_settings(host=host, port=port)
        check_port_is_free(settings.host, settings.port)
        # The help and a refusal need no web framework. Importing it takes as long as the database
        # takes to start, so both happen at once.
        Thread(target=import_module, args=("app.serving",), daemon=True).start()
        with database(settings, own=True) as complete:
            from app.serving import serve as run

            run(complete, demo=demo, workers=workers)


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


def check_port_is_free(host: str, port: int) -> None:
    """Raise StartError when `host` and `port` cannot be listened on."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            if sys.platform != "win32":  # there it would allow a second listener
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except socket.gaierror:
        raise StartError(
            f"The address {host} is unknown: write one of this machine's, such as 127.0.0.1, "
            "with --host or GATEWAY_HOST."
        ) from None
    except OSError as error:
        raise StartError(
            f"Port {port} of {host} cannot be used ({error.strerror}): "
            "choose another with --port or GATEWAY_PORT."
        ) from None


def _refuse_unknown(names: Iterable[str]) -> None:
    known = [PREFIX + field.upper() for field in Settings.model_fields]
    for name in sorted(names):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = get_close_matches(name.upper(), known, n=1, cutoff=0)
            raise UsageError(f"{name} is no setting; the nearest one is {near[0]}.")


def _sentence(detail: ErrorDetails) -> str:
    """What is wrong with one variable, without its value: that may hold a password."""
    wrong = detail["msg"].removeprefix("Value error, ")
    if not detail["loc"]:
        return wrong
    field = str(detail["loc"][0])
    about = Settings.model_fields[field].description or ""
    return f"{PREFIX}{field.upper()} is wrong: {wrong.rstrip('.')}. Its meaning: {about}"


@contextmanager
def database(settings: Settings, own: bool = False) -> Iterator[Settings]:
    """Settings that name a database: the given one, else an embedded one that runs meanwhile.

    A command shares the embedded one of a running gateway; with `own` that is refused.
    """
    if settings.mongodb_uri is not None:
        yield settings
        return
    if own:
        typer.echo(f"Starting the embedded database in {settings.data_dir} …", err=True)
    found = _owned(settings.data_dir) if own else joined(settings.data_dir)
    with found as uri:
        yield for_embedded(settings, uri)


@contextmanager
def _owned(data_dir: Path) -> Iterator[str]:
    with EmbeddedDatabase(data_dir) as database:
        yield database.uri


@contextmanager
def opened() -> Iterator[Settings]:
    """The settings of a command, and its database for as long as it runs."""
    with plain_failures(), orderly_end(), database(load_settings()) as complete:
        yield complete


@contextmanager
def plain_failures() -> Iterator[None]:
    """Failures as plain sentences and exit codes."""
    try:
        yield
    except UsageError as error:
        _refuse(error, 2)
    except StartError as error:
        _refuse(error, 1)


def _refuse(error: Exception, code: int) -> NoReturn:
    typer.echo(f"Error: {error}", err=True)
    raise typer.Exit(code) from None


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


def main() -> None:
    """Run the command line."""
    from app.data_commands import data  # late: it uses this module
    from app.keys import commands

    app.add_typer(data)
    app.add_typer(commands(opened), name="keys")
    app(prog_name="session-gateway")


if __name__ == "__main__":
    main()
