"""Writers at the same time, from separate stores as separate processes have them."""

import asyncio
from typing import Any

import pytest

from resolvers import sessions
from resolvers.context import Context
from resolvers.errors import AlreadyExists, UserError
from resolvers.kind import Document, Kind
from tests.conftest import KINDS_BY_NAME, Clock, OpenStore
from tests.kinds import EXAMPLES

pytestmark = pytest.mark.anyio

CO_BROWSE = KINDS_BY_NAME["co_browse"]
REMOTE_SUPPORT = KINDS_BY_NAME["remote_support"]
KNOWLEDGE = KINDS_BY_NAME["knowledge"]
CHAT = KINDS_BY_NAME["chat"]
TOKEN = "519333886"


@pytest.fixture
def database_name(prepared_name: str) -> str:
    """Of stores that are open at the same time."""
    return prepared_name


@pytest.fixture
async def contexts(open_store: OpenStore, clock: Clock) -> list[Context]:
    """Two processes' surroundings: a client and a store each."""
    return [Context(store=await open_store(), now=clock) for _ in range(2)]


async def together(*work: Any) -> list[Any]:
    """What each came to: a document or its refusal."""
    return await asyncio.gather(*work, return_exceptions=True)


def made(results: list[Any]) -> list[Document]:
    """Those that succeeded; anything but a plain refusal is a failure of the test."""
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, UserError):
            raise result
    return [result for result in results if isinstance(result, dict)]


async def append(context: Context, session_id: str, message_id: str) -> Document:
    def change(document: Document) -> None:
        sent = {"dateTime": context.now(), "timeZone": "UTC"}
        added = {"id": message_id, "message": "Hello", "source": "VISITOR", "sent": sent}
        document["messages"] = [*document["messages"], added]

    return await sessions.act(context, CHAT, session_id, change)


async def test_fifty_appends_at_once(contexts: list[Context]) -> None:
    """Fifty messages, each once, in an order on which all readers agree."""
    one, other = contexts
    await sessions.create(one, CHAT, {**EXAMPLES["chat"].values, "sessionId": "chat"})
    names = [f"m{number}" for number in range(50)]
    results = await together(
        *(append(contexts[place % 2], "chat", name) for place, name in enumerate(names))
    )
    assert len(made(results)) == 50
    seen = [await sessions.get(context, CHAT, "chat") for context in (one, other)]
    orders = [[message["id"] for message in chat["messages"]] for chat in seen if chat]
    assert orders[0] == orders[1]
    assert sorted(orders[0]) == sorted(names)
    assert seen[0] is not None
    assert seen[0]["revision"] == 51


async def test_updates_of_different_fields_are_both_kept(contexts: list[Context]) -> None:
    """Ten rounds of two updates at once: no field is ever lost."""
    one, other = contexts
    created = await sessions.create(one, REMOTE_SUPPORT, EXAMPLES["remote_support"].values)
    for number in range(10):
        results = await together(
            sessions.update(one, REMOTE_SUPPORT, created["_id"], {"notes": f"n{number}"}),
            sessions.update(other, REMOTE_SUPPORT, created["_id"], {"techName": f"t{number}"}),
        )
        assert len(made(results)) == 2
        found = await sessions.get(one, REMOTE_SUPPORT, created["_id"])
        assert found is not None
        assert (found["notes"], found["techName"]) == (f"n{number}", f"t{number}")


@pytest.mark.parametrize("kind", KINDS_BY_NAME.values(), ids=KINDS_BY_NAME)
async def test_twenty_creations_with_one_id(contexts: list[Context], kind: Kind) -> None:
    """Exactly one wins, and it is the one that is stored."""
    values = {**EXAMPLES[kind.name].values, "sessionId": EXAMPLES[kind.name].session_id}
    results = await together(
        *(sessions.create(contexts[place % 2], kind, values) for place in range(20))
    )
    (winner,) = made(results)
    assert all(isinstance(result, AlreadyExists) for result in results if result is not winner)
    assert await sessions.get(contexts[0], kind, values["sessionId"]) == winner


