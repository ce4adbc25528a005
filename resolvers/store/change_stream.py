"""What changes in the kinds' collections, read from the database's change stream.

    marks = StreamMarks()
    async with watching(store, kinds, await present(store, kinds, marks), marks) as stream:
        async for event in stream.events():     # or None, where nothing came for a second

A place in the stream is the database's time of a change, and its number among those of that time.
Such places are equal in all processes, and can be compared: an engine's resume tokens cannot.

What an event says of a session is little: which one, and what it was before. The database keeps
that for the gateway's own collections (`keep_images`), whoever deletes, and when one expires, too.
How the session is now is read afterwards, so that nobody is shown what was erased meanwhile.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from bson import Timestamp
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern

from resolvers.common_columns import SEARCH_KEYS, SEARCH_TEXTS
from resolvers.errors import ChangesUnsupported, HistoryLost
from resolvers.kind import Document, Kind
from resolvers.store.capabilities import Capability
from resolvers.store.cursors import leave
from resolvers.store.deadline import within
from resolvers.store.driver import opened
from resolvers.store.session_ids import as_text
from resolvers.store.store import Store
from resolvers.store.stream_marks import NEAR_SECONDS, StreamMarks
from resolvers.stream_places import LAST, StreamPlace

log = logging.getLogger(__name__)

WAIT_MS: Final = 1000
"""How long the database waits for a change before it says that there is none."""
LOOK_MS: Final = 50
"""The same where nobody waits for new changes."""
MOST_AT_ONCE: Final = 16
"""Changes in one reply: what some sessions were before may take megabytes."""
BEFORE: Final = "fullDocumentBeforeChange"
UNSUPPORTED_CODES: Final = frozenset({40573, 40324, 115, 13})
"""No replica set, no such stage, not supported, not allowed."""
LOST_CODES: Final = frozenset({136, 280, 286})
UNKNOWN_OPTION_CODES: Final = frozenset({2, 9, 72, 40415})
"""How engines refuse an option that they do not know."""
UNSUPPORTED: Final = (
    "The database of this gateway reports no changes: MongoDB does so only as a replica set or a "
    "sharded cluster, and to a user that may watch. Its operator can start it with `--replSet` "
    "(one member is enough), or give the user the role `read` on the database."
)
LOST: Final = (
    "The feed does not reach back to that cursor. Read the sessions anew, then go on without "
    "`after`."
)


WHOLE_LOG: Final = "initiating set"
"""The message of the first entry of a log from which nothing was removed."""
UNSETTLED_SECONDS: Final = 10
"""For how long a change whose time is past may not be shown yet, where the engine does not wait."""
SPARE_SECONDS: Final = NEAR_SECONDS // 2
"""How much earlier than needed a search begins: others come with cursors of about the same time."""
BEGINNING: Final = Timestamp(1, 1)
"""Before all changes."""


class ChangeAction(StrEnum):
    """What happened to a session."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"


ACTIONS: Final = {
    "insert": ChangeAction.CREATED,
    "update": ChangeAction.UPDATED,
    "replace": ChangeAction.UPDATED,
    "delete": ChangeAction.DELETED,
}
ENDS: Final = ("drop", "rename", "dropDatabase", "invalidate")
"""Of whole collections: nobody can say which sessions they had."""


class Event(NamedTuple):
    """A change of one session."""

    place: StreamPlace
    kind: Kind
    action: ChangeAction
    session_id: str
    at: datetime
    before: Document | None
    """What it was, without its long lists (`bulky`); None: unknown, or it was not there."""
    document: Document | None = None
    """What it is now; None: it is gone, or was not read yet."""


def bulky(kind: Kind) -> frozenset[str]:
    """The stored paths that `before` never has: they may take megabytes."""
    lists = {column.path for column in kind.columns if column.count}
    return frozenset({*lists, SEARCH_KEYS.path, SEARCH_TEXTS.path})


async def present(store: Store, kinds: Sequence[Kind], marks: StreamMarks) -> StreamPlace:
    """The place after all changes until now; ChangesUnsupported where the engine has no stream."""
    try:
        if Capability.TIMED_CHANGES in store.capabilities:
            look = {"find": store.name(kinds[0]), "filter": {"_id": ""}, "limit": 1}
            asked = {**look, "readConcern": {"level": "majority"}}
            time = (await store.run(store.database.command(asked))).get("operationTime")
            token = None
        else:
            time, token = await store.run(_began(store))
    except (NotImplementedError, OperationFailure) as error:
        raise ChangesUnsupported(UNSUPPORTED) from error
    if not isinstance(time, Timestamp):
        raise ChangesUnsupported(UNSUPPORTED)
    place = StreamPlace(time.time, time.inc, LAST)
    if token is not None:
        marks.note(place, token)
    return place


