"""The commands over databases that have data already: `adopt` and `verify`."""

import asyncio
import tomllib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from app.commands.common import UsageError, database, load_settings, orderly_end, plain_failures
from app.commands.data import BY_ENUM, kind_named, surroundings
from app.commands.progress import bar
from app.errors import StartError
from app.map_files import MapFileError, load_one
from app.settings import Settings
from resolvers import adoption
from resolvers.adoption import Report, Target, Undone
from resolvers.context import Context
from resolvers.errors import BadInput
from resolvers.findings import MISSING, Findings
from resolvers.mapping import read
from resolvers.proposal import Sample, propose
from resolvers.store import originals, preparation
from resolvers.verification import Orphans, Verified, orphans, verify

MOST_SHOWN = 50
"""Lines of findings of one collection."""

existing = typer.Typer()

Work = Callable[[Context], Coroutine[Any, Any, None]]


@existing.command("adopt")
def adopt_command(
    kind: Annotated[str | None, typer.Option(help="Only this kind, such as BOT.")] = None,
    collection: Annotated[
        str | None, typer.Option(help="A collection of another name than the kind's.")
    ] = None,
    map_file: Annotated[
        Path | None,
        typer.Option("--map", dir_okay=False, help="A map file: the collection has another shape."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what fits, and change nothing.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Make adopted documents what they were.")
    ] = False,
    propose_: Annotated[
        bool, typer.Option("--propose", help="Print a map file: a guess from a sample.")
    ] = False,
    own: Annotated[
        bool,
        typer.Option("--own", help="If every document fits: the collection is the gateway's own."),
    ] = False,
) -> None:
    """Make sessions of documents that another application stored; it can be undone."""
    with plain_failures():
        _check_options(dry_run, undo, propose_, own, map_file)
        targets = _targets(kind, collection, map_file)
        if propose_ and len(targets) > 1:
            raise UsageError("--propose: name one kind with --kind, such as --kind BOT.")

        async def work(context: Context) -> None:
            if propose_:
                await _propose(context, targets[0])
            elif undo:
                await _undo_all(context, targets, dry_run)
            else:
                await _adopt_all(context, targets, dry_run, own)

        _run(work, writes=not (dry_run or propose_))


def _check_options(
    dry_run: bool, undo: bool, propose_: bool, own: bool, map_file: Path | None
) -> None:
    if propose_ and (dry_run or undo or own or map_file):
        raise UsageError("--propose stands without --dry-run, --undo, --own and --map.")
    if own and (dry_run or undo):
        raise UsageError("--own stands without --dry-run and --undo.")


def _targets(kind: str | None, collection: str | None, map_file: Path | None) -> list[Target]:
    """What the options name; UsageError if they contradict each other."""
    named = kind_named(kind) if kind else None
    if map_file is not None:
        map_ = _map(map_file)
        if named not in (None, map_.kind) or collection not in (None, map_.collection):
            raise UsageError(
                f"--map: {map_file} is for {map_.kind.enum_name} in the collection "
                f"{map_.collection}: leave --kind and --collection out."
            )
        return [map_]
    if collection is not None:
        if named is None:
            raise UsageError("--collection: name the kind of its sessions with --kind, too.")
        return [Target(named, collection)]
    return [Target(one, one.collection) for one in ([named] if named else BY_ENUM.values())]


def _map(path: Path) -> Target:
    try:
        return Target.of(load_one(path))
    except MapFileError as error:
        raise UsageError(str(error)) from None
    except BadInput as error:
        raise UsageError(f"{path}: {error.message}") from None


async def _propose(context: Context, target: Target) -> None:
    sample = Sample()
    async for one in originals.sample(context.store, target.collection, adoption.SAMPLE):
        sample.add(one.document)
    if not sample.seen:
        raise StartError(f"{target.collection} has no documents.")
    text = propose(target.kind, target.collection, sample)
    typer.echo(text, nl=False)
    try:
        read(tomllib.loads(text), BY_ENUM)
    except BadInput as error:
        raise StartError(f"This map is not complete yet. {error.message}") from None


async def _open(context: Context, targets: Iterable[Target]) -> AsyncIterator[Target]:
    """The targets with documents that are not the gateway's own; says why others are left out."""
    for target in targets:
        name, kind = target.collection, target.kind
        if not await originals.exists(context.store, name):
            typer.echo(f"{kind.enum_name}: {name} has no documents.")
        elif await preparation.owns(context.store, kind, name):
            typer.echo(f"{kind.enum_name}: {name} is the gateway's own; see scripts/verify.")
        else:
            yield target


async def _adopt_all(context: Context, targets: Iterable[Target], dry_run: bool, own: bool) -> None:
    misfitting = 0
    async for target in _open(context, targets):
        for column in target.computed_sources:
            typer.echo(f"{column} of the map does not count: each write computes it.")
        if not dry_run:
            sample = await adoption.sampled(context, target)
            _print_report(target, sample, "A sample")
            if sample.misfitting == sample.seen:
                raise StartError(
                    f"{target.collection}: none of {sample.seen:,} documents fits, so nothing was "
                    "changed. Give a map (--propose prints one)."
                )
        total = await originals.estimate(context.store, target.collection)
        label = "Looking at" if dry_run else "Adopting"
        with bar(f"{label} {target.collection}", total) as advance:
            do = adoption.examine if dry_run else adoption.adopt
            report = await do(context, target, advance)
        _print_report(target, report, "Everything" if dry_run else "Adopted")
        misfitting += report.misfitting
        if own:
            await _take_over(context, target)
    if misfitting:
        raise StartError(f"{misfitting:,} documents do not fit, and stay as they are.")


async def _take_over(context: Context, target: Target) -> None:
    total = await originals.estimate(context.store, target.collection)
    with bar(f"Checking {target.collection}", total) as advance:
        native = Target(target.kind, target.collection)
        report = await adoption.examine(context, native, advance)
    if not report.is_whole:
        _print_report(native, report, "Checked")
        raise StartError(
            f"{target.collection} does not become the gateway's own: every document must be a "
            "whole session, and every id a text. It is served all the same."
        )
    await preparation.take_over(context.store, target.collection)
    typer.echo(
        f"{target.collection} is the gateway's own: the next start gives it rules and indexes."
    )


def _print_report(target: Target, report: Report, what: str) -> None:
    done = "fit, and are changed" if what != "Adopted" else "were adopted"
    resumed = " (after those of the run that was ended)" if report.resumed else ""
    typer.echo(f"{target.kind.enum_name}: {target.collection}. {what}{resumed}:")
    typer.echo(f"  {report.seen:9,}  documents")
    typer.echo(f"  {report.whole:9,}  are whole sessions already")
    typer.echo(f"  {report.fitting:9,}  {done}")
    typer.echo(f"  {report.misfitting:9,}  do not fit, and stay as they are")
    for name, count in report.ids.most_common():
        typer.echo(f"  {count:9,}  ids are of type {name}: served as their texts")
    for line in _lines(report.conversions, "is converted to"):
        typer.echo(line)
    filled = [name for name, _ in report.filled.most_common()]
    if filled:
        typer.echo(f"  written: {', '.join(filled)}")
    for line in _lines(report.misfits, "does not fit:"):
        typer.echo(line)


def _lines(findings: Findings, verb: str) -> Iterator[str]:
    shown = findings.counts.most_common(MOST_SHOWN)
    for one, count in shown:
        where, says = one.path or "the document", f"{one.found} {verb} {one.right}"
        if one.found == MISSING:
            says = f"{MISSING}: {one.right}"
        yield f"  {count:9,}  {where}: {says} (such as {findings.examples[one]})"
    if len(findings.counts) > len(shown):
        yield f"             and {len(findings.counts) - len(shown):,} more"


async def _undo_all(context: Context, targets: Iterable[Target], dry_run: bool) -> None:
    problems: list[str] = []
    for target in targets:
        total = await originals.estimate(context.store, target.collection)
        if total == 0:
            continue
        with bar(f"Undoing {target.collection}", None) as advance:
            found = await adoption.undo(context, target, advance, dry_run)
        _print_undone(target, found, dry_run)
        problems += found.problems
    if problems:
        raise StartError("\n".join(("Not restored:", *problems[:MOST_SHOWN])))


def _print_undone(target: Target, found: Undone, dry_run: bool) -> None:
    done = "would be restored" if dry_run else "restored"
    typer.echo(
        f"{target.kind.enum_name}: {target.collection}. {found.restored:,} documents {done}."
    )
    if found.changed:
        typer.echo(
            f"  In {found.changed:,} of them others changed adopted fields since: that stays."
        )


@existing.command("verify")
def verify_command(
    kind: Annotated[str | None, typer.Option(help="Only this kind, such as BOT.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look for what does not fit; exit code 1 if there is something. Nothing changes."""
    clean = True

    async def work(context: Context) -> None:
        nonlocal clean
        found, policy = {}, settings.database_indexes
        for one in kinds:
            total = await originals.estimate(context.store, context.store.name(one))
            with bar(f"Verifying {one.enum_name}", total) as advance:
                verified = await verify(context, one, dict(BY_ENUM), policy, advance)
            if verified is not None:
                found[one.enum_name] = verified
        left = await orphans(context, {one.name: one for one in kinds})
        clean = not left.count and all(one.is_clean for one in found.values())
        if json_:
            typer.echo(orjson.dumps(_as_json(found, left, clean), option=PRETTY))
        else:
            _print_verified(found, left, clean)

    with plain_failures():
        kinds = [kind_named(kind)] if kind else list(BY_ENUM.values())
        settings = load_settings()
        _run(work, writes=False)
    if not clean:
        raise typer.Exit(1)


PRETTY = orjson.OPT_INDENT_2


def _as_json(found: dict[str, Verified], left: Orphans, clean: bool) -> dict[str, Any]:
    kinds = {
        name: {
            "collection": one.collection,
            "own": one.own,
            "clean": one.is_clean,
            "documents": one.seen,
            "misfits": [
                {
                    "path": finding.path,
                    "found": finding.found,
                    "right": finding.right,
                    "count": count,
                    "example": one.misfits.examples[finding],
                }
                for finding, count in one.misfits.counts.most_common()
            ],
            "stale": dict(one.stale),
            "idsOfOtherTypes": dict(one.ids),
            "missingIndexes": one.missing_indexes,
            "changedIndexes": one.changed_indexes,
            "indexesWanted": one.indexes_wanted,
            "brokenLinks": {"count": one.broken_links, "examples": one.links},
        }
        for name, one in found.items()
    }
    reservations = {"count": left.count, "examples": left.named}
    return {"clean": clean, "kinds": kinds, "orphanedReservations": reservations}


def _print_verified(found: dict[str, Verified], left: Orphans, clean: bool) -> None:
    for name, one in found.items():
        whose = "the gateway's own" if one.own else "not the gateway's own"
        typer.echo(f"{name}: {one.collection}, {whose}, {one.seen:,} documents")
        for line in _problems(one):
            typer.echo(line)
    if left.count:
        typer.echo(f"{left.count:,} reservations without a session: {', '.join(left.named)}")
    typer.echo("Nothing was found." if clean else "There is something to look at.")


def _problems(one: Verified) -> Iterator[str]:
    yield from _lines(one.misfits, "should be")
    for name, count in one.stale.most_common():
        yield f"  {count:9,}  {name} is not what a write would compute: scripts/rebuild"
    for type_, count in one.ids.most_common():
        yield f"  {count:9,}  ids are of type {type_}: served as their texts"
    if one.broken_links:
        named = "; ".join(one.links)
        yield f"  {one.broken_links:9,}  related sessions are not stored (a note): {named}"
    note = "" if one.indexes_wanted else " (GATEWAY_DATABASE_INDEXES leaves them out)"
    for verb, names in (("missing", one.missing_indexes), ("changed", one.changed_indexes)):
        if names:
            yield f"  indexes {verb}{note}: {', '.join(names)}"


def _run(work: Work, writes: bool) -> None:
    async def within(settings: Settings) -> None:
        async with surroundings(settings, as_found=True, audited=writes) as context:
            if writes:
                context.caller.require_writable()
            await work(context)

    with orderly_end(), database(load_settings()) as complete:
        asyncio.run(within(complete))