async def test_unknown_session_is_linked_by_twenty_at_once(contexts: list[Context]) -> None:
    """One of them creates it, the others find it, and all succeed."""
    session_id = EXAMPLES["knowledge"].session_id

    async def link(place: int) -> Document:
        name = "agentId" if place % 2 else "customerId"

        def change(document: Document) -> None:
            document[name] = "x"

        return await sessions.act(contexts[place % 2], KNOWLEDGE, session_id, change, {})

    assert len(made(await together(*(link(place) for place in range(20))))) == 20
    found = await sessions.get(contexts[0], KNOWLEDGE, session_id)
    assert found is not None
    assert (found["agentId"], found["customerId"]) == ("x", "x")


async def test_numbers_are_unique(contexts: list[Context]) -> None:
    """Fifty sessions made at once have fifty ids, from the very first on; gaps are allowed."""
    values = EXAMPLES["remote_support"].values
    results = await together(
        *(sessions.create(contexts[place % 2], REMOTE_SUPPORT, values) for place in range(50))
    )
    assert len({row["_id"] for row in made(results)}) == 50


async def test_numbers_step_over_given_ids(contexts: list[Context]) -> None:
    """Ids that were given are passed over, even while more are given."""
    values = EXAMPLES["remote_support"].values
    given = [str(number) for number in range(1, 31)]
    results = await together(
        *(
            sessions.create(contexts[0], REMOTE_SUPPORT, {**values, "sessionId": session_id})
            for session_id in given
        ),
        *(sessions.create(contexts[1], REMOTE_SUPPORT, values) for _ in range(10)),
    )
    counted = made(results[30:])
    assert len(counted) == 10
    ids = [row["_id"] for row in made(results)]
    assert len(set(ids)) == len(ids)


def live(**more: Any) -> dict[str, Any]:
    return {**EXAMPLES["co_browse"].values, "sessionToken": TOKEN, **more}


async def test_one_live_session_has_the_token(contexts: list[Context]) -> None:
    """Twenty sessions want it at once: one gets it, the others are told which field is to blame."""
    results = await together(
        *(sessions.create(contexts[place % 2], CO_BROWSE, live()) for place in range(20))
    )
    assert len(made(results)) == 1
    refusals = [result for result in results if isinstance(result, AlreadyExists)]
    assert len(refusals) == 19
    assert {refusal.field for refusal in refusals} == {("sessionToken",)}


async def test_token_is_held_after_twenty_creations_of_one_session(
    contexts: list[Context],
) -> None:
    """The losers wanted the same id and the same token: they do not free it."""
    session_id = EXAMPLES["co_browse"].session_id
    results = await together(
        *(
            sessions.create(contexts[place % 2], CO_BROWSE, live(sessionId=session_id))
            for place in range(20)
        )
    )
    assert len(made(results)) == 1
    with pytest.raises(AlreadyExists):
        await sessions.create(contexts[0], CO_BROWSE, live())


async def test_token_is_free_again_once_deactivated(contexts: list[Context]) -> None:
    """Twenty times one after the other."""
    for place in range(20):
        context = contexts[place % 2]
        created = await sessions.create(context, CO_BROWSE, live())
        end = {"deactivationTime": context.now()}
        await sessions.update(context, CO_BROWSE, created["_id"], end)


async def test_reactivation_by_two_at_once_keeps_the_token(contexts: list[Context]) -> None:
    """Whoever loses the race to reactivate a session does not free what it now holds."""
    created = await sessions.create(contexts[0], CO_BROWSE, live())
    for _ in range(10):
        end = {"deactivationTime": contexts[0].now()}
        await sessions.update(contexts[0], CO_BROWSE, created["_id"], end)
        again = {"deactivationTime": None}
        results = await together(
            *(sessions.update(context, CO_BROWSE, created["_id"], again) for context in contexts)
        )
        assert len(made(results)) == 2
        with pytest.raises(AlreadyExists):
            await sessions.create(contexts[1], CO_BROWSE, live())