async def _began(store: Store, **start: Any) -> tuple[Any, Any]:
    """The time at which a change stream begins, and its resume token there: it is not read."""
    stream = {"aggregate": 1, "pipeline": [{"$changeStream": start}], "cursor": {"batchSize": 0}}
    reply = await store.database.command({**stream, "readConcern": {"level": "majority"}})
    cursor = reply["cursor"]
    ending = {"killCursors": cursor["ns"].partition(".")[2], "cursors": [cursor["id"]]}
    leave(store.database.command(ending))
    return reply.get("operationTime"), cursor["postBatchResumeToken"]


def settled(store: Store, now: StreamPlace) -> StreamPlace:
    """The place up to which all changes are shown by now: a cursor may say that they were seen.

    MongoDB's present time is that. Other engines give a change its time when it begins, and show it
    once it is written: changes before the present one may come later. There it is some seconds old.
    """
    if Capability.TIMED_CHANGES in store.capabilities:
        return now
    return StreamPlace(max(0, now.seconds - UNSETTLED_SECONDS), now.increment, LAST)


async def keep_images(store: Store, kind: Kind) -> bool:
    """Let the database keep what a session was before a change; False if it cannot."""
    images = {"collMod": store.name(kind), "changeStreamPreAndPostImages": {"enabled": True}}
    try:
        await store.run(store.database.command(images))
    except (NotImplementedError, OperationFailure) as error:
        code = getattr(error, "code", None)
        log.info("The database keeps no earlier states of %s: code %s", store.name(kind), code)
        return False
    return True


@asynccontextmanager
async def watching(
    store: Store,
    kinds: Sequence[Kind],
    after: StreamPlace,
    marks: StreamMarks,
    wait_ms: int = WAIT_MS,
) -> AsyncIterator["ChangeStream"]:
    """The changes after a place.

    Its events raise HistoryLost if the database no longer has them, ChangesUnsupported if it never
    had.
    """
    stream = ChangeStream(store, kinds, after, marks, wait_ms)
    try:
        yield stream
    finally:
        stream.close()


