"""One find, whose whole answer fits into one reply.

It is sent as a bare command: a fifth of the driver's time for a small page goes into the cursor
around it, which a page has no use for (docs/adr/0006-finds-as-commands.md). What a cursor gives
besides is done here too: one more try after a lost connection, and answers beyond 16 MB in several
replies.
"""

from typing import Any

from pymongo.errors import ConnectionFailure

from resolvers.kind import Document, Kind
from resolvers.store import quick_command
from resolvers.store.cursors import batches, leave, rows
from resolvers.store.driver import CODEC, CODECS
from resolvers.store.operators import Query
from resolvers.store.plan import Projection, Sort
from resolvers.store.session_ids import as_text
from resolvers.store.store import Store


async def find(
    store: Store,
    kind: Kind,
    wanted: Query,
    projection: Projection | None,
    limit: int,
    sort: Sort | None = None,
    skip: int = 0,
) -> list[Document]:
    """At most `limit` documents that meet `wanted`; the driver's errors are let through.

    `wanted` and `sort` are the collection's own, `projection` and the documents are the kind's.
    """
    mapped = store.maps.get(kind.name)
    if mapped is None:
        return as_text(await _found(store, kind, wanted, projection, limit, sort, skip))
    read, row = mapped.reading(projection)
    return [row(one) for one in await _found(store, kind, wanted, {**read}, limit, sort, skip)]


async def _found(
    store: Store,
    kind: Kind,
    wanted: Query,
    projection: Projection | None,
    limit: int,
    sort: Sort | None,
    skip: int,
) -> list[Document]:
    command: dict[str, Any] = {
        "find": store.name(kind),
        "filter": wanted,
        "limit": limit,
        "batchSize": limit,
        "maxTimeMS": store.time_ms,
    }
    if projection is not None:
        command["projection"] = projection
    if sort:
        command["sort"] = dict(sort)
    if skip:
        command["skip"] = skip
    if CODECS:  # PyMongo decodes the replies of bare commands without them
        return await batches(_cursor(store, kind, command, raw=True))
    try:
        reply = await _sent(store, command)
    except NotImplementedError:  # an engine without commands: mongomock
        return await rows(_cursor(store, kind, command, raw=False), limit)
    if reply["id"]:  # more than 16 MB
        leave(_closed(store, kind, reply["id"]))
        return await batches(_cursor(store, kind, command, raw=True))
    documents: list[Document] = reply["firstBatch"]
    return documents


async def _sent(store: Store, command: dict[str, Any]) -> Document:
    """The reply's cursor; like the driver's own reads, tried twice where the network fails."""
    database = store.database
    try:
        if quick_command.serves(database):
            reply = await quick_command.run(database, command)
        else:
            reply = await database.command(command, codec_options=CODEC)
    except ConnectionFailure:
        reply = await database.command(command, codec_options=CODEC)
    cursor: Document = reply["cursor"]
    return cursor


async def _closed(store: Store, kind: Kind, cursor_id: int) -> None:
    """Close a cursor on the server.

    A command cannot read on from it: the server gives more only within the driver's session that
    opened the cursor, and each command has another one.
    """
    await store.database.command({"killCursors": store.name(kind), "cursors": [cursor_id]})


def _cursor(store: Store, kind: Kind, command: dict[str, Any], raw: bool) -> Any:
    """The same as a cursor of the driver's, whose answer comes in as many replies as it takes."""
    collection = store.collection(kind)
    return (collection.find_raw_batches if raw else collection.find)(
        command["filter"],
        command.get("projection"),
        sort=list(command.get("sort", {}).items()) or None,
        skip=command.get("skip", 0),
        limit=command["limit"],
        max_time_ms=command["maxTimeMS"],
    )
