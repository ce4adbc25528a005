"""The demo data: the vendors' samples as their pages show them, and generated company."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address, ip_network
from itertools import islice
from typing import Any

import pytest

from app.commands.demo import SIZE, load, load_demo
from app.commands.demo.dice import words
from app.commands.demo.generate import generate
from app.commands.demo.journey import IDENTIFIERS, LENGTH, journey
from app.commands.demo.load import OF_EACH_KIND
from app.commands.demo.makers import MAKERS
from resolvers import bulk, customers, sessions
from resolvers.context import Context
from resolvers.customers import CustomerRead
from resolvers.errors import AlreadyExists
from resolvers.kind import Document, Kind
from resolvers.store import indexes, probes
from resolvers.store.store import Store
from schema.kinds import KINDS, bot, chat, co_browse, knowledge, remote_support
from tests.conftest import NOW, mock_store

pytestmark = pytest.mark.anyio

SOMEBODYS = "00000000-0000-4000-8000-000000000001"
ALL = [entry.kind for entry in KINDS]
DOCUMENTATION = [ip_network(f"{net}.0/24") for net in ("192.0.2", "198.51.100", "203.0.113")]

each_kind = pytest.mark.parametrize("kind", ALL, ids=[kind.name for kind in ALL])


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One event loop for all tests here: `loaded` lives on it."""
    return "asyncio"


async def with_demo() -> Context:
    """A database in memory with its demo."""
    store = await mock_store()
    await load_demo(store, NOW)
    return Context(store, now=lambda: NOW)


@pytest.fixture(scope="module")
async def loaded() -> Context:
    """The one that is only read."""
    return await with_demo()


async def stored(store: Store, kind: Kind) -> list[Document]:
    found: list[Document] = await store.collection(kind).find({}).to_list(None)
    return found


async def sample(context: Context, kind: Kind, session_id: str) -> dict[str, Any]:
    document = await sessions.get(context, kind, session_id)
    assert document is not None
    return document


def milliseconds(document: Document, name: str) -> int:
    epoch = NOW.replace(year=1970, month=1, day=1, hour=0, minute=0)
    return round((document[name] - epoch) / timedelta(milliseconds=1))


async def test_co_browse_sample_is_the_vendors(loaded: Context) -> None:
    """Token, times and the derived seconds of each page are those of the vendor's page."""
    document = await sample(loaded, co_browse.CO_BROWSE, "83d03970-c959-11e2-857d-082e5f12b9a1")
    assert document["sessionToken"] == "519333886"
    assert milliseconds(document, "creationTime") == 1369939707527
    assert milliseconds(document, "activationTime") == 1369939712516
    assert milliseconds(document, "deactivationTime") == 1369939743522
    assert [milliseconds(page, "enteredTimestamp") for page in document["pages"]] == [
        1369939712594,
        1369939723764,
        1369939731685,
    ]
    assert [page["duration"] for page in document["pages"]] == [11, 7, 11]


@pytest.mark.parametrize(
    ("session_id", "containment", "type_", "messages", "tasks", "tags"),
    [
        ("6465cf6e4769ed4e822b82a1", "SELF_SERVICE", "INTERACTIVE", 3, 1, 0),
        ("xxxxaxxexxxaxexdxxxdxxxe", "DROP_OFF", "INTERACTIVE", 1, 0, 1),
        ("xxxxaxxexxxaxexdxxxdxxxe-selfservice", "SELF_SERVICE", "NON_INTERACTIVE", 6, 0, 1),
        ("xxxxaxxexxxaxexdxxxdxxxf", "SELF_SERVICE", "NON_INTERACTIVE", 8, 0, 1),
        ("xxxxaxxexxxaxexdxxxdxxxe-agent", "AGENT", "INTERACTIVE", 7, 2, 0),
    ],
)
async def test_bot_samples_are_the_vendors(
    loaded: Context,
    session_id: str,
    containment: str,
    type_: str,
    messages: int,
    tasks: int,
    tags: int,
) -> None:
    """Each containment type of the vendor's pages is there with its figures and tags."""
    document = await sample(loaded, bot.BOT, session_id)
    assert document["containmentType"] == containment
    assert document["sessionType"] == type_
    assert document["noOfMessagesExchanged"] == messages
    assert document["noOfTasksExecuted"] == tasks
    assert document["tags"]["userTags"] == [{"name": "regular", "value": "newuser"}] * tags
    assert document["status"] == "CLOSED"