class ChangeStream:
    """One change stream over all kinds."""

    def __init__(
        self,
        store: Store,
        kinds: Sequence[Kind],
        after: StreamPlace,
        marks: StreamMarks,
        wait_ms: int,
    ) -> None:
        self._store = store
        self._wait_ms = wait_ms
        self._kinds = {store.name(kind): kind for kind in kinds}
        self._after = after
        self._last = after._replace(number=-1)
        self._marks = None if Capability.TIMED_CHANGES in store.capabilities else marks
        self._token: Any = None
        """Of the last change."""
        self._cursor: Any = None
        self._looked: Any = None
        """How far the database has looked, by its last reply without a change."""
        self._at_end = False
        """Whether it came no further than by the reply before."""

    async def events(self) -> AsyncGenerator[Event | None, None]:
        """The changes one by one; None where none came for the time that it waits."""
        while True:
            change = await self._next()
            if change is None:
                yield None
                continue
            place = self._place(change["clusterTime"], change["_id"])
            if place <= self._after:
                continue
            if change["operationType"] in ENDS:
                raise HistoryLost(LOST)
            yield self._event(place, change)

    def _place(self, time: Timestamp, token: Any) -> StreamPlace:
        same = (time.time, time.inc) == self._last[:2]
        if self._marks and self._token and not same:  # no more changes of the last one's time
            self._marks.note(self._last._replace(number=LAST), self._token)
        self._last = StreamPlace(time.time, time.inc, self._last.number + 1 if same else 0)
        self._token = token
        return self._last

    def _event(self, place: StreamPlace, change: Document) -> Event:
        kind = self._kinds[change["ns"]["coll"]]
        (key,) = as_text([{"_id": change["documentKey"]["_id"]}])
        action = ACTIONS[change["operationType"]]
        at = change.get("wallTime") or change["clusterTime"].as_datetime().replace(tzinfo=None)
        return Event(place, kind, action, key["_id"], at, change.get(BEFORE))

    async def _next(self) -> Document | None:
        """The next change; None if there was none. Unavailable or Timeout for the database."""
        store = self._store
        return await within(2 * store.deadline + self._wait_ms / 1000, store.ping, self._asked())

    async def _asked(self) -> Document | None:
        try:
            if self._cursor is None:
                self._cursor = await self._open()
                self._looked = self._cursor.resume_token
            change: Document | None = await self._cursor.try_next()
            if change is None:
                token = self._cursor.resume_token
                self._at_end, self._looked = token == self._looked, token
        except NotImplementedError as error:
            raise ChangesUnsupported(UNSUPPORTED) from error
        except OperationFailure as error:
            raise _failure(error) from error
        return change

    async def _open(self) -> Any:
        if self._marks is not None:
            token = self._marks.near(self._after) or await self._search(self._marks)
            try:
                return await self._opened(resume_after=token)
            except OperationFailure as error:
                if error.code not in LOST_CODES:
                    raise
                self._marks.forget(token)
            await self._require_history()
        return await self._opened(start_at_operation_time=_time(self._after))

    async def _search(self, marks: StreamMarks) -> Any:
        """A token behind which all changes after the place come, from the engine's log."""
        async with marks.searching:
            token = marks.near(self._after)
            if token is None:
                seconds = max(1, self._after.seconds - SPARE_SECONDS)
                place = StreamPlace(seconds, self._after.increment, -1)
                _, token = await _began(self._store, startAtOperationTime=_time(place))
                marks.note(place, token)
        return token

    async def _opened(self, **start: Any) -> Any:
        options = {**start, "max_await_time_ms": self._wait_ms, "batch_size": MOST_AT_ONCE}
        database = self._store.database.with_options(read_concern=ReadConcern("majority"))
        pipeline = _pipeline(self._kinds.values(), list(self._kinds))
        try:
            return await opened(
                database.watch(pipeline, full_document_before_change="whenAvailable", **options)
            )
        except OperationFailure as error:  # MongoDB 5 has no earlier states
            if error.code not in UNKNOWN_OPTION_CODES:
                raise
            return await opened(database.watch(pipeline, **options))

    async def _require_history(self) -> None:
        """HistoryLost if the engine's log begins after the place, where it can be asked.

        MongoDB checks this itself, also for users who may not read its log; the embedded engine
        starts with what it has.
        """
        entries = self._store.database.client["local"]["oplog.rs"]
        first = None
        with suppress(OperationFailure):
            first = await entries.find_one({}, {"ts": 1, "o.msg": 1}, sort=[("$natural", 1)])
        if first is None:
            return
        whole = first.get("o", {}).get("msg") == WHOLE_LOG
        spare = UNSETTLED_SECONDS if whole else 0  # a settled place may lie before the log's first
        if (first["ts"].time - spare, first["ts"].inc) > self._after[:2]:
            raise HistoryLost(LOST)

    def has_reached(self, place: StreamPlace) -> bool:
        """Where no change came: whether the database has looked beyond a place.

        MongoDB may have looked for a second at what others wrote, and says how far. Other engines
        may have looked at some hundred entries of the log: where they come no further, there are
        no more.
        """
        time = _time_of(self._cursor.resume_token)
        return self._at_end if time is None else time >= _time(place)

    def close(self) -> None:
        """Nobody waits for it."""
        if self._cursor is not None:
            leave(self._cursor.close())


def _pipeline(kinds: Any, names: list[str]) -> list[Document]:
    """The changes of these collections, and as little of each as is needed."""
    wanted = {"ns.coll": {"$in": names}, "operationType": {"$in": [*ACTIONS, *ENDS]}}
    long = {f"{BEFORE}.{path}" for kind in kinds for path in bulky(kind)}
    return [
        {"$match": {"$or": [wanted, {"operationType": {"$in": list(ENDS[2:])}}]}},
        {"$unset": ["fullDocument", "updateDescription", *sorted(long)]},
    ]


def _failure(error: OperationFailure) -> Exception:
    if error.code in LOST_CODES:
        return HistoryLost(LOST)
    if error.code in UNSUPPORTED_CODES:
        return ChangesUnsupported(UNSUPPORTED)
    return error


def _time(place: StreamPlace) -> Timestamp:
    return Timestamp(place.seconds, place.increment)


def _time_of(token: Any) -> Timestamp | None:
    """The time in a resume token of MongoDB's: 82, then seconds and increment in hexadecimal.

    https://github.com/mongodb/mongo/blob/master/src/mongo/db/pipeline/resume_token.h
    """
    data = token.get("_data") if isinstance(token, dict) else None
    if not isinstance(data, str) or not data.startswith("82") or len(data) < 18:
        return None
    return Timestamp(int(data[2:10], 16), int(data[10:18], 16))
