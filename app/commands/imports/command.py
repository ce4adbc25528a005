"""The command `import`."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from app import private_writing
from app.commands.common import UsageError
from app.commands.data import BY_ENUM, Tenant, plain_data_failures, run
from app.commands.imports import options as of
from app.commands.imports.download import account_of, download
from app.commands.imports.files import File, Files, expand, size
from app.commands.imports.importing import Import, OnConflict
from app.commands.imports.lines import Lines
from app.commands.imports.rows import Source
from app.commands.imports.services import Account
from app.commands.progress import bar
from app.errors import StartError
from app.rest.exports import Export, Options
from resolvers.context import Context

STDIN = Path("-")

imports = typer.Typer()


@imports.command("import")
def import_command(
    files: of.Files = None,
    vendor: of.From = None,
    dry_run: of.DryRun = False,
    on_conflict: of.Conflict = OnConflict.FAIL,
    containment_type: of.ContainmentType = None,
    answered: of.Answered = None,
    start_method: of.Method = None,
    row: of.RowName = None,
    time_zone: of.TimeZone = None,
    created_at: of.CreatedAt = None,
    ignore: of.Ignore = None,
    url: of.Url = None,
    bot: of.Bot = None,
    client_id: of.ClientId = None,
    secret_file: of.SecretFile = None,
    since: of.Since = None,
    until: of.Until = None,
    ids: of.Ids = None,
    save: of.Save = None,
    tenant: Tenant = None,
) -> None:
    """Store the sessions of files or of a service, after all of them were checked."""
    given = dict(locals())
    with plain_data_failures(), ExitStack() as stack:
        export = of.EXPORTS[str(vendor)] if vendor else None
        options = of.row_options(export, given, ignore or ())
        of.check_service_options(export, given)
        if export and url and not files:
            folder = save or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            wanted = _of_service(export, options, account_of(given), folder)
        else:
            wanted = _of_files(stack, export, options, given)
        run(lambda context: _import(context, wanted, dry_run, on_conflict), tenant)


@dataclass(slots=True)
class Wanted:
    """What to import."""

    export: Export | None
    options: Options
    files: list[File]
    account: Account | None = None
    """Of the service that is asked for the files first."""
    folder: Path = Path()

    def source(self, context: Context) -> Source:
        """Its rows."""
        if self.export is None:
            return Lines(context, BY_ENUM, self.files[0].path)
        return Files(context, self.export, self.files, self.options)


def _of_service(export: Export, options: Options, account: Account, folder: Path) -> Wanted:
    """What a service has; its answers will be in the folder."""
    private_writing.make_folder(folder)
    return Wanted(export, options, [], account, folder)


def _of_files(stack: ExitStack, export: Export | None, options: Options, given: of.Given) -> Wanted:
    """What the files have; UsageError for what cannot be a file of this kind."""
    paths: list[Path] = given["files"] or []
    if paths and given["url"]:
        raise UsageError("Name files or a --url, not both.")
    if not paths:
        raise UsageError("Name a file to import, a folder, or - for standard input.")
    if export is None and (len(paths) > 1 or paths[0].is_dir()):
        raise UsageError("Without --from, name one file of JSON Lines.")
    try:
        found = [file for path in paths for file in stack.enter_context(_readable(path))]
    except ValueError as error:
        raise UsageError(str(error)) from None
    return Wanted(export, options, found)


@contextmanager
def _readable(path: Path) -> Iterator[list[File]]:
    """The files of a path; standard input and pipes as a copy, which can be read twice."""
    if path != STDIN and not path.exists():
        raise UsageError(f"There is no file {path}.")
    if path != STDIN and (path.is_file() or path.is_dir()):
        yield expand([path])
        return
    with tempfile.NamedTemporaryFile(prefix="session-import-") as copy:
        if path == STDIN:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        else:
            with path.open("rb") as pipe:
                shutil.copyfileobj(pipe, copy)
        copy.flush()
        yield [File(Path(copy.name), "standard input" if path == STDIN else str(path))]


async def _import(context: Context, wanted: Wanted, dry_run: bool, on_conflict: OnConflict) -> str:
    """Download if a service is asked, check and store; what became of the rows.

    StartError, with the same text, if the service did not answer all.
    """
    report, missing = "", ""
    if wanted.account and wanted.export:
        fetched = await download(wanted.export, wanted.account, wanted.options, wanted.folder)
        wanted.files, report, missing = fetched.files, fetched.report, fetched.missing
    importing = Import(context, wanted.source(context), on_conflict)
    total = size(wanted.files)
    with bar("Checking", total, in_bytes=True) as advance:
        found = await importing.check(advance)
    if dry_run:
        text = str(found).replace("sessions stored", "sessions could be stored", 1)
    else:
        with bar("Storing", total, in_bytes=True) as advance:
            text = str(await importing.store(advance))
    lines = "\n".join(filter(None, [text, *importing.notes, report, missing]))
    if missing:
        raise StartError(lines)
    return lines
