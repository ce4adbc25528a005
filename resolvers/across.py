"""Which kinds a question over all kinds is put to, and what it asks of each.

    for_kind(All((Compare((kind,), EQ, "BOT"), Compare((assignee,), EQ, "a"))), BOT)

is `Compare((assignee,), EQ, "a")`, and NEVER for any other kind.
"""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from resolvers.access import Action, forbidden
from resolvers.common_columns import COMMON_INDEXES, ordering_indexes
from resolvers.context import Context
from resolvers.errors import Forbidden, Outdated, Timeout, Unavailable
from resolvers.kind import ANY_IDS, Column, Document, Kind
from resolvers.request import EVERYTHING, NEVER, All, Compare, Either, Filter, Not, Operator
from resolvers.value_types import ENUM

T = TypeVar("T")


class OfKind(dict[str, Any]):
    """A session that knows its kind, for places where sessions of several kinds stand together."""

    __slots__ = ("kind",)
    kind: Kind


def of_kind(kind: Kind, document: Document) -> OfKind:
    """A copy of the document that knows its kind."""
    result = OfKind(document)
    result.kind = kind
    return result


async def found_of_kind(kind: Kind, read: Awaitable[Document | None]) -> OfKind | None:
    """The session that a read finds, as one that knows its kind; also that of an Outdated."""
    try:
        document = await read
    except Outdated as error:
        error.present = None if error.present is None else of_kind(kind, {**error.present})
        raise
    return None if document is None else of_kind(kind, document)


async def needed(kind: Kind, read: Awaitable[T], why: str) -> T:
    """What is read of one kind for an answer over several; an error names the kind, and `why` the
    answer cannot do without it."""
    try:
        return await read
    except (Timeout, Unavailable) as error:
        raise type(error)(
            f"The {kind.label} sessions could not be read, and {why}. {error.message}",
            **error.details,
        ) from error


def common_kind(kinds: Sequence[Kind], shared: Sequence[Column]) -> Kind:
    """What these kinds have in common, as a kind: filters, orderings and cursors follow from it."""
    kind = Column(
        name="kind",
        type=ENUM,
        values=tuple(kind.enum_name for kind in kinds),
        nullable=False,
        derived=True,
        description="Which kind of session it is.",
    )
    return Kind(
        name="all",
        type_name="Session",
        collection="",
        description="What every kind of session has.",
        columns=(kind, *shared),
        session_ids=ANY_IDS,
        derive=_underived,
        indexes=(*ordering_indexes(shared), *COMMON_INDEXES),
    )


def _underived(_document: Document) -> Any:
    raise NotImplementedError("only kinds with sessions of their own derive")


def readable(
    context: Context, kinds: Sequence[Kind], named: Iterable[str] | None, where: Filter
) -> tuple[Kind, ...]:
    """The kinds to read, of which some may have been `named` (`BOT`).

    Forbidden for a named one that the caller may not read, and where there is none it may read.
    """
    caller = context.caller
    wanted = None if named is None else set(named)
    for kind in kinds:
        asked = (wanted is not None and kind.enum_name in wanted) or kind.enum_name in _named(where)
        if asked and not caller.may(kind, Action.READ):
            raise forbidden(kind, Action.READ)
    allowed = tuple(kind for kind in kinds if caller.may(kind, Action.READ))
    if not allowed:
        raise Forbidden(
            "This needs the read scope of at least one kind, such as "
            f"{kinds[0].name}:read. Ask for a credential that has one."
        )
    return tuple(kind for kind in allowed if wanted is None or kind.enum_name in wanted)


def _named(where: Filter) -> frozenset[str]:
    """The kinds that a filter asks for by name, wherever in it."""
    match where:
        case Compare((Column(name="kind", type=type_),), Operator.EQ | Operator.IN, value) if (
            type_ is ENUM
        ):
            return frozenset(value if isinstance(value, list) else [value])
        case All(parts) | Either(parts):
            return frozenset().union(*map(_named, parts))
        case Not(part):
            return _named(part)
    return frozenset()


def for_kind(where: Filter, kind: Kind) -> Filter:
    """What a filter over all kinds asks of one of them; NEVER where it asks for others only."""
    match where:
        case Compare((Column(name="kind", type=type_),), operator, value) if type_ is ENUM:
            return EVERYTHING if KIND_IS[operator](kind.enum_name, value) else NEVER
        case All(parts):
            found = [for_kind(part, kind) for part in parts]
            if NEVER in found:
                return NEVER
            return _united(All, [part for part in found if part != EVERYTHING])
        case Either(parts):
            found = [for_kind(part, kind) for part in parts]
            if EVERYTHING in found:
                return EVERYTHING
            return _united(Either, [part for part in found if part != NEVER])
        case Not(part):
            inner = for_kind(part, kind)
            if inner == NEVER:
                return EVERYTHING
            return NEVER if inner == EVERYTHING else Not(inner)
    return where


KIND_IS: Mapping[Operator, Any] = {
    Operator.EQ: lambda name, value: name == value,
    Operator.NE: lambda name, value: name != value,
    Operator.IN: lambda name, values: name in values,
    Operator.NIN: lambda name, values: name not in values,
}


def _united(form: type[All] | type[Either], parts: list[Filter]) -> Filter:
    if len(parts) == 1:
        return parts[0]
    return EVERYTHING if form is All and not parts else form(tuple(parts))
