"""Which shards a MongoDB router (mongos) sends a command to, by the rules of MongoDB's manual.

    route(TENANT_ID, Command("bot_sessions", "find", {"filter": {"tenant": "acme"}}))

is Route.RANGE: all sessions of a tenant stand together, on one shard or on several.

The rules, from "Sharded Cluster Query Routing", "Hashed Sharding", "Operational Restrictions in
Sharded Clusters" and "Change a Document's Shard Key Value":

- A filter with equal values for the whole key has one place. With lists of values it has a place
  for each combination.
- A filter with equal values for the first fields of the key has a range of places, and so has a
  filter with bounds on a field that is not hashed. Without a condition on the first field, or with
  bounds on it while it is hashed, every shard is asked.
- A change of one document that has no single place goes to every shard if it names an `_id`. One
  that returns the document (findAndModify) and a removal with `find_one_and_delete` are done in two
  phases: find it on all shards, then change it. Before MongoDB 7 these are refused.
- A change of a value of the key removes the document from one shard and stores it on another.
- Missing values are nulls.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from app.commands.recording import Command

Filter = Mapping[str, Any]
HASHED = "hashed"
CHANGES = ("update_one", "delete_one", "find_one_and_update", "find_one_and_delete")
"""Of one document that is stored."""
WRITES = frozenset({*CHANGES, "insert_one", "insert_many", "update_many", "delete_many"})


class Route(IntEnum):
    """Who gets a command, the cheapest first."""

    ONE = 1
    """The shard of one document, or of one new one."""
    FEW = 2
    """The shard of each value of a list."""
    RANGE = 3
    """The shards of a range of the key, such as those of one tenant: often one."""
    ALL = 4
    """Every shard, each for its part."""
    EVERY = 5
    """Every shard, to change one document that only one of them has."""
    TWO_PHASES = 6
    """Every shard, to find one document, and then the one that has it, to change it."""
    MOVES = 7
    """A document changes its place: a transaction over two shards."""

    @property
    def label(self) -> str:
        """As tables show it."""
        return LABELS[self]


LABELS: Mapping[Route, str] = {
    Route.ONE: "one",
    Route.FEW: "one each",
    Route.RANGE: "range",
    Route.ALL: "all",
    Route.EVERY: "**all, for one**",
    Route.TWO_PHASES: "**all, twice**",
    Route.MOVES: "**moves**",
}


@dataclass(frozen=True, slots=True)
class ShardKey:
    """The fields of a shard key in their order, each with 1 or "hashed"."""

    fields: tuple[tuple[str, int | str], ...]

    @property
    def text(self) -> str:
        """As mongosh takes it: `{tenant: 1, _id: "hashed"}`."""
        inner = (f'{path}: "{how}"' if how == HASHED else f"{path}: 1" for path, how in self.fields)
        return f"{{{', '.join(inner)}}}"

    @property
    def names(self) -> tuple[str, ...]:
        """The paths."""
        return tuple(path for path, _ in self.fields)

    @property
    def unique(self) -> str:
        """Within what an `_id` is unique: each shard alone looks at its own index of ids."""
        if set(self.names) == {"_id"}:
            return "all sessions of a kind"
        if set(self.names) == {"tenant", "_id"}:
            return "a tenant"
        return "**one shard: nothing**"


ID = ShardKey((("_id", HASHED),))
TENANT_ID = ShardKey((("tenant", 1), ("_id", HASHED)))
TENANT_TIME = ShardKey((("tenant", 1), ("startedAt", 1)))
KEYS = (ID, TENANT_ID, TENANT_TIME)
"""Those that docs/sharding.md compares."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a filter says of one field."""

    points: int | None = None
    """So many values; None: any number."""
    ranged: bool = False
    """Whether there is a bound."""


ANY = Bounds()
Clause = tuple[str, Any]
"""A field or an operator, and what is said of it."""
BOUND = {"$gt", "$gte", "$lt", "$lte"}


def bounds(clauses: Iterable[Clause], path: str) -> Bounds:
    """What conditions that all hold say of a field, as far as a router can use it."""
    found = [_condition(value) for name, value in clauses if name == path]
    points = [one.points for one in found if one.points is not None]
    return Bounds(min(points, default=None), any(one.ranged for one in found))


def _clauses(filter_: Filter) -> Iterator[Clause]:
    """What holds of every document that meets a filter, `$or` among it."""
    for name, value in filter_.items():
        if name == "$and":
            for part in value:
                yield from _clauses(part)
        else:
            yield name, value


def _condition(value: Any) -> Bounds:
    if isinstance(value, re.Pattern):
        return ANY
    if not isinstance(value, Mapping) or not any(str(name).startswith("$") for name in value):
        return Bounds(points=1)
    if "$eq" in value or value.get("$exists") is False:
        return Bounds(points=1)
    if "$in" in value:
        return Bounds(points=len(value["$in"]))
    if {"$gte", "$lte"} <= value.keys() and value["$gte"] == value["$lte"]:
        return Bounds(points=1)
    return Bounds(ranged=not BOUND.isdisjoint(value))


def of_filter(key: ShardKey, filter_: Filter) -> Route:
    """Which shards have documents that may meet a filter."""
    clauses = list(_clauses(filter_))
    plain = [one for one in clauses if one[0] != "$or"]
    found = [_of_clauses(key, plain)]
    for name, alternatives in clauses:
        if name == "$or":
            all_but = {"$and": [{path: value} for path, value in plain]}
            each = [of_filter(key, {"$and": [all_but, part]}) for part in alternatives]
            found.append(max(*each, Route.FEW) if len(each) > 1 else each[0])
    return min(found)


def _of_clauses(key: ShardKey, clauses: Sequence[Clause]) -> Route:
    places = 1
    for number, (path, how) in enumerate(key.fields):
        found = bounds(clauses, path)
        if found.points is None:
            usable = number > 0 or (found.ranged and how != HASHED)
            return Route.RANGE if usable else Route.ALL
        places *= found.points
    return Route.ONE if places <= 1 else Route.FEW


def route(key: ShardKey, command: Command) -> Route:
    """Which shards get a command over a collection with this key."""
    given, name = command.given, command.name
    if name == "insert_one":
        return Route.ONE
    if name == "insert_many":
        return Route.FEW
    if name in CHANGES:
        return _of_change(key, name, given)
    if name == "aggregate":
        return of_filter(key, _matched(given["pipeline"]))
    return of_filter(key, given.get("filter") or {})


def _matched(pipeline: Sequence[Mapping[str, Any]]) -> Filter:
    """The filter that a pipeline begins with."""
    first = pipeline[0] if pipeline else {}
    found: Filter = first.get("$match", {})
    return found


def _of_change(key: ShardKey, name: str, given: Mapping[str, Any]) -> Route:
    """Where one document is changed."""
    if _changes(key, given.get("update", {})):
        return Route.MOVES
    found = of_filter(key, given["filter"])
    if found is Route.ONE:
        return found
    named = bounds(_clauses(given["filter"]), "_id").points == 1
    if name in ("update_one", "delete_one") and named:
        return Route.EVERY
    return Route.TWO_PHASES


def _changes(key: ShardKey, update: Mapping[str, Any]) -> bool:
    """Whether an update gives a field of the key another value, or takes it away."""
    changed = {path for how in ("$set", "$unset", "$inc") for path in update.get(how, {})}
    return not changed.isdisjoint(key.names)
