"""Which commands a read sends: counts are the same on any machine, clocks are not."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient, monitoring

from resolvers import customers, paging, sessions
from resolvers.context import Context
from resolvers.errors import LimitExceeded, Unavailable
from resolvers.identifiers import Identifier, IdentifierType
from resolvers.kind import Document
from resolvers.paging import ordering
from resolvers.request import Read, Search, Window
from resolvers.store import cursors, driver, leader
from resolvers.store.driver import Driver
from resolvers.store.store import Store
from resolvers.words import terms
from schema.build import build
from tests.conftest import DEADLINE, KINDS_BY_NAME, NOW, OpenStore
from tests.timing import limit
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.anyio

BOT = KINDS_BY_NAME["bot"]
CUSTOMER_ID = IdentifierType.CUSTOMER_ID
MEGABYTE = 1_000_000


class Commands(monitoring.CommandListener):
    """The names of the commands sent, and the write concern of each."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.concerns: list[Any] = []
        self.given: list[Any] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.sent.append(event.command_name)
        self.concerns.append(event.command.get("writeConcern"))
        self.given.append(event.command)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to note."""


@pytest.fixture
def commands() -> Commands:
    """What `noted` sends."""
    return Commands()


@pytest.fixture
async def noted(
    engine: WireEngine, prepared_name: str, commands: Commands
) -> AsyncIterator[Context]:
    """Surroundings whose commands are noted."""
    async with AsyncMongoClient[dict[str, Any]](engine.uri, event_listeners=[commands]) as client:
        yield Context(store=Store(driver.database(client, prepared_name, DEADLINE), DEADLINE))


async def insert(store: Store, count: int, **more: Any) -> None:
    """Bot sessions `0`, `1` and so on, newest first."""
    rows = [
        {"_id": str(place), "startedAt": NOW - timedelta(minutes=place), **more}
        for place in range(count)
    ]
    await store.collection(BOT).insert_many(rows, bypass_document_validation=True)


@pytest.mark.slow
async def test_a_page_is_one_find(noted: Context, commands: Commands) -> None:
    """The first page one; the next one more, which looks for ties with the cursor."""
    await insert(noted.store, 510)
    first = Read(BOT, window=Window(first=500))
    commands.sent.clear()
    page = await sessions.list_(noted, first)
    assert (commands.sent, len(page.documents), page.has_next) == (["find"], 500, True)
    order = ordering(first)
    (after,) = paging.encode_cursors(BOT, order, page.documents[-1:])
    commands.sent.clear()
    page = await sessions.list_(noted, Read(BOT, window=Window(first=10, after=after)))
    assert (commands.sent, page.documents[0]["_id"]) == (["find", "find"], "500")


async def test_writes_are_acknowledged_once_they_are_safe(
    noted: Context, commands: Commands
) -> None:
    """By the majority and in the journal: what a client was told is there after a crash."""
    kind = KINDS_BY_NAME["co_browse"]
    commands.concerns.clear()
    session_id = (await sessions.create(noted, kind, {}))["_id"]
    await sessions.update(noted, kind, session_id, {"deactivationTime": noted.now()})
    await sessions.delete(noted, kind, session_id)
    safe = {"w": "majority", "j": True, "wtimeout": int(DEADLINE * 1000)}
    written = [concern for concern in commands.concerns if concern is not None]
    # The session and its live token: stored, changed and released, removed.
    assert written == [safe] * 5


async def spoken(noted: Context, *texts: str) -> None:
    """Sessions with these notes, the first one newest."""
    for place, text in enumerate(texts):
        started = {"startTime": NOW - timedelta(minutes=place), "note": text}
        await sessions.create(noted, BOT, {"botId": "b", "channel": "c", "userId": "u", **started})


async def test_a_word_is_one_find(noted: Context, commands: Commands) -> None:
    """The index alone finds it: no count before, no second look at the texts."""
    await spoken(noted, "the printer", "the jam", "the printer jam")
    commands.sent.clear()
    found = await sessions.list_(noted, Read(BOT, Search(terms("printer"))))
    assert (len(found.documents), commands.sent) == (2, ["find"])


async def test_the_rarest_word_leads(
    noted: Context, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each word is counted, the longest first, until one is rare; that one is asked for."""
    monkeypatch.setattr(leader, "FEW", 1)
    await spoken(noted, *["common words"] * 3, "common owl", "owl common words")
    for text, counts, lead in (
        ("common owl", 2, "owl:"),
        ("common words owl", 3, "owl:"),
        ('owl "common words"', 3, "owl:"),
        ("common kangaroo", 1, "kangaroo:"),
        ("common owl*", 0, "common:"),
    ):
        commands.sent.clear()
        await sessions.list_(noted, Read(BOT, Search(terms(text))))
        assert commands.sent == ["aggregate"] * counts + ["find"]
        asked = commands.given[-1]["filter"]["searchKeys"]["$in"]
        assert {key.rstrip("-ABC") for key in asked} == {lead}


