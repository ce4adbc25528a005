"""What the canned engine answers: one small function a command, reads cached as encoded bytes."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import bson
from bson import ObjectId
from bson.int64 import Int64

from benchmarks.sessions import COLLECTION, FOREIGN, FOREIGN_COLLECTION, POOL, Document, project

# A page of n asks for n + 1 rows to learn whether another follows; here none does.
ONE_TOO_MANY = frozenset({2, 21, 101})
CACHE_SIZE = 1000
POOLS: Mapping[str, tuple[Sequence[Document], type]] = {
    COLLECTION: (POOL, str),
    FOREIGN_COLLECTION: (FOREIGN, ObjectId),
}
READS = frozenset({"find", "aggregate"})


def rows_for(limit: int) -> int:
    """How many rows a read of `limit` gets; 0 means no limit was given."""
    if limit in ONE_TOO_MANY:
        return limit - 1
    return min(limit, len(POOL)) if limit > 0 else len(POOL)


class Engine:
    """Answers commands from prepared data and counts what it was asked."""

    def __init__(self) -> None:
        self._prepared: dict[tuple[object, ...], tuple[bytes, int]] = {}
        self.reset()

    def reset(self) -> None:
        """Start every count at nought."""
        self.commands: Counter[str] = Counter()
        self.reads: Counter[tuple[str, str, tuple[str, ...], int]] = Counter()
        self.documents = self.bytes_in = self.bytes_out = 0

    def answer(self, command: Mapping[str, Any], sequences: Mapping[str, int]) -> bytes:
        """The encoded reply; `sequences` counts the documents sent beside the command's body."""
        name = next(iter(command))
        if name == "cannedStats":
            reply = bson.encode(self.stats())
            if command.get("reset"):
                self.reset()
            return reply
        self.commands[name] += 1
        if name in READS:
            return self._read(name, command)
        handler = HANDLERS.get(name)
        if handler is None:
            return bson.encode(
                {"ok": 0.0, "code": 59, "codeName": "CommandNotFound", "errmsg": f"no {name}"}
            )
        return bson.encode({**handler(command, sequences), "ok": 1.0})

    def stats(self) -> Document:
        """Counts since the start or the last `{cannedStats: 1, reset: true}`; sizes in bytes."""
        return {
            "commands": dict(self.commands),
            "documents": self.documents,
            "bytesIn": self.bytes_in,
            "bytesOut": self.bytes_out,
            "reads": [
                {
                    "command": name,
                    "collection": target,
                    "fields": list(fields),
                    "limit": limit,
                    "times": times,
                }
                for (name, target, fields, limit), times in self.reads.items()
            ],
            "ok": 1.0,
        }

    def _read(self, name: str, command: Mapping[str, Any]) -> bytes:
        target = str(command[name])
        stages = _stages(name, command)
        projection: Mapping[str, Any] = next(
            (s["$project"] for s in reversed(stages) if "$project" in s), {}
        )
        limit = next((s["$limit"] for s in stages if "$limit" in s), 0)
        ids = _ids(next((s["$match"] for s in stages if "$match" in s), {}))
        if ids is not None:  # all that are named are there
            stages = [stage for stage in stages if "$limit" not in stage]
        self.reads[name, target, tuple(projection), limit] += 1
        shape = repr(stages) if name == "aggregate" else repr(projection)
        key = (name, command["$db"], target, shape, limit, repr(ids))
        prepared = self._prepared.get(key)
        if prepared is None:
            batch = _run(stages, _source(target, ids))
            cursor = {"firstBatch": batch, "id": Int64(0), "ns": f"{command['$db']}.{target}"}
            if len(self._prepared) >= CACHE_SIZE:
                self._prepared.clear()
            prepared = (bson.encode({"cursor": cursor, "ok": 1.0}), len(batch))
            self._prepared[key] = prepared
        self.documents += prepared[1]
        return prepared[0]


