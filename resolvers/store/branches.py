"""An `or` whose parts are each served by an index, for engines that read every row for it.

SecantusDB looks at a whole collection wherever a query has `$or`. A linked customer is one: those
whose id is this, or whose address is that. Such a query is taken apart, and its parts are read one
beside another.

    {"$or": [{"customer.id": "17"}, {"customer.folded.email": "a@b.c"}], "startedAt": {"$lt": t}}

has the branches {"customer.id": "17", "startedAt": …} and {"customer.folded.email": …, …}.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from resolvers.kind import Document, Kind
from resolvers.store.bson_order import in_order
from resolvers.store.cursors import aggregate
from resolvers.store.operators import Query, conjoin
from resolvers.store.plan import Plan
from resolvers.store.riding import PREFIXES, equalities
from resolvers.store.store import Store
from resolvers.store.surveys import is_quick

ReadBranch = Callable[[Plan, Query], Awaitable[list[Document]]]
"""Reads the first rows of a branch."""


async def apart(store: Store, kind: Kind, wanted: Query) -> tuple[Query, ...]:
    """The branches of a query, where the engine would read everything for it; else none."""
    if kind.name in store.maps or await is_quick(store, kind):
        return ()
    return branches(kind, wanted)


def branches(kind: Kind, wanted: Query) -> tuple[Query, ...]:
    """The queries that a query is the union of; none if an index does not serve each of them."""
    for parts, rest in _alternatives(wanted):
        found = tuple(conjoin([part, rest]) for part in parts)
        if len(found) <= PREFIXES and all(_is_served(kind, part) for part in found):
            return found
    return ()


def _alternatives(wanted: Query) -> Iterator[tuple[Sequence[Query], Query]]:
    """Each `$or` of a query, with what else the query asks."""
    if "$or" in wanted:
        yield wanted["$or"], {key: one for key, one in wanted.items() if key != "$or"}
    clauses = wanted.get("$and", [])
    for place, clause in enumerate(clauses):
        if set(clause) == {"$or"}:
            others = [*clauses[:place], *clauses[place + 1 :]]
            rest = {key: one for key, one in wanted.items() if key != "$and"}
            yield clause["$or"], {**rest, "$and": others} if others else rest


def _is_served(kind: Kind, part: Query) -> bool:
    if "$or" in part or "$nor" in part or "$and" in part:
        return False
    return any(equalities(part.get(index.keys[0], {})) for index in kind.indexes)


async def united(
    planned: Plan, parts: Sequence[Query], limit: int, read: ReadBranch
) -> list[Document]:
    """The first rows of all branches together; a row that several have is one row."""
    if planned.projection is not None:
        shown = planned.projection | {path: 1 for path, _ in planned.sort}
        planned = planned._replace(projection=shown)
    found = await asyncio.gather(*(read(planned, part) for part in parts))
    rows = {row["_id"]: row for part in found for row in part}
    return in_order(rows.values(), planned.sort)[:limit]


async def counted_together(store: Store, kind: Kind, parts: Sequence[Query]) -> int:
    """How many rows the branches have together: each counts those that no earlier one has."""
    counts = (
        aggregate(
            store,
            kind,
            [{"$match": part}, *_without(parts[:place]), {"$count": "n"}],
        )
        for place, part in enumerate(parts)
    )
    return sum(int(found[0]["n"]) for found in await asyncio.gather(*counts) if found)


def _without(earlier: Sequence[Query]) -> list[Document]:
    """As a stage of its own: beside a `$nor`, SecantusDB takes no index."""
    return [{"$match": {"$nor": [*earlier]}}] if earlier else []
