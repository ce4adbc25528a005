"""Changes that are made for one revision of a session: made to it, or to none."""

from collections.abc import Awaitable, Callable

import pytest

from resolvers import sessions
from resolvers.access import Caller
from resolvers.appending import Addition
from resolvers.context import Context
from resolvers.errors import NotFound, Outdated
from resolvers.kind import Document
from resolvers.store.store import Store
from tests.conftest import KINDS_BY_NAME, NOW

pytestmark = pytest.mark.anyio

CHAT = KINDS_BY_NAME["chat"]
KNOWLEDGE = KINDS_BY_NAME["knowledge"]
HELLO = {
    "id": "m1",
    "message": "Hello",
    "source": "VISITOR",
    "sent": {"dateTime": NOW, "timeZone": "UTC", "instant": NOW},
}


def _note(document: Document) -> None:
    document["note"] = "changed"


async def _act(context: Context, revision: int) -> Document:
    return await sessions.act(context, CHAT, "c", _note, if_revision=revision)


async def _update(context: Context, revision: int) -> Document:
    return await sessions.update(context, CHAT, "c", {"note": "changed"}, revision)


async def _append(context: Context, revision: int) -> Document:
    addition = Addition("messages", lambda _document: [dict(HELLO)])
    return await sessions.append(context, CHAT, "c", addition, None, revision)


async def _delete(context: Context, revision: int) -> Document:
    return await sessions.delete(context, CHAT, "c", revision)


Change = Callable[[Context, int], Awaitable[Document]]
every_change = pytest.mark.parametrize("change", [_act, _update, _append, _delete])


async def _stored(context: Context) -> Document | None:
    row: Document | None = await context.store.collection(CHAT).find_one({"_id": "c"})
    return row


def _race(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let another process change the session just before the next write."""
    original, raced = Store.change, []

    async def late(self: Store, *arguments: object, **options: object) -> object:
        if not raced:
            raced.append(True)
            change = {"$set": {"note": "by another"}, "$inc": {"revision": 1}}
            await self.collection(CHAT).update_one({"_id": "c"}, change)
        return await original(self, *arguments, **options)  # type: ignore[arg-type]  # as given

    monkeypatch.setattr(Store, "change", late)


@every_change
async def test_made_for_the_revision_that_is_stored(context: Context, change: Change) -> None:
    """It is made, and the revision is another one afterwards."""
    await sessions.create(context, CHAT, {"sessionId": "c"})
    await change(context, 1)
    after = await _stored(context)
    assert after is None or after["revision"] == 2


@every_change
async def test_refused_for_another(context: Context, change: Change) -> None:
    """Nothing changes; the refusal has the session as it is."""
    await sessions.create(context, CHAT, {"sessionId": "c"})
    await sessions.update(context, CHAT, "c", {"note": "by another"})
    before = await _stored(context)
    with pytest.raises(Outdated, match="revision 2, not 1") as refused:
        await change(context, 1)
    assert refused.value.field == ("ifRevision",)
    assert refused.value.present == before == await _stored(context)


@every_change
async def test_a_session_without_a_revision_has_zero(context: Context, change: Change) -> None:
    """As those that another application stored."""
    await sessions.create(context, CHAT, {"sessionId": "c"})
    await context.store.collection(CHAT).update_one({"_id": "c"}, {"$unset": {"revision": ""}})
    with pytest.raises(Outdated):
        await change(context, 1)
    await change(context, 0)
    after = await _stored(context)
    assert after is None or after["revision"] == 1


@every_change
async def test_the_guard_is_in_the_write(
    context: Context, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change between the reading and the writing is seen: one of both is made."""
    await sessions.create(context, CHAT, {"sessionId": "c"})
    _race(monkeypatch)
    with pytest.raises(Outdated):
        await change(context, 1)
    after = await _stored(context)
    assert after is not None
    assert (after["note"], after["revision"]) == ("by another", 2)


async def test_what_is_not_there_is_not_made(context: Context) -> None:
    """A verb that creates what is missing does not, if it asks for a revision."""
    session_id = "0b6f3c55-6a3c-4a1e-9f4f-53a0c8f6c7d1"
    with pytest.raises(NotFound):
        await sessions.act(context, KNOWLEDGE, session_id, _note, {"agentId": "mia"}, 0)


async def test_the_refusal_masks(context: Context) -> None:
    """The session is shown as to anybody who reads it, and not to who may not read."""
    await sessions.create(context, CHAT, {"sessionId": "c", "note": "secret"})
    for scopes, note in ((("chat:write", "chat:read"), "***"), (("chat:write",), None)):
        caller = Caller("narrow", frozenset(scopes))
        with pytest.raises(Outdated) as refused:
            await sessions.delete(Context(context.store, caller=caller), CHAT, "c", 7)
        assert (refused.value.present or {}).get("note") == note


async def test_a_plain_deletion_is_not_guarded(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It removes the session whatever others changed meanwhile."""
    await sessions.create(context, CHAT, {"sessionId": "c"})
    _race(monkeypatch)
    await sessions.delete(context, CHAT, "c")
    assert await _stored(context) is None
