"""The commands over stored data: `seed`, `export` and `rebuild`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from app import auditing
from app.commands.common import UsageError, database, load_settings, orderly_end, plain_failures
from app.commands.demo.generate import HIGHEST_SEED, IDS_PER_SEED, generate
from app.commands.demo.load import store_many
from app.commands.exporter import FormatName, Kinds, export, options
from app.commands.imports.rows import MOST_SHOWN
from app.commands.private_files import output_or_file
from app.commands.progress import bar
from app.database.connect import learned, open_store
from app.errors import StartError
from app.settings import Settings
from resolvers import sessions
from resolvers.access import EVERYBODY
from resolvers.context import Context, utc_now
from resolvers.errors import nearest
from resolvers.kind import Kind
from resolvers.rebuild import Rebuilt, outdated, rebuild
from resolvers.request import EVERYTHING
from resolvers.store import preparation
from resolvers.store import read as reads
from resolvers.store.store import Store
from resolvers.tenants import checked
from schema.kinds import KINDS

DEADLINE = 60.0
"""Seconds for one operation: the batches here are larger than a request's."""

BY_ENUM: Kinds = {entry.kind.enum_name: entry.kind for entry in KINDS}

Tenant = Annotated[
    str | None, typer.Option(help="Only the sessions of this tenant; new ones become its own.")
]

data = typer.Typer()


@data.command()
def seed(
    kind: Annotated[str, typer.Option(help="Kind of session, such as BOT.")],
    count: Annotated[int, typer.Option(min=1, max=IDS_PER_SEED, help="How many sessions.")] = 1000,
    number: Annotated[
        int,
        typer.Option(
            "--seed",
            min=0,
            max=HIGHEST_SEED,
            help="Another seed makes other sessions; 0: the demo's.",
        ),
    ] = 1,
    tenant: Tenant = None,
) -> None:
    """Store generated sessions of the last thirty days; sessions that exist are not changed."""

    async def work(context: Context) -> str:
        drafts = generate(chosen, count, number, context.now())
        stored = await store_many(context, chosen, drafts, count, bar)
        return f"{stored:,} sessions stored, {count - stored:,} existed already."

    with plain_data_failures():
        chosen = kind_named(kind)
        run(work, tenant)


@data.command("export")
def export_command(
    kind: Annotated[str | None, typer.Option(help="Only this kind, such as BOT.")] = None,
    output: Annotated[
        Path | None, typer.Option(dir_okay=False, help="The file; standard output if not given.")
    ] = None,
    tenant: Tenant = None,
    where: Annotated[
        str | None,
        typer.Option(
            "--filter", help="Which sessions: GraphQL's filter of the kind, as JSON. Needs --kind."
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(help="Which columns, with commas between them. Needs --kind."),
    ] = None,
    form: Annotated[
        FormatName, typer.Option("--format", help="`csv` needs --kind, and cannot be imported.")
    ] = FormatName.NDJSON,
) -> None:
    """Write all sessions, or those of one tenant, as JSON Lines or CSV."""

    async def work(context: Context) -> str:
        damaged: list[str] = []
        total = sum([await sessions.count(context, one.kind, one.where) for one in exports])
        with output_or_file(output) as file, bar("Exporting", total) as advance:
            written = 0
            for one in exports:
                written += await export(context, one, file.write, damaged.append, advance)
        if damaged:
            raise StartError("\n".join((f"{written:,} sessions exported, without:", *damaged)))
        return f"{written:,} sessions exported."

    with plain_data_failures():
        if kind is None and (where or columns or form is FormatName.CSV):
            raise UsageError("--filter, --columns and --format=csv need --kind.")
        kinds = [kind_named(kind)] if kind else list(BY_ENUM.values())
        exports = [options(one, where, columns, form) for one in kinds]
        run(work, tenant)


@data.command("rebuild")
def rebuild_command(
    kind: Annotated[str | None, typer.Option(help="Only this kind, such as BOT.")] = None,
) -> None:
    """Compute anew what is computed and stored with sessions, such as counts of messages."""

    async def work(context: Context) -> str:
        found = [await _rebuilt(context, one) for one in kinds]
        seen, changed = (sum(getattr(one, name) for one in found) for name in ("seen", "changed"))
        said = f"{seen:,} sessions computed, {changed:,} of them changed."
        if problems := [problem for one in found for problem in one.problems]:
            more = [f"and {len(problems) - MOST_SHOWN} more."] * (len(problems) > MOST_SHOWN)
            raise StartError("\n".join((f"{said} Unchanged:", *problems[:MOST_SHOWN], *more)))
        return said

    with plain_data_failures():
        kinds = [kind_named(kind)] if kind else list(BY_ENUM.values())
        run(work)


async def _rebuilt(context: Context, kind: Kind) -> Rebuilt:
    total = await reads.count(context.store, kind, EVERYTHING)
    with bar(f"Rebuilding {kind.enum_name}", total) as advance:
        return await rebuild(context, kind, advance)


def kind_named(name: str) -> Kind:
    """The kind by its SessionKind, in upper or lower case; UsageError naming the nearest."""
    wanted = name.upper().replace("-", "_")
    if wanted not in BY_ENUM:
        raise UsageError(f"--kind: there is no kind {name!r}. {nearest(wanted, BY_ENUM)}")
    return BY_ENUM[wanted]


@asynccontextmanager
async def surroundings(
    settings: Settings, tenant: str | None = None, *, as_found: bool = False, audited: bool = True
) -> AsyncIterator[Context]:
    """A context over the database, which may do everything that the settings allow.

    With a tenant, it may do so for that tenant alone. The database is prepared first; `as_found`
    leaves it as it is, also where a map names collections of another application. Without
    `audited` it has no audit trail, which would write: for what changes nothing.
    """
    async with open_store(settings, DEADLINE) as opened:
        store = await learned(opened, settings)
        if not (as_found or settings.read_only):
            await _prepare(store, settings)
        now = utc_now()  # one moment for all, so that both looks at a file see the same
        store = replace(store, unruled=await preparation.unruled(store, BY_ENUM.values()))
        trail = auditing.command(settings, store) if audited else nullcontext(store)
        async with trail as witnessed:
            yield Context(
                witnessed,
                settings.company_timezone,
                now=lambda: now,
                caller=replace(
                    EVERYBODY,
                    read_only=settings.read_only,
                    fixed=frozenset() if as_found else frozenset(store.maps),
                    tenants=None if tenant is None else frozenset([tenant]),
                ),
                retention=settings.retention,
            )


async def _prepare(store: Store, settings: Settings) -> None:
    kinds = BY_ENUM.values()
    report = await preparation.prepare(store, kinds, settings.retention, settings.policy)
    await outdated(store, (one for one in kinds if store.name(one) not in report.foreign))


def run(work: Callable[[Context], Coroutine[Any, Any, str]], tenant: str | None = None) -> None:
    """Do the work on the database of the settings, for a tenant or for all; print its result."""
    checked(() if tenant is None else [tenant])

    async def within(settings: Settings) -> str:
        async with surroundings(settings, tenant) as context:
            return await work(context)

    settings = load_settings()
    with orderly_end(), database(settings) as complete:
        typer.echo(asyncio.run(within(complete)), err=True)


@contextmanager
def plain_data_failures() -> Iterator[None]:
    """Failures as plain sentences."""
    with plain_failures():
        try:
            yield
        except BrokenPipeError:  # whoever read our output has enough
            raise
        except OSError as error:
            raise StartError(f"{error.filename}: {error.strerror}.") from error
