"""Databases of the shared engine that are made ready once, and restored for the next test.

To build the indexes of all kinds takes the engine ten times as long as to look whether they are
still the same, and that ten times as long as to empty what this process wrote to. Other processes
get no such database: what they write is not noticed.
"""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pymongo import MongoClient

from tests.wire.written import WRITTEN

Document = dict[str, Any]
Form = dict[str, tuple[Document, list[Document]]]
"""The options and the indexes of each collection, by its name."""


@dataclass(frozen=True)
class Prepared:
    """What a database was when it was ready."""

    form: Form
    rows: dict[str, list[Document]]
    """The documents of each collection, by its name: the gateway's marks."""


class PreparedDatabases:
    """Each is one test's alone while it is lent, and every test gets it as it was made ready."""

    def __init__(self, client: MongoClient[Document]) -> None:
        self._client = client
        self._ready: dict[str, Prepared] = {}
        self._free: list[str] = []

    @asynccontextmanager
    async def lent(self, prepare: Callable[[str], Awaitable[Any]]) -> AsyncIterator[str]:
        """The name of one; `prepare` makes a new one ready."""
        name = self._free.pop() if self._free else f"prepared_{uuid.uuid4().hex}"
        if name not in self._ready:
            await prepare(name)
            form = self._form(name)
            self._ready[name] = Prepared(form, {one: self._rows(name, one) for one in form})
        WRITTEN.forget(name)
        yield name
        WRITTEN.failing_off(self._client)
        self._take_back(name)

    def _take_back(self, name: str) -> None:
        """Restore its documents; one whose collections, rules or indexes changed is dropped."""
        database, ready, written = self._client[name], self._ready[name], WRITTEN.rows(name)
        found = set(database.list_collection_names()) if WRITTEN.form(name) else written
        for other in found - set(ready.form):
            database.drop_collection(other)
        if WRITTEN.form(name) and self._form(name) != ready.form:
            self._client.drop_database(name)
            del self._ready[name]
            return
        for collection in written & set(ready.form):
            database[collection].delete_many({})
            if ready.rows[collection]:
                database[collection].insert_many(ready.rows[collection])
        self._free.append(name)

    def _rows(self, name: str, collection: str) -> list[Document]:
        return list(self._client[name][collection].find({}))

    def _form(self, name: str) -> Form:
        """What is there, but for the documents."""
        database = self._client[name]
        return {
            found["name"]: (
                dict(found),
                [dict(one) for one in database[found["name"]].list_indexes()],
            )
            for found in database.list_collections()
        }
