"""Many sessions by one request: commands, repetitions, and what expired."""

from typing import Any

import pytest

from resolvers import many, sessions
from resolvers.access import Caller
from resolvers.context import Context
from resolvers.errors import AlreadyExists, Forbidden, NotFound
from resolvers.kind import Document
from resolvers.request_facts import CURRENT, RequestFacts
from tests.conftest import KINDS_BY_NAME, Clock
from tests.kinds import EXAMPLES
from tests.resolvers.test_repeats import LEASE, again, claim

pytestmark = pytest.mark.anyio

CHAT, REMOTE = KINDS_BY_NAME["chat"], KINDS_BY_NAME["remote_support"]


def dicts(outcomes: list[many.Outcome]) -> list[Document]:
    assert all(isinstance(one, dict) for one in outcomes), outcomes
    return [one for one in outcomes if isinstance(one, dict)]


async def commands(work: Any) -> int:
    """How many it sends."""
    facts = RequestFacts()
    token = CURRENT.set(facts)
    try:
        await work
    finally:
        CURRENT.reset(token)
    return facts.commands


async def test_few_commands(context: Context) -> None:
    """A hundred sessions are two commands: which ids are taken, and one insertion; or removal."""
    given = [{"sessionId": f"c{number}"} for number in range(100)]
    assert await commands(many.create(context, CHAT, given)) == 2
    ids = [one["sessionId"] for one in given]
    assert await commands(many.delete(context, CHAT, ids)) == 2


@pytest.mark.parametrize("kind", sorted(KINDS_BY_NAME))
async def test_repeated_creations(context: Context, clock: Clock, kind: str) -> None:
    """Killed before the answer: the same sessions, once."""
    of, values = KINDS_BY_NAME[kind], EXAMPLES[kind].values
    given = [values, {**values, "sessionId": EXAMPLES[kind].session_id}, values]
    await claim(context)
    first = dicts(await many.create(context, of, given))
    await sessions.create(again(context), of, values)
    clock.advance(seconds=LEASE)
    later = again(context)
    await claim(later)
    assert dicts(await many.create(later, of, given)) == first
    assert await context.store.collection(of).count_documents({}) == 4


async def test_an_id_twice_in_one_request_with_a_key(context: Context, clock: Clock) -> None:
    """The first is stored, the second refused, as without a key; also if it is repeated."""
    given = [{"sessionId": "c", "note": "first"}, {"sessionId": "c", "note": "second"}]
    await claim(context)
    for repeated in range(2):
        first, second = await many.create(context, CHAT, given)
        assert isinstance(first, dict), repeated
        assert first["note"] == "first"
        assert isinstance(second, AlreadyExists), repeated
        assert second.present == first
        clock.advance(seconds=LEASE)
        context = again(context)
        await claim(context)


async def test_repeated_deletions(context: Context, clock: Clock) -> None:
    """The same outcomes; what was stored under such an id meanwhile stays."""
    for session_id in ("a", "b"):
        await sessions.create(context, CHAT, {"sessionId": session_id})
    await claim(context)
    first = await many.delete(context, CHAT, ["a", "x", "b"])
    clock.advance(seconds=LEASE)
    await sessions.create(again(context), CHAT, {"sessionId": "a"})
    await sessions.create(again(context), CHAT, {"sessionId": "x"})
    later = again(context)
    await claim(later)
    second = await many.delete(later, CHAT, ["a", "x", "b"])
    assert [type(one) for one in second] == [type(one) for one in first] == [dict, NotFound, dict]
    rows = await context.store.collection(CHAT).find({}, {"_id": 1}).to_list(None)
    assert sorted(row["_id"] for row in rows) == ["a", "x"]


async def test_in_the_place_of_an_expired_one(context: Context, clock: Clock) -> None:
    """As a single creation does."""
    await sessions.create(context, CHAT, {"sessionId": "c", "note": "old"})
    clock.advance(days=2)
    context.retention = {"chat": 86_400}
    (made,) = dicts(await many.create(context, CHAT, [{"sessionId": "c", "note": "new"}]))
    assert made["note"] == "new"
    (stored,) = await context.store.collection(CHAT).find({}).to_list(None)
    assert stored["note"] == "new"


async def test_what_expired_is_not_found(context: Context, clock: Clock) -> None:
    """A deletion does not see it."""
    await sessions.create(context, CHAT, {"sessionId": "c"})
    clock.advance(days=2)
    context.retention = {"chat": 86_400}
    (outcome,) = await many.delete(context, CHAT, ["c"])
    assert isinstance(outcome, NotFound)


async def test_who_may_not_read_is_not_shown(context: Context) -> None:
    """Nor may write without the scope; the refusals are masked as every answer is."""
    await sessions.create(context, CHAT, {"sessionId": "c", "note": "secret"})
    for scopes, note in (({"chat:write"}, None), ({"chat:write", "chat:read"}, "***")):
        caller = Caller("narrow", frozenset(scopes))
        narrow = Context(context.store, caller=caller, now=context.now)
        (outcome,) = await many.create(narrow, CHAT, [{"sessionId": "c"}])
        assert isinstance(outcome, AlreadyExists)
        assert (outcome.present or {}).get("note") == note
    reader = Context(context.store, caller=Caller("reader", frozenset({"chat:read"})))
    for work in (many.create(reader, CHAT, [{}]), many.delete(reader, CHAT, ["c"])):
        with pytest.raises(Forbidden):
            await work


async def test_sessions_of_others_are_not_removed(context: Context) -> None:
    """Of another bot, or tenant."""
    bot = KINDS_BY_NAME["bot"]
    values = EXAMPLES["bot"].values
    await sessions.create(context, bot, {**values, "sessionId": "b", "botId": "theirs"})
    caller = Caller("narrow", frozenset({"*:write", "*:read"}), bots=frozenset({"own"}))
    narrow = Context(context.store, caller=caller, now=context.now)
    (outcome,) = await many.delete(narrow, bot, ["b"])
    assert isinstance(outcome, NotFound)
    with pytest.raises(Forbidden):
        await many.create(narrow, bot, [{**values, "botId": "theirs"}])
    assert await context.store.collection(bot).count_documents({}) == 1
