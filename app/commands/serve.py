"""Running the application: prepare the database, load the demo data, say where everything is."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import typer

from app import auditing
from app.access import one_time_codes
from app.access.one_time_codes import OneTimeCodes
from app.access.own_keys import ensure_demo, for_embedded
from app.commands import workers as processes
from app.commands.demo import SIZE, has_demo, load_demo
from app.commands.progress import bar
from app.commands.server import Server, allow_files, configuration
from app.database import memory
from app.database.connect import learned, open_store
from app.database.guard import Tend
from app.errors import StartError
from app.main import create_app
from app.observing.logs import configure
from app.pages.graphiql import missing_files
from app.settings import Settings
from resolvers import rebuild
from resolvers.context import utc_now
from resolvers.errors import Timeout, Unavailable
from resolvers.store import driver, preparation, surveys
from resolvers.store.store import Store
from schema.kinds import KINDS

REACH = 10.0
"""Seconds in which the database has to answer for the first time."""
PATIENCE = 60.0
"""Seconds that one operation may take while the database is prepared."""
UNUSABLE_URI = (
    "GATEWAY_MONGODB_URI cannot be used: write one such as mongodb://user:password@host:27017/, "
    "with special characters of the password percent-encoded."
)
REBUILD = (
    "Sessions of {} that an earlier version stored may lack values that this one computes. "
    "Run scripts/rebuild beside the gateway to add them."
)


async def prepare(settings: Settings, demo: bool) -> tuple[Settings, str | None]:
    """Collections, indexes, validation and demo data; the settings to serve with, and a key.

    The key is the demo credential's. A database that was empty gets the demo data and with it the
    credential; one that has somebody's sessions gets neither, unless GATEWAY_DEMO_KEY is set.
    StartError where the database cannot be used.
    """
    with database_errors():
        async with open_store(settings, REACH) as store:
            await store.run(store.ping())
        return await _prepare(settings, demo)


async def _prepare(settings: Settings, demo: bool) -> tuple[Settings, str | None]:
    async with open_store(settings, PATIENCE) as opened:
        store = await learned(opened, settings)
        if settings.read_only:
            typer.echo("Read-only: nothing in the database changes.", err=True)
            _say(store.capabilities.sentences())
            return settings, _demo_key(settings)
        kinds = [entry.kind for entry in KINDS]
        report = await preparation.prepare(store, kinds, settings.retention, settings.policy)
        _say(report.sentences())
        if settings.mongodb_uri != memory.URI:  # of that one, more important things were said
            found = store.capabilities
            _say(replace(found, has=found.has - report.lacks).sentences())
        own = [kind for kind in kinds if store.name(kind) not in report.foreign]
        if old := await rebuild.outdated(store, own):
            typer.echo(REBUILD.format(", ".join(kind.enum_name for kind in old)), err=True)
        await surveys.prepare(store, own, lambda said: typer.echo(said, err=True))
        async with auditing.command(settings, store) as witnessed:
            if demo and await _load_demo(witnessed) and settings.mongodb_uri:
                settings = for_embedded(settings, settings.mongodb_uri)
            return settings, await ensure_demo(witnessed, settings) if settings.demo_key else None


def _say(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        typer.echo(sentence, err=True)


def _demo_key(settings: Settings) -> str | None:
    """The demo credential's key, where it comes from the settings and is stored nowhere."""
    return settings.demo_key.get_secret_value() if settings.demo_key else None


@contextmanager
def database_errors() -> Iterator[None]:
    """Failures of the database as sentences, without its address: it may contain a password.

    The text of a refusal is the server's own, which contains none.
    """
    try:
        yield
    except (Unavailable, Timeout):
        raise StartError(
            "The database does not answer: check that it runs, and its address in "
            "GATEWAY_MONGODB_URI."
        ) from None
    except driver.DRIVER_ERRORS as error:
        details = getattr(error, "details", None)
        said = details.get("errmsg") if isinstance(details, dict) else None
        raise StartError(f"The database refuses: {said}" if said else UNUSABLE_URI) from None


async def _load_demo(store: Store) -> bool:
    """Load the demo data if this is the first run; whether it is there now."""
    with bar("Loading the demo data", SIZE) as advance:
        return bool(await load_demo(store, utc_now(), advance)) or await has_demo(store)


def serve(
    settings: Settings, demo: bool = True, workers: int = 1, tend: Tend = lambda: None
) -> None:
    """Prepare the database, say where everything is, and answer requests until stopped.

    `tend` is called a few times a second meanwhile. StartError where the database cannot be used.
    """
    configure(settings.log_format, settings.log_level)
    if settings.mongodb_uri == memory.URI:
        workers = 1
    settings, key = asyncio.run(prepare(settings, demo))
    allow_files(settings.max_connections)
    with one_time_codes.opened() as codes:

        def ready(host: str, port: int) -> None:
            announce(settings, origin(host, port, bool(settings.tls_certificate)), key, codes)

        if workers == 1:
            config = configuration(settings, create_app(settings, codes))
            Server(config, settings.head_seconds, settings.notice, ready, tend).run()
        else:
            config = configuration(settings, processes.FACTORY, factory=True, workers=workers)
            processes.run(config, settings, codes, ready, tend)


def origin(host: str, port: int, tls: bool = False) -> str:
    """The address for a browser on this machine; a server on all addresses is on loopback, too."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  printed, not bound
    scheme = "https" if tls else "http"
    return f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"


def announce(
    settings: Settings, address: str, key: str | None, codes: OneTimeCodes | None = None
) -> None:
    """Print where everything is, and the demo key if there is one.

    The addresses of the pages carry one-time codes, never the key: a browser remembers them.
    """
    signs_in = bool(key and codes and settings.auth == "required")

    def code() -> str:
        return f"#code={codes.make()}" if codes and signs_in else ""

    lines = [
        f"Session Gateway at {address}/{code()}",
        f"  GraphQL          {address}/graphql",
        *_pages(address, code()),
        f"  Documentation    {address}/guide",
        f"  Health           {address}/readyz",
    ]
    if signs_in:
        lines.append("Each #code signs a browser in once, within ten minutes.")
    if settings.auth == "off":
        lines.append("Access is off: everybody on this machine may do everything.")
    elif key:
        lines.append(f"Demo key, with every scope:  {key}")
    else:
        lines.append("Make a key:  .venv/bin/python -m app.cli keys create --name me --scope admin")
    if settings.mongodb_uri == memory.URI:
        lines.append("NOTHING IS STORED ON DISK: this is a demo in memory.")
    typer.echo("\n".join(lines))


def _pages(address: str, code: str) -> list[str]:
    """Where the pages are that npm's packages are needed for, or how to get them."""
    if missing_files():
        return ["  GraphiQL, REST reference: not installed; run scripts/setup with npm on the PATH"]
    return [
        f"  GraphiQL         {address}/graphiql{code}",
        f"  REST reference   {address}/docs",
    ]
