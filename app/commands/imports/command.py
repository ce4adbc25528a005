"""The command `import`, and what its options mean."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.common import UsageError
from app.commands.data import BY_ENUM, plain_data_failures, run
from app.commands.imports.files import File, Files, expand, size
from app.commands.imports.importing import Import, OnConflict
from app.commands.imports.lines import Lines
from app.commands.imports.rows import Source
from app.commands.progress import bar
from app.rest import VENDORS
from app.rest.bot.layout import CONTAINMENT_TYPES
from app.rest.exports import Export, Options
from resolvers.context import Context, utc_now
from resolvers.errors import Invalid
from resolvers.moments import parse_datetime
from resolvers.texts import check_timezone

EXPORTS = {vendor.export.name: vendor.export for vendor in VENDORS if vendor.export}
Vendor = StrEnum("Vendor", {name.upper(): name for name in EXPORTS})  # type: ignore[misc]  # made of VENDORS
STDIN = Path("-")


class StartMethod(StrEnum):
    """With which filter of that name the export was made."""

    APPLET = "APPLET"
    AGENT = "AGENT"


imports = typer.Typer()


@imports.command("import")
def import_command(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="JSON Lines; with --from also folders. `-` is standard input."),
    ] = None,
    vendor: Annotated[
        Vendor | None,
        typer.Option("--from", help="The files are exports of this service."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the files and store nothing.")
    ] = False,
    on_conflict: Annotated[
        OnConflict,
        typer.Option(help="Sessions that exist otherwise: leave them, fail, or replace them."),
    ] = OnConflict.FAIL,
    containment_type: Annotated[
        str | None, typer.Option(help="kore: of closed sessions that have none, such as dropOff.")
    ] = None,
    answered: Annotated[
        bool | None,
        typer.Option("--answered/--not-answered", help="n-able: the filter of the export."),
    ] = None,
    start_method: Annotated[
        StartMethod | None, typer.Option(help="n-able: the filter of the export.")
    ] = None,
    row: Annotated[str | None, typer.Option(help="n-able: the XML element of a row.")] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="agendize: the zone of clock times that name none.")
    ] = None,
    created_at: Annotated[
        str | None,
        typer.Option(help="genesys-knowledge: when the sessions were created; now if not given."),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="A field that may be left out, such as tags.x.")
    ] = None,
) -> None:
    """Store the sessions of files, after all of them were checked."""
    given = {
        "containment_type": containment_type,
        "answered": answered,
        "start_method": start_method,
        "row": row,
        "time_zone": time_zone,
        "created_at": created_at,
    }
    with plain_data_failures(), ExitStack() as stack:
        paths = [stack.enter_context(_whole(path)) for path in files or ()]
        if not paths:
            raise UsageError("Name a file to import, a folder, or - for standard input.")
        chosen = EXPORTS[str(vendor)] if vendor else None
        if chosen:
            wanted = Wanted(chosen, _options(chosen, given, ignore or ()), _expanded(paths))
        else:
            wanted = Wanted(None, _no_options(given), _one(paths))
        run(lambda context: _import(context, wanted, dry_run, on_conflict))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to import."""

    export: Export | None
    options: Options
    files: list[File]

    def source(self, context: Context) -> Source:
        """Its rows."""
        if self.export is None:
            return Lines(context, BY_ENUM, self.files[0].path)
        return Files(context, self.export, self.files, self.options)


async def _import(context: Context, wanted: Wanted, dry_run: bool, on_conflict: OnConflict) -> str:
    """Check and store; what became of the rows, and what is worth knowing of them."""
    importing = Import(context, wanted.source(context), on_conflict)
    total = size(wanted.files)
    with bar("Checking", total, in_bytes=True) as advance:
        found = await importing.check(advance)
    if dry_run:
        text = str(found).replace("sessions stored", "sessions could be stored", 1)
    else:
        with bar("Storing", total, in_bytes=True) as advance:
            text = str(await importing.store(advance))
    return "\n".join([text, *importing.notes])


def _expanded(paths: list[Path | File]) -> list[File]:
    try:
        return [
            file
            for path in paths
            for file in ([path] if isinstance(path, File) else expand([path]))
        ]
    except ValueError as error:
        raise UsageError(str(error)) from None


def _one(paths: list[Path | File]) -> list[File]:
    """Our own format is one file."""
    (first, *rest) = paths
    file = first if isinstance(first, File) else File(first, str(first))
    if rest or file.path.is_dir():
        raise UsageError("Without --from, name one file of JSON Lines.")
    return [file]


@contextmanager
def _whole(path: Path) -> Iterator[Path | File]:
    """The path; standard input and pipes as a file that can be read twice."""
    if path != STDIN and not path.exists():
        raise UsageError(f"There is no file {path}.")
    if path != STDIN and (path.is_file() or path.is_dir()):
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="session-import-") as copy:
        if path == STDIN:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        else:
            with path.open("rb") as pipe:
                shutil.copyfileobj(pipe, copy)
        copy.flush()
        yield File(Path(copy.name), "standard input" if path == STDIN else str(path))


def _no_options(given: dict[str, Any]) -> Options:
    for name, value in given.items():
        if value is not None:
            raise UsageError(f"--{name.replace('_', '-')} goes with --from.")
    return Options()


def _options(export: Export, given: dict[str, Any], ignore: list[str] | tuple[str, ...]) -> Options:
    """The options as values; UsageError for one that says nothing about this vendor's rows."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            continue
        if name not in export.options:
            owners = [one.name for one in EXPORTS.values() if name in one.options]
            raise UsageError(f"--{name.replace('_', '-')} is for --from {' or '.join(owners)}.")
        values[name] = READERS[name](value) if name in READERS else value
    return Options(**values, ignored=frozenset(ignore))


def _containment_type(text: str) -> str:
    for stored, word in CONTAINMENT_TYPES.items():
        if text.lower() == word.lower():
            return stored
    raise UsageError(f"--containment-type: write one of {', '.join(CONTAINMENT_TYPES.values())}.")


def _zone(text: str) -> str:
    try:
        check_timezone(text)
    except Invalid as error:
        raise UsageError(f"--time-zone: {error.message}") from None
    return text


def _created_at(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except Invalid as error:
        raise UsageError(f"--created-at: {error.message}") from None
    if moment > utc_now():
        raise UsageError("--created-at: sessions cannot be created in the future.")
    return moment


READERS: dict[str, Callable[[Any], Any]] = {
    "containment_type": _containment_type,
    "start_method": str,
    "time_zone": _zone,
    "created_at": _created_at,
}