async def test_counts_are_bounded(
    noted: Context, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more is counted than it takes to know that a word is frequent."""
    await spoken(noted, *["alpha beta"] * 4)
    monkeypatch.setattr(leader, "MOST", 2)
    monkeypatch.setattr(leader, "FEW", 0)
    found = await sessions.list_(noted, Read(BOT, Search(terms("alpha beta"))))
    assert len(found.documents) == 4
    stages = [command["pipeline"] for command in commands.given if "pipeline" in command]
    assert [stage for pipeline in stages for stage in pipeline if "$limit" in stage] == [
        {"$limit": 2}
    ] * 2


def lose_connections(engine_client: MongoClient[dict[str, Any]], times: int) -> None:
    """Close the connection on the next finds instead of answering them."""
    engine_client.admin.command(
        "configureFailPoint",
        "failCommand",
        mode={"times": times},
        data={"failCommands": ["find"], "closeConnection": True},
    )


async def test_find_is_sent_again_after_a_lost_connection(
    noted: Context, commands: Commands, engine_client: MongoClient[dict[str, Any]]
) -> None:
    """Once, and the caller learns nothing of it."""
    await insert(noted.store, 1)
    lose_connections(engine_client, 1)
    commands.sent.clear()
    assert await sessions.get(noted, BOT, "0")
    assert commands.sent == ["find", "find"]


async def test_find_is_not_sent_a_third_time(
    noted: Context, commands: Commands, engine_client: MongoClient[dict[str, Any]]
) -> None:
    """A second loss is the caller's: the database is unavailable."""
    lose_connections(engine_client, 2)
    commands.sent.clear()
    with pytest.raises(Unavailable):
        await sessions.get(noted, BOT, "0")
    assert commands.sent == ["find", "find"]


@pytest.mark.parametrize("driver_name", ["pymongo", "motor"])
async def test_either_driver_finds_after_a_lost_connection(
    open_store: OpenStore, engine_client: MongoClient[dict[str, Any]], driver_name: Driver
) -> None:
    """Lists and lookups, one after the other."""
    store = await open_store(driver_name)
    await insert(store, 3)
    context = Context(store=store)
    lose_connections(engine_client, 1)
    assert len((await sessions.list_(context, Read(BOT))).documents) == 3
    lose_connections(engine_client, 1)
    assert await sessions.get(context, BOT, "0")


def open_cursors(engine_client: MongoClient[dict[str, Any]]) -> int:
    """How many cursors the engine keeps open, whoever opened them."""
    status = engine_client.admin.command("serverStatus")
    return int(status["metrics"]["cursor"]["open"]["total"])


@pytest.mark.slow
@pytest.mark.parametrize("driver_name", ["pymongo", "motor"])
async def test_page_beyond_16_megabytes(
    open_store: OpenStore, engine_client: MongoClient[dict[str, Any]], driver_name: Driver
) -> None:
    """It is answered whole and in order, and no cursor stays open on the server."""
    store = await open_store(driver_name)
    await insert(store, 22, channel="x" * MEGABYTE)
    before = open_cursors(engine_client)
    page = await sessions.list_(Context(store=store), Read(BOT, window=Window(first=20)))
    assert ids(page.documents) == [str(place) for place in range(20)]
    assert page.has_next
    assert open_cursors(engine_client) <= before


@pytest.mark.slow
async def test_commands_of_a_page_beyond_16_megabytes(noted: Context, commands: Commands) -> None:
    """The bare find's cursor is closed before the driver's cursor reads the page."""
    await insert(noted.store, 20, channel="x" * MEGABYTE)
    commands.sent.clear()
    page = await sessions.list_(noted, Read(BOT, window=Window(first=20)))
    assert len(page.documents) == 20
    assert sorted(commands.sent) == ["find", "find", "getMore", "killCursors"]


async def test_a_read_that_is_too_large_leaves_no_cursor(
    open_store: OpenStore,
    engine_client: MongoClient[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is refused by its size, before all of it was read."""
    monkeypatch.setattr(cursors, "MOST_BYTES", 10 * MEGABYTE)
    store = await open_store()
    await insert(store, 20, channel="x" * MEGABYTE)
    before = open_cursors(engine_client)
    with pytest.raises(LimitExceeded, match="more than 10000000 bytes"):
        await sessions.list_(Context(store=store), Read(BOT, window=Window(first=20)))
    await none_open(engine_client, before)


async def none_open(engine_client: MongoClient[dict[str, Any]], before: int) -> None:
    """Wait until no more cursors are open than before."""
    async with asyncio.timeout(limit(10)):
        while open_cursors(engine_client) > before:  # noqa: ASYNC110  # the engine has no event
            await asyncio.sleep(0.05)


def ids(documents: list[Document]) -> list[str]:
    return [document["_id"] for document in documents]


async def test_a_customer_is_two_finds_a_kind(noted: Context, commands: Commands) -> None:
    """Two for what is linked, then one a kind for each end of the journey; the page is its own."""
    await insert(noted.store, 300, customer={"id": "c1"})
    await customers.link(noted, [Identifier(CUSTOMER_ID, name) for name in ("c1", "c2")])
    kinds = len(KINDS_BY_NAME)
    ends = '{ customer(by: {customerId: "c2"}) { names firstSeenAt lastSeenAt } }'
    page = '{ customer(by: {customerId: "c2"}) { sessions(first: 200) { nodes { id } } } }'
    for text in (ends, page):
        commands.sent.clear()
        result = await build().execute(text, context_value=noted)
        assert result.errors is None
        assert commands.sent == ["find"] * (2 + 2 * kinds)


async def test_related_sessions_are_one_find_a_kind(noted: Context, commands: Commands) -> None:
    """However many rows name them."""
    related = [{"kind": "BOT", "sessionId": "7"}, {"kind": "CHAT", "sessionId": "c"}]
    await insert(noted.store, 200, relatedSessions=related)
    commands.sent.clear()
    text = "{ botSessions(first: 200) { nodes { relatedSessions { session { startedAt } } } } }"
    result = await build().execute(text, context_value=noted)
    assert result.errors is None
    assert commands.sent == ["find"] * 3
