"""`exportCustomer`: everything that is stored about one customer, as JSON Lines."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple

import orjson
import strawberry

from resolvers import customer_export
from resolvers.access import EXPORTING
from resolvers.context import Context
from resolvers.errors import BadInput, CorruptDocument, UserError
from resolvers.identifiers import Identifier
from resolvers.kind import Kind
from resolvers.moments import print_datetime
from resolvers.person import Person, Stored
from schema.customers import CustomerKey, identifier_of
from schema.execution.run import Run
from schema.json_lines import damaged_line, line
from schema.root_field import Argument, Arguments, RootField

MOST_LINES = 100
"""Of a page, from where on it ends."""
MOST_BYTES = 1_000_000
"""The same; a page has at least the sessions that are read at once."""

EXPORT_TEXT = (
    "Everything that is stored about one customer, a page at a time: the sessions of all kinds "
    "that have one of the linked identifiers, and those beside them that name no customer. Needs "
    f"the scopes `{EXPORTING}`, `pii:read` and the `read` scope of every kind. A page ends after "
    f"{MOST_LINES} lines or {MOST_BYTES // 1_000_000} MB."
)


@strawberry.type(description="A page of everything that is stored about one customer.")
class CustomerExport:
    """Lines as of `scripts/export`."""

    lines: list[str] = strawberry.field(
        description="Texts of JSON, one for each session: `{kind, session}`, as `scripts/export` "
        "writes them; of a damaged one `{kind, damaged}`. The first page begins with the "
        "customer: `{customer: {identifiers, limited}}`."
    )
    has_next_page: bool = strawberry.field(description="Whether more follows this page.")
    end_cursor: str | None = strawberry.field(
        description="Pass it as `after` for the next page; null if there are no sessions."
    )


class Lines(NamedTuple):
    """Some lines, and the cursor of what follows; None before the first session."""

    lines: list[str]
    cursor: str | None


def export_fields(kinds: Sequence[Kind]) -> tuple[RootField, ...]:
    """`exportCustomer`."""

    async def export(run: Run, _wanted: None, arguments: Arguments) -> CustomerExport:
        try:
            by, after = identifier_of(arguments["by"]), arguments.get("after")
            async with aclosing(lines(run.context, kinds, by, after)) as found:
                return await _page(found)
        except UserError as error:  # it is no change: there is no payload
            raise BadInput(f"by: {error.message}", argument="by") from None

    returns: Any = CustomerExport
    by = Argument("by", CustomerKey, "Whom: a customer's id, or an e-mail address.")
    after = Argument("after", str | None, "The `endCursor` of the page before.")
    return (RootField("exportCustomer", returns | None, [by, after], EXPORT_TEXT, export),)


async def lines(
    context: Context, kinds: Sequence[Kind], identifier: Identifier, after: str | None = None
) -> AsyncGenerator[Lines]:
    """Everything about a customer, some lines at a time."""
    whom = await customer_export.exported(context, kinds, identifier)
    if after is None:
        yield Lines([_customer(whom)], None)
    async for part in customer_export.parts(whom, after):
        yield Lines([*map(_session, part.sessions)], part.cursor)


async def _page(found: AsyncIterator[Lines]) -> CustomerExport:
    shown: list[str] = []
    cursor, size = None, 0
    async for part in found:
        if cursor and (size >= MOST_BYTES or len(shown) >= MOST_LINES):
            return CustomerExport(lines=shown, has_next_page=True, end_cursor=cursor)
        shown += part.lines
        size += sum(map(len, part.lines))
        cursor = part.cursor
    return CustomerExport(lines=shown, has_next_page=False, end_cursor=cursor)


def _customer(whom: Person) -> str:
    """The line about the customer."""
    identifiers = [
        {
            "type": str(one.type),
            "value": one.value,
            "linkedAt": print_datetime(one.linked_at) if one.linked_at else None,
            "linkedBy": one.linked_by,
        }
        for one in customer_export.identifiers(whom)
    ]
    customer = {"identifiers": identifiers, "limited": whom.limited}
    return orjson.dumps({"customer": customer}).decode()


def _session(stored: Stored) -> str:
    try:
        return line(*stored).decode().rstrip("\n")
    except CorruptDocument as error:
        return damaged_line(stored.kind, error).decode().rstrip("\n")
