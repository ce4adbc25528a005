"""`customer`, and the mutations that say which identifiers are one customer's."""

import enum
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation
from strawberry.tools import create_type
from strawberry.types.field import StrawberryField

from resolvers import customers
from resolvers.access import LINKING
from resolvers.context import Context
from resolvers.customers import (
    MOST_LINKED,
    MOST_NAMED,
    Customer,
    CustomerRead,
)
from resolvers.errors import BadInput
from resolvers.errors import UserError as Refusal
from resolvers.identifiers import LONGEST, Identifier, IdentifierType
from resolvers.kind import Document, Kind
from schema.all_kinds import AllKinds, all_kinds
from schema.common import OR_NULL, Session, SessionConnection
from schema.connection import ConnectionSource
from schema.errors import UserError, user_error
from schema.execution.projection import PageRead
from schema.execution.run import Run
from schema.execution.selections import ByVariables, Selected
from schema.root_field import Argument, Arguments, NestedField, RootField
from schema.statistics import StatisticsRead


@strawberry.enum(description="What identifies a customer.")
class CustomerIdentifierType(enum.Enum):
    """As resolvers.identifiers.IdentifierType."""

    CUSTOMER_ID = strawberry.enum_value(
        "CUSTOMER_ID", description="A customer's id or number: `customer.customerId` of a session."
    )
    EMAIL = strawberry.enum_value(
        "EMAIL", description="An e-mail address. Upper and lower case are the same."
    )


@strawberry.type(description="One of the names by which systems know a customer.")
class CustomerIdentifier:
    """The source is resolvers.identifiers.Identifier."""

    type: CustomerIdentifierType = strawberry.field(description="What it is.")
    value: str = strawberry.field(
        description="The id or the address; an address is `***` without the scope `pii:read`."
    )
    linked_at: datetime | None = strawberry.field(
        description="When it was linked with the others; null if it is not linked."
    )
    linked_by: str | None = strawberry.field(
        description="The name of the credential that linked it; null if it is not linked, and "
        f"without the scope `{LINKING}`."
    )


@strawberry.input(description="An identifier to link, or to take out.")
class CustomerIdentifierInput:
    """As people and systems give it."""

    type: CustomerIdentifierType = strawberry.field(description="What it is.")
    value: str = strawberry.field(
        description=f"The id, compared exactly, or the address: 1 to {LONGEST} characters."
    )


@strawberry.input(description="What a customer is looked up by: exactly one.", one_of=True)
class CustomerKey:
    """Any of the customer's linked identifiers finds the same customer."""

    customer_id: str | None = strawberry.field(
        default=UNSET, description="A customer's id or number, compared exactly."
    )
    email: str | None = strawberry.field(
        default=UNSET,
        description="An e-mail address, in upper or lower case. Needs the scope `pii:read`.",
    )


@strawberry.type(description=f"The result of linking identifiers, or of taking some out. {OR_NULL}")
class CustomerLinksPayload:
    """What is linked now."""

    identifiers: list[CustomerIdentifier] = strawberry.field(
        description="The identifiers that are linked now: the whole group, or what is left of it; "
        "without the scope `*:read`, and with a limit to bots, only those that were given."
    )
    errors: list[UserError] = strawberry.field(
        description="Why the change was refused; empty if it was made."
    )


def _attribute(name: str, annotation: Any, description: str) -> StrawberryField:
    return StrawberryField(
        python_name=name,
        type_annotation=StrawberryAnnotation(annotation),
        description=description,
    )


