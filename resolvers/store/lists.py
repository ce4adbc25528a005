"""The lists in parts of what was read, brought to what their windows show.

    [{"_id": "a", "messages": [m3], "messageCount": 4}, {"_id": "b", "messages": [m7]}]

The second session was stored by a release without counts: its whole list is read with one more
find, for all such sessions together, and counted here.
"""

from collections.abc import Sequence

from resolvers.kind import Column, Document, Kind
from resolvers.lists import add_count, cut, parts, settle
from resolvers.request import Columns
from resolvers.store.find import find
from resolvers.store.session_ids import as_stored
from resolvers.store.store import Store


async def complete(store: Store, kind: Kind, columns: Columns, rows: Sequence[Document]) -> None:
    """Cut each list to its window in place; read it whole where its stored count does not fit."""
    whole = kind.name in store.maps  # such a list has no count: all of it is read at once
    for column, window in parts(columns) if columns else ():
        if whole:
            for row in rows:
                add_count(column, row)
                cut(column, window, row)
        elif window is None:
            for row in rows:
                add_count(column, row)
        elif short := settle(column, window, rows):
            await _whole(store, kind, column, short)


async def _whole(store: Store, kind: Kind, column: Column, rows: Sequence[Document]) -> None:
    ids = [as_stored(row["_id"]) for row in rows]
    found = await find(store, kind, {"_id": {"$in": ids}}, {column.path: 1}, len(ids))
    lists = {one["_id"]: one.get(column.path) for one in found}
    for row in rows:
        row[column.path] = lists.get(row["_id"])
        add_count(column, row)
