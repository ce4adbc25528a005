"""Adopted documents: what the gateway wrote into them, and what was there before.

    {"startTime": 1772357400}

becomes, with one guarded update,

    {"startTime": <9:30>, "startedAt": <9:30>, "revision": 1, "gatewayAdoption": {
        "originals": {"startTime": 1772357400},
        "written": {"startTime": "77de68da", "startedAt": "77de68da", "revision": "6c1f…"}}}

Fields are changed in place and added at the end, never removed, so restoring the originals and
removing what was added gives the document back byte for byte. `written` has digests: whoever
changes one of these fields later keeps the change.
"""

import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import bson
from bson import json_util
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, WriteError

from resolvers.errors import CorruptDocument, Invalid
from resolvers.kind import Document, stored_value
from resolvers.store import bson_order
from resolvers.store.driver import CODEC, opened
from resolvers.store.operators import Query
from resolvers.store.store import Store
from resolvers.store.strays import EXTENDED

RECORD = "gatewayAdoption"
"""The field of an adopted document that says what was changed in it."""
RAW = CodecOptions(document_class=RawBSONDocument)
DIGEST = 16
"""Characters: enough for changes that nobody makes on purpose to be alike."""
AT_ONCE = 100
"""Documents of a sample that are read at once."""


class Read(NamedTuple):
    """A document as it was read."""

    document: Document
    raw: bytes

    @property
    def id(self) -> Any:
        """Its id, of any type."""
        return self.document["_id"]

    def require_exact(self, fields: Iterable[str]) -> None:
        """CorruptDocument for a field that cannot be written back as it is, such as broken text."""
        if RECORD in self.document and not _record(self.document)[1]:
            raise CorruptDocument("This field is for the gateway: rename it.", field=RECORD)
        if bson.encode(self.document, codec_options=CODEC) == self.raw:
            return
        for name in fields:
            if name in self.document and _element(name, self.document[name]) not in self.raw:
                raise CorruptDocument(
                    f"{name} has a value that cannot be written back as it is, such as text that "
                    "is not UTF-8.",
                    field=name,
                )


class Before(NamedTuple):
    """What a document was before its adoption."""

    document: Document
    """Without the record, the originals in their places, changes of others included."""
    changed: frozenset[str]
    """The adopted fields that others changed since, but for computed ones."""
    since: frozenset[str] = frozenset()
    """The fields that it has, and that adoption did not write: some are of changes since."""


def _element(name: str, value: Any) -> bytes:
    return bson.encode({name: value}, codec_options=CODEC)[4:-1]


def _digest(value: Any) -> str:
    return hashlib.sha256(_element("", value)).hexdigest()[:DIGEST]


def _record(document: Document) -> tuple[Document, Document]:
    """The originals, and the digests of what was written; empty if it was never adopted."""
    record = document.get(RECORD)
    record = record if isinstance(record, dict) else {}
    parts = record.get("originals"), record.get("written")
    originals, written = (part if isinstance(part, dict) else {} for part in parts)
    return originals, written


def before(document: Document, computed: frozenset[str]) -> Before:
    """The document without its adoption.

    What was added to it and is `computed` goes in any case: it is nobody's.
    """
    originals, written = _record(document)
    found = {name: value for name, value in document.items() if name != RECORD}
    changed = set()
    for name, digest in written.items():
        added = name not in originals
        if added and (name in computed or name == "revision"):
            found.pop(name, None)
        elif name not in found or _digest(found[name]) != digest:
            changed.add(name)
        elif added:
            del found[name]
        else:
            found[name] = originals[name]
    since = {name for name in found if written and name not in written and name in document}
    return Before(found, frozenset(changed), frozenset(since))


class Change(NamedTuple):
    """An update of one document, on the condition that it is still what was read."""

    guard: Query
    operators: Document


def adopted(read: Read, was: Document, session: Document, used: Iterable[str]) -> Change:
    """Store a session's fields, and what was there before.

    `was` is the document without its adoption, `used` has the fields that the session follows from.
    """
    changed = {
        name: value
        for name, value in session.items()
        if (name in was and _element(name, was[name]) != _element(name, value))
        or (name not in was and value is not None)
    }
    record = {
        "originals": {name: was[name] for name in changed if name in was},
        "written": {name: _digest(value) for name, value in changed.items()},
    }
    _, earlier = _record(read.document)
    back = {name: was[name] for name in earlier if name in was and name not in changed}
    gone = [name for name in earlier if name not in was and name not in changed]
    operators = _operators({**back, **changed, RECORD: record}, gone)
    return Change(_guard(read.document, {*used, *earlier}), operators)


def restored(read: Read, was: Document) -> Change:
    """Make a document what it was."""
    _, written = _record(read.document)
    now = read.document
    back = {
        name: was[name]
        for name in written
        if name in was and _element(name, was[name]) != _element(name, now[name])
    }
    gone = [name for name in written if name in now and name not in was]
    return Change(_guard(now, written), _operators(back, [*gone, RECORD]))