ATTRIBUTES = (
    _attribute(
        "identifiers",
        list[CustomerIdentifier],
        "The identifier that was asked for, and those that are linked with it. Without the scope "
        "`*:read`, and with a limit to bots, of these only those that occur in the newest "
        f"{MOST_NAMED} sessions of each kind that you may see.",
    ),
    _attribute(
        "names",
        list[str],
        f"The names in the newest {MOST_NAMED} sessions of each kind, each once, the newest first; "
        "`***` without the scope `pii:read`.",
    ),
    _attribute("first_seen_at", datetime | None, "When the oldest session started."),
    _attribute("last_seen_at", datetime | None, "When the newest session started."),
)
SESSIONS_TEXT = (
    "The customer's sessions of all kinds together, as in `sessions`: those that have one of the "
    "`identifiers`. Null, with an error, if it is refused."
)
STATISTICS_TEXT = (
    "The customer's sessions in groups, counted and measured, as in `sessionStatistics`: of those "
    "that have one of the `identifiers`. Null, with an error, if it is refused."
)
CUSTOMER_TEXT = (
    "One customer, over all kinds of session that you may read: whose sessions have this id or "
    "address, or one that was linked with it. Without the scope `pii:read`, linked addresses find "
    "no sessions. Null if you may see no session of theirs."
)
LINK_TEXT = (
    "Say that identifiers are one customer's, with all that each is linked with already: at most "
    f"{MOST_LINKED} together. Needs the scope `{LINKING}`, and `pii:read` for addresses."
)
UNLINK_TEXT = (
    "Take identifiers out of what they are linked with; the others stay linked. Nothing happens to "
    f"one that is not linked. Needs the scope `{LINKING}`, and `pii:read` for addresses."
)
IDENTIFIERS = Argument(
    "identifiers", list[CustomerIdentifierInput], f"The identifiers: at most {MOST_LINKED}."
)


@lru_cache(100)
def customer_type(over: AllKinds) -> Any:
    """The type Customer over some kinds."""

    async def sessions(
        source: Customer, run: Run, wanted: Mapping[str, PageRead], arguments: Arguments
    ) -> ConnectionSource:
        where = over.where(arguments)
        return await over.page(run, wanted, arguments, where, source.sessions)

    async def statistics(
        source: Customer, run: Run, wanted: StatisticsRead, arguments: Arguments
    ) -> Document:
        where = over.where(arguments)
        return await over.statistics(run, wanted, arguments, where, source.sessions)

    figures: Any = over.statistics_types.statistics
    measured = NestedField(
        "statistics",
        figures | None,
        over.statistics_arguments,
        STATISTICS_TEXT,
        statistics,
        over.measured,
    )
    connection = NestedField(
        "sessions",
        SessionConnection[Session] | None,
        over.page_arguments,
        SESSIONS_TEXT,
        sessions,
        over.wanted,
    )
    return create_type(
        "Customer",
        [*ATTRIBUTES, connection, measured],
        description="A person who was helped, over all systems. Who is the same person follows "
        "from links that people and systems set; nothing is guessed.",
    )


def customer_fields(kinds: Sequence[Kind]) -> tuple[RootField, ...]:
    """`customer`."""
    over = all_kinds(tuple(kinds))

    async def customer(run: Run, wanted: CustomerRead, arguments: Arguments) -> Customer | None:
        return await customers.find(run.context, over.kinds, identifier_of(arguments["by"]), wanted)

    by = Argument("by", CustomerKey, "Whom: a customer's id, or an e-mail address.")
    returns: Any = customer_type(over)
    return (RootField("customer", returns | None, [by], CUSTOMER_TEXT, customer, _wanted),)


def link_fields() -> tuple[RootField, ...]:
    """The two mutations."""
    return (
        _change("linkCustomerIdentifiers", LINK_TEXT, customers.link),
        _change("unlinkCustomerIdentifiers", UNLINK_TEXT, customers.unlink),
    )


Verb = Callable[[Context, Sequence[Identifier]], Awaitable[Sequence[Any]]]


def _change(name: str, text: str, verb: Verb) -> RootField:
    async def resolve(run: Run, _wanted: None, arguments: Arguments) -> CustomerLinksPayload:
        given = [
            Identifier(IdentifierType(one["type"]), one["value"])
            for one in arguments["identifiers"]
        ]
        try:
            linked = await verb(run.context, given)
            return CustomerLinksPayload(identifiers=list(linked), errors=[])
        except Refusal as error:
            return CustomerLinksPayload(identifiers=[], errors=[user_error(error)])

    return RootField(name, CustomerLinksPayload | None, [IDENTIFIERS], text, resolve)


def _wanted(selected: Selected) -> ByVariables:
    read = CustomerRead(
        identifiers=bool(selected.named("identifiers").nodes),
        names=bool(selected.named("names").nodes),
        first_seen=bool(selected.named("firstSeenAt").nodes),
    )
    return lambda _variables: read


def identifier_of(key: Mapping[str, Any]) -> Identifier:
    """The identifier in a CustomerKey."""
    if (value := key.get("customerId")) is not None:
        return Identifier(IdentifierType.CUSTOMER_ID, value)
    if (value := key.get("email")) is not None:
        return Identifier(IdentifierType.EMAIL, value)
    raise BadInput("by: give customerId or email: exactly one of them.", argument="by")
