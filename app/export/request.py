"""What is asked of `/export`: a kind, a format, a filter, columns, and where to go on.

/export/bot.csv?filter={"botId":{"eq":"bot-1"}}&columns=sessionId,startedAt&after=W10=
"""

from dataclasses import dataclass
from typing import Final

import orjson
from starlette.requests import Request

from app.export.formats import FORMATS, Format
from resolvers.errors import BadInput
from resolvers.export import Exporting
from resolvers.kind import Column, Kind
from resolvers.request import EVERYTHING, Filter
from schema.build import Schema
from schema.filter_json import filter_of
from schema.json_lines import exported_columns

LINK: Final = "link"
NAMES: Final = ("filter", "columns", "after", LINK)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that can be answered."""

    kind: Kind
    format: Format
    exporting: Exporting

    @property
    def file_name(self) -> str:
        """What a browser calls the file."""
        return f"{self.kind.name}-sessions.{self.format.extension}"


def understood(schema: Schema, kind: Kind, extension: str, request: Request) -> Asked:
    """BadInput, naming the parameter, for what cannot be answered."""
    given = _parameters(request)
    where = parsed_filter(schema, kind, given["filter"]) if "filter" in given else EVERYTHING
    columns = parsed_columns(kind, given["columns"]) if "columns" in given else None
    exporting = Exporting(kind, where, columns, given.get("after") or None)
    return Asked(kind, FORMATS[extension](kind, columns), exporting)


def parsed_filter(schema: Schema, kind: Kind, text: str) -> Filter:
    """The filter of a kind in JSON; BadInput for anything else."""
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadInput(
            "filter: this is not valid JSON. Write the filter of GraphQL, such as "
            '{"startedAt": {"gte": "2026-01-01T00:00:00Z"}}.',
            argument="filter",
        ) from None
    return filter_of(schema, kind, given)


def parsed_columns(kind: Kind, text: str) -> tuple[Column, ...]:
    """The columns of a kind by their names, with commas between them; BadInput for others."""
    names = [name.strip() for name in text.split(",")]
    return exported_columns(kind, [name for name in names if name])


def _parameters(request: Request) -> dict[str, str]:
    pairs = request.query_params.multi_items()
    for name, _ in pairs:
        if name not in NAMES:
            known = ", ".join(NAMES[:-1])
            raise BadInput(f"{name!r:.100} is not a parameter: give {known}.", argument=name[:100])
    given = dict(pairs)
    if len(given) < len(pairs):
        raise BadInput("The address has a parameter twice.")
    return given