@pytest.mark.parametrize(
    ("kind", "session_id"),
    [
        (remote_support.REMOTE_SUPPORT, "12334"),
        (chat.CHAT, "demo-chat-1"),
        (knowledge.KNOWLEDGE, "3f0a6b52-9c1d-4e7a-8b35-d2c94a7e1f60"),
    ],
    ids=["remote_support", "chat", "knowledge"],
)
async def test_sessions_of_the_example_tabs_exist(
    loaded: Context, kind: Kind, session_id: str
) -> None:
    """What the explorer's examples ask for is there."""
    assert await sample(loaded, kind, session_id)


async def test_one_customer_went_through_every_system(loaded: Context) -> None:
    """The journey has sessions of five kinds, in time order, all of them in the last days."""
    drafts = list(journey(NOW))
    found = [await sample(loaded, one.kind, one.values["sessionId"]) for one in drafts]
    assert len({one.kind.name for one in drafts}) == len(drafts) == LENGTH == 5
    starts = [document["startedAt"] for document in found]
    assert starts == sorted(starts)
    assert NOW - timedelta(days=4) < starts[0] < starts[-1] < NOW
    customer = await customers.find(loaded, ALL, IDENTIFIERS[1], CustomerRead(names=True))
    assert customer
    assert [one.value for one in customer.identifiers] == [one.value for one in IDENTIFIERS]
    assert customer.names == ["Mia Lorenz"]


@pytest.mark.slow
async def test_loads_everything_on_the_wire(wire_store: Store) -> None:
    """The database's own rules accept every session of the demo."""
    assert await load_demo(wire_store, NOW) == SIZE
    counts = [len(await stored(wire_store, kind)) for kind in ALL]
    assert sum(counts) == SIZE
    assert min(counts) >= OF_EACH_KIND


async def test_deleted_demo_sessions_stay_away() -> None:
    """The second start loads nothing."""
    loaded = await with_demo()
    await sessions.delete(loaded, chat.CHAT, "demo-chat-1")
    assert await load_demo(loaded.store, NOW) == 0
    assert await sessions.get(loaded, chat.CHAT, "demo-chat-1") is None


async def test_database_in_use_gets_no_demo() -> None:
    """A database that held sessions before is left alone, now and later."""
    context = Context(await mock_store())
    await sessions.create(context, knowledge.KNOWLEDGE, {"sessionId": SOMEBODYS})
    assert await load_demo(context.store, NOW) == 0
    await sessions.delete(context, knowledge.KNOWLEDGE, SOMEBODYS)
    assert await load_demo(context.store, NOW) == 0