def _stages(name: str, command: Mapping[str, Any]) -> list[Document]:
    """Both kinds of read as a pipeline."""
    if name == "aggregate":
        return list(command["pipeline"])
    limit = int(command.get("limit") or 0)
    return [
        {"$match": command.get("filter") or {}},
        *([{"$limit": abs(limit)}] if limit else []),
        *([{"$project": command["projection"]}] if command.get("projection") else []),
    ]


def _source(target: str, ids: Sequence[object] | None) -> list[Document]:
    """The documents a read starts from: any id of its type exists, other collections are empty."""
    pool, type_ = POOLS.get(target, ((), object))
    if ids is None:
        return list(pool)
    return [{**pool[0], "_id": one} for one in ids if pool and isinstance(one, type_)]


def _run(stages: Sequence[Document], rows: list[Document]) -> list[Document]:
    """The few pipeline stages that change the shape of an answer; matches and sorts do not here."""
    for stage in stages:
        (operator, value), *_ = stage.items()
        match operator:
            case "$limit":
                rows = rows[: rows_for(value)]
            case "$project":
                rows = [project(row, value) for row in rows]
            case "$count":
                rows = [{value: len(rows)}]
            case "$group":
                rows = [{**dict.fromkeys(value, len(rows)), "_id": None}]
            case "$facet":
                rows = [{name: _run(inner, rows) for name, inner in value.items()}]
    return rows


def _ids(condition: Mapping[str, Any]) -> list[object] | None:
    """The session ids that `condition` names, or None if it names none."""
    if "_id" not in condition:
        return next((found for part in condition.get("$and", ()) if (found := _ids(part))), None)
    wanted = condition["_id"]
    if not isinstance(wanted, Mapping):
        return [wanted]
    if "$in" in wanted:
        return list(wanted["$in"])
    return [wanted["$eq"]] if "$eq" in wanted else None


Handler = Callable[[Mapping[str, Any], Mapping[str, int]], Document]


def _hello(command: Mapping[str, Any], sequences: Mapping[str, int]) -> Document:
    return {
        "ismaster": True,
        "isWritablePrimary": True,
        "helloOk": True,
        "maxBsonObjectSize": 16 * 1024 * 1024,
        "maxMessageSizeBytes": 48_000_000,
        "maxWriteBatchSize": 100_000,
        "localTime": datetime.now(UTC),
        "logicalSessionTimeoutMinutes": 30,
        "connectionId": 1,
        "minWireVersion": 0,
        "maxWireVersion": 25,
        "readOnly": False,
    }


def _write(operations: str) -> Handler:
    def handler(command: Mapping[str, Any], sequences: Mapping[str, int]) -> Document:
        count = sequences.get(operations) or len(command.get(operations, ()))
        return {"n": count, "nModified": count} if operations == "updates" else {"n": count}

    return handler


def _find_and_modify(command: Mapping[str, Any], sequences: Mapping[str, int]) -> Document:
    target = str(next(iter(command.values())))
    rows = _source(target, _ids(command.get("query") or {}))[:1]
    value = project(rows[0], command.get("fields")) if rows else None
    return {"value": value, "lastErrorObject": {"n": len(rows), "updatedExisting": bool(rows)}}


def _always(**reply: Any) -> Handler:
    return lambda command, sequences: reply


def _list(*rows: Document) -> Handler:
    return _always(cursor={"firstBatch": list(rows), "id": Int64(0), "ns": "canned.$cmd"})


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("hello", "isMaster", "ismaster"), _hello),
    **dict.fromkeys(
        ("ping", "endSessions", "killCursors", "create", "collMod", "drop", "dropIndexes"),
        _always(),
    ),
    "buildInfo": _always(version="8.0.0", versionArray=[8, 0, 0, 0]),
    "buildinfo": _always(version="8.0.0", versionArray=[8, 0, 0, 0]),
    "listCollections": _list(),
    "listIndexes": _list({"v": 2, "key": {"_id": 1}, "name": "_id_"}),
    "createIndexes": _always(numIndexesBefore=1, numIndexesAfter=2),
    "insert": _write("documents"),
    "update": _write("updates"),
    "delete": _write("deletes"),
    "count": _always(n=len(POOL)),
    "findAndModify": _find_and_modify,
}
