"""Appends: a list grows by one guarded update, whose size is that of what is added."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from resolvers import search
from resolvers.audit.entries import Act
from resolvers.common_columns import SEARCH_KEYS, SEARCH_TEXTS
from resolvers.kind import Document, Kind
from resolvers.request import Filter
from resolvers.store import single_writes
from resolvers.store.cursors import aggregate
from resolvers.store.find import find
from resolvers.store.operators import Query, conjoin, query
from resolvers.store.store import Store
from resolvers.store.witness import witnessed
from resolvers.store.write import difference, state, this, unchanged


class Grown(NamedTuple):
    """How a list grows."""

    path: str
    stored: int
    """How many entries are stored."""
    entries: list[Document]
    changes: Mapping[int, Document]
    """Of stored entries, by their places."""
    same: tuple[str, ...]
    """The paths in which no stored entry may agree with an added one; none: they may agree."""


class Append(NamedTuple):
    """What an append writes."""

    before: Document
    """The session without the list and without what the search has of it."""
    after: Document
    grown: Grown
    found: search.Found
    keys_known: bool
    """Whether `found` has none of the keys that are stored, so that all are known to fit."""


async def head(
    store: Store, kind: Kind, ids: Sequence[str], where: Filter, wanted: Document
) -> Document | None:
    """The first of these sessions that is stored and meets `where`, as `wanted` projects it."""
    match: Query = {"_id": ids[0] if len(ids) == 1 else {"$in": [*ids]}}
    asked = store.query(kind, conjoin([match, query(where)]))
    rows = await store.run(find(store, kind, asked, wanted, len(ids)))
    by_id = {row["_id"]: row for row in rows}
    return next((by_id[one] for one in ids if one in by_id), None)


async def same(
    store: Store,
    kind: Kind,
    session: Document,
    path: str,
    same_paths: Sequence[str],
    entries: Sequence[Document],
) -> list[Document]:
    """The stored entries that agree with one of these in all the paths."""
    alike = [
        {"$and": [{"$eq": [f"$$this.{name}", {"$literal": entry[name]}]} for name in same_paths]}
        for entry in entries
    ]
    listed: Document = {"$filter": {"input": f"${path}", "cond": {"$or": alike}}}
    listed = {"$cond": [{"$isArray": [f"${path}"]}, listed, []]}
    stages = [{"$match": this(session)}, {"$project": {path: listed}}]
    rows = await store.run(aggregate(store, kind, stages))
    return (rows[0].get(path) or []) if rows else []


async def append(store: Store, kind: Kind, asked: Append) -> bool:
    """Write it; False if the session, its list or its search keys are not as they were expected."""
    guard, operators = _guard(asked), _operators(asked)
    ids, more = [asked.before["_id"]], state(asked.after)
    async with witnessed(store, Act.UPDATED, kind, ids, operators=operators, **more) as written:
        written.done = await store.change(
            single_writes.update_one, store.database, store.name(kind), guard, operators
        )
        return written.done


def _guard(asked: Append) -> Query:
    before, (path, count, entries, _, same_paths) = asked.before, asked.grown
    clauses: list[Query] = [
        unchanged(before),
        {path: {"$size": count}},
    ]
    if len(same_paths) == 1:
        (name,) = same_paths
        clauses.append({f"{path}.{name}": {"$nin": [entry[name] for entry in entries]}})
    elif same_paths:
        alike = [{name: entry[name] for name in same_paths} for entry in entries]
        clauses.append({"$nor": [{path: {"$elemMatch": one}} for one in alike]})
    if asked.found.keys and not asked.keys_known:
        most = search.MOST_KEYS - len(asked.found.keys)
        clauses.append({f"{SEARCH_KEYS.path}.{most}": {"$exists": False}})
    return conjoin(clauses)


def _operators(asked: Append) -> Document:
    path, count, entries, changes, _ = asked.grown
    operators = difference(asked.before, asked.after)
    pushed: dict[str, Any] = operators.setdefault("$push", {})
    if changes:  # one update does not change a list's elements and push to it
        sets = operators["$set"]
        for place, values in changes.items():
            sets |= {f"{path}.{place}.{name}": value for name, value in values.items()}
        sets |= {f"{path}.{place}": entry for place, entry in enumerate(entries, count)}
    else:
        pushed[path] = {"$each": entries}
    if asked.found.texts:
        pushed[SEARCH_TEXTS.path] = {"$each": asked.found.texts}
    if not pushed:
        del operators["$push"]
    if asked.found.keys:
        operators["$addToSet"] = {SEARCH_KEYS.path: {"$each": asked.found.keys}}
    return operators
