"""Databases of the shared engine that are made ready once, and emptied for the next test.

To build the indexes of all kinds takes the engine ten times as long as to look whether they are
still the same.
"""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from pymongo import MongoClient

from tests.wire.engine import failing_off

Document = dict[str, Any]
Form = dict[str, tuple[Document, list[Document]]]
"""The options and the indexes of each collection, by its name."""


class PreparedDatabases:
    """Each is one test's alone while it is lent; it starts empty, with the same collections."""

    def __init__(self, client: MongoClient[Document]) -> None:
        self._client = client
        self._forms: dict[str, Form] = {}
        self._free: list[str] = []

    @asynccontextmanager
    async def lent(self, prepare: Callable[[str], Awaitable[Any]]) -> AsyncIterator[str]:
        """The name of one; `prepare` makes a new one ready."""
        name = self._free.pop() if self._free else f"prepared_{uuid.uuid4().hex}"
        if name not in self._forms:
            await prepare(name)
            self._forms[name] = self._form(name)
        yield name
        failing_off(self._client)
        self._take_back(name)

    def _take_back(self, name: str) -> None:
        """Empty it; one whose collections, rules or indexes the test changed is dropped."""
        database, wanted = self._client[name], self._forms[name]
        for other in set(database.list_collection_names()) - set(wanted):
            database.drop_collection(other)
        if self._form(name) == wanted:
            for collection in wanted:
                database[collection].delete_many({})
            self._free.append(name)
        else:
            self._client.drop_database(name)
            del self._forms[name]

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
