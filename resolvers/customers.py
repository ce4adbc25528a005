"""Who one customer is, over all kinds of session: linked identifiers, and what sessions say.

An identifier is a customer's id or an e-mail address. People and systems say which identifiers are
the same person's; nothing is guessed. Linking is transitive: who links a with b, and b with c, has
one group of three. Unlinking takes identifiers out of their group, and leaves the others together.

Links belong to a tenant, or to none. A caller that is limited to tenants knows of theirs alone.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from resolvers import tenants
from resolvers.across import needed, readable
from resolvers.audit.attempts import attempt
from resolvers.audit.entries import Act
from resolvers.audit.showing import noted
from resolvers.context import Context
from resolvers.errors import Invalid, UserError
from resolvers.folding import FOLDED
from resolvers.identifiers import (
    Identifier,
    IdentifierType,
    check_value,
    require_visible,
    sees_every_session,
    shown,
)
from resolvers.kind import Column, Document, Kind
from resolvers.masks import MASK
from resolvers.request import (
    EVERYTHING,
    Compare,
    Either,
    Filter,
    Operator,
    Order,
    Read,
    Window,
    both,
)
from resolvers.store import customer_links as links
from resolvers.store import read as reads
from resolvers.store.witness import Written, witnessed
from resolvers.value_types import TEXT

MOST_LINKED = 100
"""Identifiers of one customer, and of one request."""
MOST_NAMED = 100
"""Newest sessions of each kind in which names, and identifiers, are sought."""
FOLDED_EMAIL = Column(
    name="email", stored=f"{FOLDED}.email", type=TEXT, description="As it is compared."
)
"""Of the column `customer`."""
KEYS = ("customer.id", f"customer.{FOLDED_EMAIL.path}")
"""Where sessions have identifiers, as they are compared."""


@attempt(Act.LINKED)
async def link(context: Context, identifiers: Sequence[Identifier]) -> list[Identifier]:
    """Say that these are one customer's; all that are linked now, as the caller may see them."""
    given = _checked(context, identifiers)
    if len(given) < 2:
        raise Invalid("Give at least two different identifiers to link.", ("identifiers",))
    tenant = _tenant(context)

    def united(linked: Sequence[Document]) -> Sequence[Document]:
        known = {row["key"] for row in linked}
        now = context.now()
        added = [_stored(context, one, now) for one in given if one.key not in known]
        if (count := len(linked) + len(added)) > MOST_LINKED:
            raise Invalid(
                f"A customer has at most {MOST_LINKED} identifiers: these would be {count}.",
                ("identifiers",),
            )
        return [*linked, *added]

    keys = [one.key for one in given]
    async with _witnessed(context, Act.LINKED, tenant, given):
        await links.change(context.store, tenant, keys, united)
    return await _left(context, keys, given)


@attempt(Act.UNLINKED)
async def unlink(context: Context, identifiers: Sequence[Identifier]) -> list[Identifier]:
    """Take identifiers out of their groups; what is left of these, as the caller may see it.

    Each group changes as a whole. One that is not linked changes nothing.
    """
    given = _checked(context, identifiers)
    tenant = _tenant(context)
    waiting = {one.key for one in given}
    others: set[str] = set()

    def without(linked: Sequence[Document]) -> Sequence[Document]:
        return [row for row in linked if row["key"] not in waiting]

    async with _witnessed(context, Act.UNLINKED, tenant, given):
        while waiting:
            key = min(waiting)
            group = await links.change(context.store, tenant, [key], without)
            linked = {row["key"] for row in group}
            others |= linked - waiting
            waiting -= linked | {key}
    return await _left(context, sorted(others), given)


def _witnessed(
    context: Context, act: Act, tenant: str | None, given: Sequence[Identifier]
) -> AbstractAsyncContextManager[Written]:
    """Of identifiers the audit trail has the number: they are personal."""
    details = {"identifiers": len(given)}
    return witnessed(context.store, act, None, (), tenant=tenant, details=details)


