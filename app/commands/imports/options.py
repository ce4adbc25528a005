"""The options of `import`: what each says, for whom it is, and how its text is read."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.common import UsageError
from app.commands.imports.importing import OnConflict
from app.commands.imports.services import SERVICES, Service
from app.rest import VENDORS
from app.rest.bot.layout import CONTAINMENT_TYPES
from app.rest.exports import Export
from app.rest.exports import Options as RowOptions
from resolvers.context import utc_now
from resolvers.errors import Invalid
from resolvers.moments import parse_datetime
from resolvers.texts import check_timezone

EXPORTS: Mapping[str, Export] = {one.export.name: one.export for one in VENDORS if one.export}
Vendor = StrEnum("Vendor", {name.upper(): name for name in EXPORTS})  # type: ignore[misc]  # made of VENDORS


class StartMethod(StrEnum):
    """With which filter of that name the export was made."""

    APPLET = "APPLET"
    AGENT = "AGENT"


Files = Annotated[
    list[Path] | None,
    typer.Argument(help="JSON Lines; with --from also folders. `-` is standard input."),
]
From = Annotated[Vendor | None, typer.Option("--from", help="Whose exports these are.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check the files and store nothing.")]
Conflict = Annotated[
    OnConflict,
    typer.Option(
        "--on-conflict", help="Sessions that exist and differ: leave them out, fail, or replace."
    ),
]
ContainmentType = Annotated[
    str | None, typer.Option(help="kore: of closed sessions that have none, such as dropOff.")
]
Answered = Annotated[
    bool | None,
    typer.Option("--answered/--not-answered", help="n-able: the filter of the export."),
]
Method = Annotated[StartMethod | None, typer.Option(help="n-able: the filter of the export.")]
RowName = Annotated[str | None, typer.Option(help="n-able: the XML element of a row.")]
TimeZone = Annotated[
    str | None, typer.Option(help="agendize: the zone of clock times that name none.")
]
CreatedAt = Annotated[
    str | None, typer.Option(help="genesys-knowledge: when the sessions were created.")
]
Ignore = Annotated[
    list[str] | None, typer.Option(help="A field that may be left out, such as tags.more.")
]
Url = Annotated[str | None, typer.Option(help="The service's address, to ask it directly.")]
Bot = Annotated[str | None, typer.Option(help="kore: the bot's id.")]
ClientId = Annotated[str | None, typer.Option(help="kore: the client id; agendize: the API key.")]
SecretFile = Annotated[
    Path | None, typer.Option(help="A file with the client secret, KEY, token or bearer key.")
]
Since = Annotated[str | None, typer.Option(help="kore, n-able: the first moment, in UTC.")]
Until = Annotated[str | None, typer.Option(help="Before this moment; now if not given.")]
Ids = Annotated[Path | None, typer.Option(help="agendize, genesys: a file with an id a line.")]
Save = Annotated[Path | None, typer.Option(help="A folder to keep the answers in, to go on from.")]

Given = Mapping[str, Any]
"""Options by their Python names; those that are not given are None."""
OF_ROWS = (
    "containment_type",
    "answered",
    "start_method",
    "row",
    "time_zone",
    "created_at",
)
OF_SERVICES = ("bot", "client_id", "secret_file", "since", "until", "ids", "save")


def spelled(name: str) -> str:
    """`--client-id`."""
    return f"--{name.replace('_', '-')}"


def row_options(export: Export | None, given: Given, ignored: Iterable[str]) -> RowOptions:
    """What the options say of rows; UsageError for one that says nothing of this vendor's."""
    values: dict[str, Any] = {}
    for name in OF_ROWS:
        if given[name] is None:
            continue
        if export is None or name not in export.options:
            owners = " or ".join(one.name for one in EXPORTS.values() if name in one.options)
            raise UsageError(f"{spelled(name)} is for --from {owners}.")
        values[name] = READERS[name](given[name]) if name in READERS else given[name]
    if export is None and (names := list(ignored)):
        raise UsageError(f"--ignore {names[0]} is for --from.")
    return RowOptions(**values, ignored=frozenset(ignored))


def check_service_options(export: Export | None, given: Given) -> None:
    """UsageError for an option of a service that is missing, or that nobody asks for."""
    service = _service(export) if given["url"] is not None else None
    allowed = (*service.needs, *service.takes, "save") if service else ()
    for name in OF_SERVICES:
        if given[name] is not None and name not in allowed:
            whom = f"is not for --from {export.name}" if export and service else "goes with --url"
            raise UsageError(f"{spelled(name)} {whom}.")
    for name in service.needs if service else ():
        if given[name] is None:
            raise UsageError(f"--url needs {spelled(name)} as well.")


def _service(export: Export | None) -> Service:
    """Whom --url asks; UsageError without a vendor, or for one that cannot be asked."""
    if export is None:
        raise UsageError("--url needs --from.")
    if export.name not in SERVICES:
        raise UsageError(
            f"--url is not for --from {export.name}, which has files alone. It is for --from "
            f"{' or '.join(SERVICES)}."
        )
    return SERVICES[export.name]


def moment(name: str, text: str) -> datetime:
    """A moment in UTC; a date alone is its midnight."""
    try:
        return parse_datetime(text if "T" in text.upper() else f"{text}T00:00:00Z")
    except Invalid:
        raise UsageError(
            f"{spelled(name)}: {text!r:.100} is not a moment. Write a date such as 2026-03-01, or "
            "2026-03-01T09:30:00Z."
        ) from None


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
    found = moment("created_at", text)
    if found > utc_now():
        raise UsageError("--created-at: sessions cannot be created in the future.")
    return found


READERS: Mapping[str, Callable[[Any], Any]] = {
    "containment_type": _containment_type,
    "start_method": str,
    "time_zone": _zone,
    "created_at": _created_at,
}