def _operators(values: Document, gone: Iterable[str]) -> Document:
    parts = {"$set": values, "$unset": dict.fromkeys(gone, "")}
    return {operator: fields for operator, fields in parts.items() if fields}


def _guard(document: Document, fields: Iterable[str]) -> Query:
    """The condition that these fields are as they were read."""
    guard: Query = {"_id": document["_id"]}  # not $eq: the embedded engine would read all
    for name in sorted(fields):
        present = name in document
        guard[name] = {"$eq": document[name]} if present else {"$exists": False}
        if present and document[name] is None:
            guard[name] = {"$eq": None, "$exists": True}
    if RECORD in document:  # without the originals: a command has at most 16 MB
        guard[f"{RECORD}.written"] = {"$eq": stored_value(document, (RECORD, "written"))}
    else:
        guard[RECORD] = {"$exists": False}
    return guard


async def apply(store: Store, collection: str, change: Change) -> bool:
    """Make one change; False if others changed the document meanwhile. Invalid if it cannot be."""
    try:
        result = await store.run(store.database[collection].update_one(*change))
    except WriteError as error:
        raise Invalid(f"The database refuses this change (code {error.code}).") from error
    return bool(result.matched_count)


async def apply_all(store: Store, collection: str, changes: Iterable[Change]) -> bool:
    """Make many changes with one command; False if not all of them were made.

    One command is four times as fast as many: the database waits for its disk once.
    """
    updates = [UpdateOne(*change) for change in changes]
    try:
        writing = store.database[collection].bulk_write(updates, ordered=False)
        result = await store.run(writing)
    except (BulkWriteError, Invalid):
        return False
    return bool(result.matched_count == len(updates))


async def exists(store: Store, collection: str) -> bool:
    """Whether the collection has a document."""
    return await store.run(store.database[collection].find_one({}, {"_id": 1})) is not None


async def estimate(store: Store, collection: str) -> int:
    """About how many documents there are, at once."""
    counting = store.database[collection].estimated_document_count(maxTimeMS=store.time_ms)
    return int(await store.run(counting))


async def get(store: Store, collection: str, stored_id: Any) -> Read | None:
    """A document as it is now."""
    found = await store.run(_raw(store, collection).find_one({"_id": stored_id}))
    return _read(found) if found else None


async def walk(
    store: Store, collection: str, after: str, size: int, adopted: bool = False
) -> AsyncIterator[list[Read]]:
    """Every document by its id, of any type, in batches; those that come `after` a place.

    A batch is one answer: fewer documents where they are large. With `adopted`, adopted ones alone.
    """
    wanted: Query = {RECORD: {"$exists": True}} if adopted else {}
    last = _parsed(after) if after else None
    for condition in _ranges(last[0]) if last else _everything():
        bound: Any = condition
        while rows := await store.run(_batch(store, collection, {**wanted, "_id": bound}, size)):
            found = [_read(row) for row in rows]
            yield found
            last_id = found[-1].id
            if last_id is None or last_id != last_id:  # no other id is like it
                break
            bound = {"$gt": last_id}


def _everything() -> Iterator[Any]:
    for _, conditions in bson_order.BRACKETS:
        yield from conditions


def _ranges(value: Any) -> Iterator[Any]:
    """The conditions that the ids after a value meet, one after the other."""
    for conditions in bson_order.beyond(value, descending=False):
        yield from conditions


async def _batch(store: Store, collection: str, wanted: Query, size: int) -> list[RawBSONDocument]:
    found = _raw(store, collection).find(
        wanted,
        sort=[("_id", 1)],
        limit=-size,  # one answer and no cursor: at most 16 MB
        max_time_ms=store.time_ms,
    )
    rows: list[RawBSONDocument] = await found.to_list(size)
    return rows


async def sample(store: Store, collection: str, size: int) -> AsyncIterator[Read]:
    """Some documents by chance, each once or, in large collections, perhaps twice."""
    stages = [{"$sample": {"size": size}}]
    raw = _raw(store, collection)
    found = await store.run(opened(raw.aggregate(stages, maxTimeMS=store.time_ms)))
    while rows := await store.run(found.to_list(AT_ONCE)):
        for row in rows:
            yield _read(row)


def _raw(store: Store, collection: str) -> Any:
    return store.database[collection].with_options(codec_options=RAW)


def _read(row: RawBSONDocument) -> Read:
    document: Document = bson.decode(row.raw, codec_options=CODEC)
    return Read(document, bytes(row.raw))


def place(read: Read) -> str:
    """Where a walk is after this document, as a text."""
    return json_util.dumps({"_id": read.id}, json_options=EXTENDED)


def _parsed(text: str) -> tuple[Any] | None:
    """The id of a place; None for a text that is none."""
    try:
        found: Mapping[str, Any] = json_util.loads(text, json_options=EXTENDED)
        return (found["_id"],)
    except (BSONError, ValueError, TypeError, KeyError):
        return None