async def test_interrupted_loading_is_completed() -> None:
    """The next start, at another time, stores what the first did not come to, and nothing twice."""
    store = await mock_store()

    def interrupt(_number: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        await load_demo(store, NOW, interrupt)
    first = sum([len(await stored(store, kind)) for kind in ALL])
    assert 0 < first < SIZE
    assert await load_demo(store, NOW + timedelta(hours=5)) == SIZE - first


async def test_live_tokens_are_claimed(loaded: Context) -> None:
    """Nobody can open a session under the token of a live demo session."""
    live = [
        document
        for document in await stored(loaded.store, co_browse.CO_BROWSE)
        if document["status"] == "ACTIVE"
    ]
    assert live
    for document in live:
        with pytest.raises(AlreadyExists):
            await sessions.create(
                loaded, co_browse.CO_BROWSE, {"sessionToken": document["sessionToken"]}
            )


@each_kind
async def test_same_seed_and_time_make_the_same_sessions(kind: Kind) -> None:
    """Generation depends on nothing but its arguments."""
    assert list(generate(kind, 50, 7, NOW)) == list(generate(kind, 50, 7, NOW))


@each_kind
async def test_other_seeds_have_other_ids(kind: Kind) -> None:
    """Sessions of several seeds go into one database."""
    ids = [draft.values["sessionId"] for seed in (1, 2) for draft in generate(kind, 500, seed, NOW)]
    assert len(set(ids)) == 1000


@each_kind
@pytest.mark.parametrize("written", [True, False], ids=["its maker", "its columns"])
async def test_sessions_lie_in_the_last_thirty_days(
    kind: Kind, written: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing starts before them, and nothing starts or ends after now.

    The rules of its kind take every session, also of a kind without a maker of its own.
    """
    if not written:
        monkeypatch.delitem(MAKERS, kind.name, raising=False)
    context = Context(await mock_store(), now=lambda: NOW)
    for draft in generate(kind, 200, 3, NOW):
        document = bulk.prepare(context, draft)
        assert NOW - timedelta(days=30) <= document["startedAt"] <= NOW
        assert document.get("endedAt", NOW) <= NOW


@pytest.mark.parametrize(
    "kind", [bot.BOT, chat.CHAT, co_browse.CO_BROWSE], ids=["bot", "chat", "co_browse"]
)
async def test_some_sessions_go_on(loaded: Context, kind: Kind) -> None:
    """Most are closed, some are active."""
    statuses = Counter(document["status"] for document in await stored(loaded.store, kind))
    assert statuses["CLOSED"] > statuses["ACTIVE"] >= 3


async def test_generated_bot_sessions_vary(loaded: Context) -> None:
    """Every bot, the sample's included, and each way to end and to be tagged occurs."""
    documents = await stored(loaded.store, bot.BOT)
    assert {document["botId"] for document in documents} >= set(words()["columns"]["bot"]["botId"])
    containments = {document.get("containmentType") for document in documents}
    assert containments == {None, "DROP_OFF", "SELF_SERVICE", "AGENT"}
    assert {document["isDeveloper"] for document in documents} == {True, False}
    assert len({tuple(document["sessionLang"]) for document in documents}) > 4


async def test_visitors_have_documentation_addresses(loaded: Context) -> None:
    """No network address and no mailbox can be a real person's."""
    for document in await stored(loaded.store, chat.CHAT):
        visitor = document.get("visitor") or {}
        if address := visitor.get("networkAddress"):
            assert any(ip_address(address) in network for network in DOCUMENTATION)
        mail = visitor.get("emailAddress", "nobody@example.com")
        assert mail.rpartition("@")[2] in {"example.com", "example.org", "example.net"}


async def test_long_sequences_need_no_memory() -> None:
    """The first of a million come at once."""
    assert len(list(islice(generate(bot.BOT, 1_000_000, 1, NOW), 10))) == 10


async def test_indexes_of_many_sessions_are_built_afterwards(
    wire_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where that is quicker; the collection is as before, and small numbers are stored as ever."""
    monkeypatch.setattr(load, "LATE_INDEXES", 20)
    dropped: list[Kind] = []
    drop = indexes.drop

    async def noted(store: Store, kind: Kind) -> None:
        dropped.append(kind)
        await drop(store, kind)

    monkeypatch.setattr(indexes, "drop", noted)
    known = await probes.learn(wire_store)
    context = Context(replace(wire_store, capabilities=known), now=lambda: NOW)
    before = await wire_store.collection(bot.BOT).index_information()
    for count, seed, late in ((19, 1, 0), (20, 2, 1)):
        drafts = generate(bot.BOT, count, seed, NOW)
        assert await load.store_many(context, bot.BOT, drafts, count) == count
        assert len(dropped) == late
    assert await wire_store.collection(bot.BOT).index_information() == before