@dataclass(frozen=True, slots=True)
class CustomerRead:
    """What is wanted of a customer besides the identifiers."""

    identifiers: bool = False
    names: bool = False
    first_seen: bool = False


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer, as far as the caller may see the sessions."""

    identifiers: list[Identifier]
    """Those that the caller may know of, masked where it may not see them."""
    names: list[str]
    """Of the newest sessions, each once, the newest first."""
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    sessions: Filter
    """Those of this customer that the caller may look for."""


async def find(
    context: Context, kinds: Sequence[Kind], identifier: Identifier, wanted: CustomerRead
) -> Customer | None:
    """The customer who has this identifier; None if the caller may see no session of theirs.

    One find a kind, and one more for the first session.
    """
    require_visible(context, identifier)
    may_read = readable(context, kinds, None, EVERYTHING)
    try:
        check_value(identifier.value)
    except Invalid:
        return None  # nobody has it
    linked = await linked_with(context, identifier)
    sought = [one for one in linked if not one.is_hidden(context.caller)]
    where = sessions_of(may_read[0], sought)
    columns = ["customer.name"] if wanted.names else []
    if (limited := not sees_every_session(context)) and wanted.identifiers:
        columns += KEYS

    def ends(count: int, descending: bool, *columns: str) -> Iterable[Awaitable[list[Document]]]:
        return (_end(context, kind, where, count, descending, columns) for kind in may_read)

    newest = ends(MOST_NAMED, True, *columns) if columns else ends(1, True)
    oldest = ends(1, False) if wanted.first_seen else ()
    found = await asyncio.gather(*newest, *oldest)
    rows = [row for part in found[: len(may_read)] for row in part]
    if wanted.names or wanted.identifiers:
        for kind, part in zip(may_read, found, strict=False):
            noted(context, kind, None, part)
    first = [row for part in found[len(may_read) :] for row in part]
    if not rows:
        return None
    return Customer(
        identifiers=shown(context, _occurring(sought, identifier, rows) if limited else linked),
        names=_names(context, rows),
        first_seen_at=min(_starts(first), default=None),
        last_seen_at=max(_starts(rows), default=None),
        sessions=where,
    )


def sessions_of(kind: Kind, identifiers: Iterable[Identifier]) -> Filter:
    """The sessions whose customer has one of these identifiers; the same for every kind."""
    customer = kind.by_name["customer"]
    columns = {
        IdentifierType.CUSTOMER_ID: customer.column("customerId"),
        IdentifierType.EMAIL: FOLDED_EMAIL,
    }
    values: dict[IdentifierType, list[str]] = {}
    for one in identifiers:
        values.setdefault(one.type, []).append(one.compared)
    parts = tuple(
        Compare((customer, columns[type_]), Operator.IN, values[type_]) for type_ in sorted(values)
    )
    return parts[0] if len(parts) == 1 else Either(parts)


async def _end(
    context: Context,
    kind: Kind,
    where: Filter,
    count: int,
    descending: bool,
    columns: Iterable[str],
) -> list[Document]:
    """The newest, or oldest, sessions of one kind, with when they started."""
    read = Read(
        kind,
        both(where, context.visible(kind)),
        (Order(kind.by_name["startedAt"], descending),),
        Window(first=count),
        frozenset({"startedAt", *columns}),
    )
    why = "a customer is shown from those of all kinds"
    return (await needed(kind, reads.list_(context.store, read), why)).documents


def _starts(rows: Iterable[Document]) -> Iterator[datetime]:
    """When sessions started; damaged ones do not say."""
    return (row["startedAt"] for row in rows if isinstance(row.get("startedAt"), datetime))


def _names(context: Context, rows: Iterable[Document]) -> list[str]:
    """The names in sessions, the newest first, each once; where they are masked, MASK alone."""
    newest = sorted(rows, key=lambda row: next(_starts([row]), datetime.min), reverse=True)
    found = [_part(row, "customer").get("name") for row in newest]
    names = list(dict.fromkeys(name for name in found if isinstance(name, str)))
    return names if context.caller.sees_personal else [MASK][: len(names)]


def _part(value: Document, name: str) -> Document:
    """A nested object; an empty one where something else is stored."""
    part = value.get(name)
    return part if isinstance(part, dict) else {}


def _occurring(
    identifiers: Iterable[Identifier], asked: Identifier, rows: Iterable[Document]
) -> list[Identifier]:
    """Those that occur in sessions, and the one that was asked for."""
    found = {asked.key}
    for row in rows:
        customer = _part(row, "customer")
        email = _part(customer, FOLDED).get("email")
        found |= {f"{IdentifierType.CUSTOMER_ID}:{customer.get('id')}"}
        found |= {f"{IdentifierType.EMAIL}:{email}"}
    return [one for one in identifiers if one.key in found]


async def linked_with(context: Context, identifier: Identifier) -> tuple[Identifier, ...]:
    """All identifiers of the customer who has this one, itself included: as the tenants say that
    the caller may see."""
    found = await links.linked(context.store, _tenants(context), [identifier.key])
    return tuple(map(_identifier, found)) or (identifier,)


def _tenants(context: Context) -> list[str | None] | None:
    return tenants.stored(context.caller.tenants)


def _tenant(context: Context) -> str | None:
    """Whose links the caller changes; Invalid where that is in doubt."""
    try:
        return tenants.of_new(context.caller.tenants, None)
    except Invalid:
        raise Invalid(
            "Links belong to one tenant, and this credential is limited to several: use one that "
            "is limited to the tenant whose customer this is.",
            ("identifiers",),
        ) from None


def _checked(context: Context, identifiers: Sequence[Identifier]) -> list[Identifier]:
    """The identifiers, each once; Forbidden and Invalid where they cannot be linked."""
    context.caller.require_linking()
    if not 1 <= len(identifiers) <= MOST_LINKED:
        raise Invalid(f"Give 1 to {MOST_LINKED} identifiers.", ("identifiers",))
    for place, one in enumerate(identifiers):
        require_visible(context, one)
        try:
            check_value(one.value)
        except UserError as error:
            raise error.under("identifiers", str(place), "value") from None
    return list({one.key: one for one in identifiers}.values())


def _stored(context: Context, one: Identifier, now: datetime) -> Document:
    return {
        "key": one.key,
        "type": str(one.type),
        "value": one.value,
        "linkedAt": now,
        "linkedBy": context.caller.name,
    }


def _identifier(row: Document) -> Identifier:
    return Identifier(IdentifierType(row["type"]), row["value"], row["linkedAt"], row["linkedBy"])


async def _left(
    context: Context, keys: Sequence[str], given: Iterable[Identifier]
) -> list[Identifier]:
    """What is linked with these now; if sessions are hidden from the caller, of what it gave."""
    rows = await links.linked(context.store, _tenants(context), keys) if keys else []
    found = [_identifier(row) for row in rows]
    if not sees_every_session(context):
        known = {one.key for one in given}
        found = [one for one in found if one.key in known]
    return shown(context, found)
