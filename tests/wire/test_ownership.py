"""Whose a collection is: the gateway's own gets rules and indexes, others' get nothing unasked."""

from typing import Any

import pytest
from pymongo.errors import WriteError

from resolvers import sessions
from resolvers.context import Context
from resolvers.kind import Document, Kind
from resolvers.store import preparation, rules
from resolvers.store.policy import Indexes, Policy, Rules
from resolvers.store.store import Store
from tests.conftest import KINDS_BY_NAME, OpenStore
from tests.kinds import EXAMPLES

pytestmark = pytest.mark.anyio

BOT = KINDS_BY_NAME["bot"]
FOREIGN: Document = {"_id": 7, "who": "ada", "when": "2026-03-01"}
"""What a team's own application stores."""


async def options(store: Store, kind: Kind = BOT) -> Document:
    """The rules of a kind's collection."""
    return (await rules.options(store, [kind]))[kind.collection]


async def index_names(store: Store, kind: Kind = BOT) -> set[str]:
    return set(await store.collection(kind).index_information())


@pytest.fixture
async def taken(open_store: OpenStore) -> Store:
    """A database whose collection of bot sessions another application writes to."""
    store = await open_store()
    await store.collection(BOT).insert_one({**FOREIGN})
    return store


async def prepare(store: Store, **policy: Any) -> preparation.Report:
    return await preparation.prepare(store, [BOT], {"bot": 60}, Policy(**policy))


async def test_others_collections_stay_as_they_are(taken: Store) -> None:
    """No rules, no indexes, no removal of old documents, and the application goes on writing."""
    report = await prepare(taken)
    assert (await options(taken), await index_names(taken)) == ({}, {"_id_"})
    await taken.collection(BOT).insert_one({**FOREIGN, "_id": 8})
    assert report.foreign == [BOT.collection]
    (sentence,) = report.sentences()
    assert BOT.collection in sentence
    assert "scripts/adopt" in sentence


async def test_every_start_finds_them_again(taken: Store) -> None:
    """Also when the first start was of another policy."""
    await prepare(taken, rules=Rules.WARN, indexes=Indexes.ALL)
    assert (await prepare(taken)).foreign == [BOT.collection]
    assert await preparation.unruled(taken, [BOT]) == {"bot"}


@pytest.mark.parametrize(("policy", "action"), [(Rules.WARN, "warn"), (Rules.ERROR, "error")])
async def test_rules_where_they_were_asked_for(taken: Store, policy: Rules, action: str) -> None:
    """`warn` lets the application write what it wants; `error` does not."""
    await prepare(taken, rules=policy)
    assert (await options(taken))["validationAction"] == action
    if policy is Rules.WARN:
        await taken.collection(BOT).insert_one({**FOREIGN, "_id": 8})
    else:
        with pytest.raises(WriteError):
            await taken.collection(BOT).insert_one({**FOREIGN, "_id": 8})


async def test_indexes_where_they_were_asked_for(taken: Store) -> None:
    """With that of the retention; the rules are another question."""
    report = await prepare(taken, indexes=Indexes.ALL)
    assert {index.name for index in BOT.indexes} < await index_names(taken)
    assert "index startedAt__id built" in report.changed[BOT.collection]
    assert await options(taken) == {}


async def test_nothing_where_both_are_off(open_store: OpenStore) -> None:
    """The gateway's own collections get no rules and no indexes either."""
    store = await open_store()
    await store.database.create_collection(BOT.collection)
    await prepare(store, rules=Rules.OFF, indexes=Indexes.OFF)
    assert (await options(store), await index_names(store)) == ({}, {"_id_"})
    assert await preparation.unruled(store, [BOT]) == {"bot"}


async def test_own_collections(open_store: OpenStore) -> None:
    """Those that it makes, or finds empty, are the gateway's for ever."""
    store = await open_store()
    await store.database.create_collection(KINDS_BY_NAME["chat"].collection)
    kinds = [BOT, KINDS_BY_NAME["chat"]]
    report = await preparation.prepare(store, kinds, {})
    assert (report.made, report.foreign) == ([BOT.collection], [])
    for kind in kinds:
        await sessions.create(Context(store=store), kind, EXAMPLES[kind.name].values)
    assert (await preparation.prepare(store, kinds, {})).sentences() == []
    assert await preparation.unruled(store, kinds) == frozenset()


async def test_collections_of_earlier_versions(wire_store: Store) -> None:
    """They have no mark, but rules and indexes: they stay the gateway's own."""
    await sessions.create(Context(store=wire_store), BOT, EXAMPLES["bot"].values)
    await wire_store.database["marks"].drop()
    assert (await prepare(wire_store)).foreign == []
    assert await preparation.unruled(wire_store, [BOT]) == frozenset()


async def test_earlier_versions_on_others_collections(taken: Store) -> None:
    """What an earlier version did to them is no reason to go on with it."""
    await prepare(taken, rules=Rules.ERROR, indexes=Indexes.ALL)
    await taken.database["marks"].drop()
    assert (await prepare(taken)).foreign == [BOT.collection]
