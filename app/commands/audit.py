"""The command `audit`: the trail of who did what is verified, exported and pruned.

Exit codes as everywhere; `verify` ends with 1 if anything is not as it was written.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from app import auditing, private_writing
from app.commands.common import UsageError, opened, plain_failures, require_writable
from app.commands.private_files import writing
from app.commands.progress import bar
from app.database.connect import open_store
from app.errors import StartError
from app.settings import Settings
from resolvers.audit.entries import print_time, shown_id
from resolvers.audit.export import Wanted, exported
from resolvers.audit.proof import Report, problems
from resolvers.audit.pruning import prune
from resolvers.store.store import Store

DEADLINE = 60.0
"""Seconds for one operation."""
MOST_SHOWN = 100
"""Problems that are printed; the others are counted."""

Moment = Annotated[str | None, typer.Option(metavar="TIME", help="An ISO 8601 time; UTC if bare.")]

audit = typer.Typer(
    help="Verify, export and prune the trail of who did what.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@audit.command()
def verify(
    anchor: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            help="A file outside the database: what it names must still be there. It is made, and "
            "brought up to date when all is well.",
        ),
    ] = None,
) -> None:
    """Check that no entry was changed, removed or added by others than the gateway."""

    async def work(settings: Settings, store: Store) -> None:
        known, report, shown = _read(anchor), Report(), 0
        with bar("Verifying", None) as advance:
            async for problem in problems(store, auditing.mac(settings), report, known, advance):
                if shown < MOST_SHOWN:
                    typer.echo(str(problem))
                shown += 1
        if shown:
            raise StartError(f"The audit trail is not whole: {shown:,} problems.")
        if anchor is not None:
            text = {writer: dict(place) for writer, place in report.heads.items()}
            private_writing.write(anchor, json.dumps(text, indent=0))
        for sentence in _sentences(report):
            typer.echo(sentence)

    _run(work)


@audit.command()
def export(
    output: Annotated[Path, typer.Option(dir_okay=False, help="The file; only you may read it.")],
    since: Moment = None,
    until: Moment = None,
    session: Annotated[str | None, typer.Option(help="Only entries about this session id.")] = None,
    credential: Annotated[str | None, typer.Option(help="Only entries of this id.")] = None,
) -> None:
    """Write entries as JSON Lines: chain after chain, each in its order."""

    async def work(_settings: Settings, store: Store) -> None:
        written = 0
        with writing(output) as file, bar("Exporting", None) as advance:
            async for batch in exported(store, wanted):
                file.writelines(orjson.dumps(row) + b"\n" for row in batch)
                written += len(batch)
                advance(len(batch))
        typer.echo(f"{written:,} entries exported.", err=True)

    with plain_failures():
        wanted = Wanted(
            _moment("--since", since),
            _moment("--until", until),
            None if session is None else shown_id(session),
            None if credential is None else shown_id(credential),
        )
    _run(work)


@audit.command("prune")
def prune_command(
    days: Annotated[
        int | None,
        typer.Option(min=1, help="Instead of GATEWAY_AUDIT_RETENTION_DAYS, how many days stay."),
    ] = None,
) -> None:
    """Remove entries whose time is over; a running gateway does so itself every hour."""

    async def work(settings: Settings, store: Store) -> None:
        require_writable(settings)
        number = days or settings.audit_retention_days
        if number is None:
            raise UsageError(
                "Nothing says how long entries stay: set GATEWAY_AUDIT_RETENTION_DAYS."
            )
        async with auditing.opened(settings, store, "command") as trail:
            removed = await prune(store, auditing.mac(settings), number, trail)
        typer.echo(f"{removed:,} entries removed.", err=True)

    _run(work)


def _run(work: Callable[[Settings, Store], Awaitable[None]]) -> None:
    async def on_store(settings: Settings) -> None:
        async with open_store(settings, DEADLINE) as store:
            await work(settings, store)

    with opened() as settings:
        asyncio.run(on_store(settings))


def _read(anchor: Path | None) -> Mapping[str, Mapping[str, Any]] | None:
    """The heads in an anchor; None if there is no file yet. UsageError for another file."""
    if anchor is None or not anchor.exists():
        return None
    try:
        found = json.loads(anchor.read_text(encoding="utf-8"))
        return {
            writer: {"seq": int(place["seq"]), "hash": str(place["hash"])}
            for writer, place in found.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise UsageError(f"--anchor {anchor} is not a file of `audit verify`.") from None


def _sentences(report: Report) -> list[str]:
    """What was found to be whole."""
    since = f" since {print_time(report.since)}" if report.since else ""
    found = [f"{report.entries:,} entries in {report.chains:,} chains are whole{since}."]
    if report.removed_before:
        found.append(f"Entries before {print_time(report.removed_before)} were removed as planned.")
    if report.open:
        found.append(f"{report.open:,} chains are open: their processes run, or were killed.")
    if report.unkeyed:
        found.append(f"{report.unkeyed:,} chains have no key: who writes the database could forge.")
    return found


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text!r} is not an ISO 8601 time.") from None
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
