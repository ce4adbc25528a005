"""A collection of another shape, served in place as sessions of a kind: nothing in it changes.

With the map of `resolvers.mapping`

    startTime = { from = "started", format = "epoch-seconds" }
    userId = "data.user.id"

    query       {"userId": "u", "startTime": {"$gte": <9:30>}}
    becomes     {"data.user.id": "u", "started": {"$gte": 1772357400.0}}
    and a row   {"_id": "a", "started": 1772357401, "data": {"user": {"id": "u"}}}
    becomes     {"_id": "a", "startTime": <9:30:01>, "userId": "u"}

What the gateway computes and stores in sessions of its own, such as a duration, is computed from
each row here. So it is shown, but cannot be compared or ordered by.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from resolvers.errors import BadInput
from resolvers.fitting import Format
from resolvers.folding import FOLDED
from resolvers.kind import Column, Kind, walk
from resolvers.mapping import CollectionMap, Source
from resolvers.store.conditions import meets
from resolvers.store.mapped_rows import Reading, reading
from resolvers.store.operators import NOTHING, Query, conjoin, ignoring_case
from resolvers.store.session_ids import others_of_text
from resolvers.value_types import TEXT

Stage = dict[str, Any]
JUNCTIONS = ("$and", "$or", "$nor")
SEVERAL = ("$in", "$nin")
BOUNDS: Mapping[str, Callable[[Format, datetime], datetime]] = {
    "$lt": Format.at_least,
    "$gte": Format.at_least,
    "$lte": Format.at_most,
    "$gt": Format.at_most,
}
"""How a bound is moved to one that the stored form can show: what meets it stays the same."""
ONE_OF: Mapping[str, str] = {"$eq": "$in", "$ne": "$nin"}
"""What compares with several stored values instead of one."""


class Mapped:
    """One map, ready for use."""

    def __init__(self, map_: CollectionMap) -> None:
        self.kind: Kind = map_.kind
        self.collection: str = map_.collection
        self.sources: Mapping[str, Source] = map_.by_path
        self._readings: dict[frozenset[str] | None, Reading] = {}

    @cached_property
    def _columns(self) -> Mapping[str, tuple[Column, bool]]:
        """The columns by their stored paths, and whether the gateway computes them."""
        found: dict[str, tuple[Column, bool]] = {}
        for path, column in walk(self.kind.columns):
            above = found.get(path.rpartition(".")[0], (column, False))
            found[path] = column, column.derived or column.hidden or above[1]
        return found

    def reading(self, columns: Iterable[str] | None) -> Reading:
        """How to read these stored paths of the kind; None: whole sessions."""
        key = None if columns is None else frozenset(columns)
        if key not in self._readings:
            self._readings[key] = reading(self.kind, self.sources, key)
        return self._readings[key]

    def path(self, native: str) -> str:
        """Where the values of a column of an ordering are; BadInput where they are not stored."""
        source = self.sources.get(native)
        if source is None or source.stored is None or source.values:
            raise self._refusal(native, "ordered by", "orderBy")
        return source.stored

    def stored(self, native: str, value: Any) -> Any:
        """A value of a column of an ordering, as it is stored."""
        format_ = self.sources[native].format
        return format_.store(value) if format_ and isinstance(value, datetime) else value

    def query(self, native: Query) -> Query:
        """A query over the kind's own paths; BadInput for a column whose values are computed."""
        return self._query(native, self.sources, "")

    def _query(self, native: Query, sources: Mapping[str, Source], above: str) -> Query:
        clauses: list[Query] = []
        for key, condition in native.items():
            if key in JUNCTIONS:
                parts = [self._query(part, sources, above) for part in condition]
                clauses.append({key: parts})
            else:
                clauses.append(self._condition(key, condition, sources, above))
        return conjoin(clauses)

    def _condition(
        self, key: str, condition: Any, sources: Mapping[str, Source], above: str
    ) -> Query:
        path, end = (key[:-2], ".0") if key.endswith(".0") else (key, "")
        names = path.split(".")
        if FOLDED in names:
            plain = ".".join(name for name in names if name != FOLDED)
            return self._condition(plain, ignoring_case(condition), sources, above)
        source = sources.get(path)
        if source is not None and source.stored is not None:
            return {source.stored + end: self._translated(condition, source, f"{above}{path}.")}
        if source is not None:
            return {} if meets(source.constant, condition) else NOTHING
        if path == "status" and not above:
            return self._status(condition)
        _, computed = self._columns.get(above + path, (None, False))
        if computed:
            raise self._refusal(above + path, "compared", "filter")
        return {} if meets(None, condition) else NOTHING

    def _status(self, condition: Any) -> Query:
        """The condition on the status, as one on the end."""
        if not self.kind.ended:
            return {} if meets(None, condition) else NOTHING
        active, closed = (meets(status, condition) for status in ("ACTIVE", "CLOSED"))
        if active == closed:
            return {} if active else NOTHING
        return self._condition("endedAt", None if active else {"$ne": None}, self.sources, "")

    def _translated(self, condition: Any, source: Source, above: str) -> Any:
        if not isinstance(condition, dict):
            spelled = _spelled(condition, source)
            return spelled[0] if len(spelled) == 1 else {"$in": spelled}
        found: dict[str, Any] = {}
        for operator, value in condition.items():
            if operator == "$elemMatch" and source.columns:
                inner = {one.native: one for one in source.columns}
                found[operator] = self._query(value, inner, above)
            elif operator in ("$elemMatch", "$not"):
                found[operator] = self._translated(value, source, above)
            elif operator in SEVERAL:
                found[operator] = [one for given in value for one in _spelled(given, source)]
            elif operator in ("$exists", "$regex"):
                found[operator] = value
            elif operator in BOUNDS and isinstance(value, datetime) and source.format:
                bound = BOUNDS[operator](source.format, value)
                found[operator] = source.format.store(bound)
            else:
                spelled = _spelled(value, source)
                if len(spelled) == 1:
                    found[operator] = spelled[0]
                else:
                    found[ONE_OF[operator]] = spelled
        return found

    def _refusal(self, native: str, verb: str, argument: str) -> BadInput:
        found = self._columns.get(native)
        name = found[0].name if found and not found[0].hidden else native
        return BadInput(
            f"{name} of {self.kind.type_name} cannot be {verb}: these sessions are served from a "
            "collection of another shape, which does not store it so. If it does, the map file can "
            "give its source.",
            argument=argument,
        )

    def shaped(self, paths: Iterable[str]) -> Stage:
        """The stage of an aggregation that gives documents these paths of the kind."""
        return {"$project": {path: self._expression(path) for path in paths}}

    def _expression(self, path: str) -> Any:
        """The value of a path; BadInput where only rows can compute it."""
        source = self.sources.get(path)
        if source is not None and not source.column.many:
            return computed(source)
        ended = self.sources.get("endedAt")
        if path == "status":
            closed = {"$gt": [computed(ended), None]}
            return {"$cond": [closed, "CLOSED", "ACTIVE"]} if ended else None
        if path == "durationSeconds" and self.kind.spans and ended:
            between = {"$subtract": [computed(ended), computed(self.sources["startedAt"])]}
            return {"$divide": [between, 1000]}
        if self._columns.get(path, (None, True))[1]:
            raise self._refusal(path, "computed over many sessions", "filter")
        return None


def _spelled(value: Any, source: Source) -> list[Any]:
    """The stored values that are shown as this one."""
    if value is None:
        return [None]
    if source.values is not None:
        return [stored for stored, name in source.values.items() if name == value]
    if source.format is not None and isinstance(value, datetime):
        exact = source.format.at_most(value) == value
        return [source.format.store(value)] if exact else []
    is_id = source.native == "_id"  # whose other spellings are in the query already
    if source.column.type is TEXT and isinstance(value, str) and not is_id:
        return [value, *others_of_text(value)]
    return [value]


def computed(source: Source | None) -> Any:
    """The value of a source, as an expression of an aggregation."""
    if source is None:
        return None
    if source.stored is None:
        return {"$literal": source.constant}
    stored = f"${source.stored}"
    if source.format is not None:
        return source.format.computed(stored)
    if source.values is not None:
        branches = [
            {"case": {"$eq": [stored, value]}, "then": name}
            for value, name in source.values.items()
        ]
        return {"$switch": {"branches": branches, "default": stored}}
    return stored
