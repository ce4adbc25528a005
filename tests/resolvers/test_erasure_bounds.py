"""What an erasure is refused, what it leaves alone, and how it goes on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from resolvers import customers, erasure, sessions
from resolvers.access import Caller
from resolvers.context import Context
from resolvers.erasure import Erased, Mode, erase
from resolvers.errors import Conflict, Contended, Forbidden, GatewayError, Invalid, ReadOnly
from resolvers.identifiers import Identifier, IdentifierType
from resolvers.kind import Document
from resolvers.rebuild import outdated
from resolvers.request import EVERYTHING, Read
from resolvers.store import read as reads
from resolvers.store import write as writes
from tests.conftest import KINDS_BY_NAME, NOW, mock_store
from tests.resolvers.erased import KINDS, everything
from tests.timing import limit

pytestmark = pytest.mark.anyio
SECONDS = limit(30)
ADA = Identifier(IdentifierType.EMAIL, "Ada@example.org")
ADAS_ID = Identifier(IdentifierType.CUSTOMER_ID, "customer-17")
CHAT, BOT, KNOWLEDGE = (KINDS_BY_NAME[name] for name in ("chat", "bot", "knowledge"))
SCOPES = ("customer:erase", "pii:read", "*:read", "*:write")


@pytest.fixture
async def context() -> Context:
    """Ada chatted, talked to two bots, and is linked with an id."""
    found = Context(await mock_store(), now=lambda: NOW)
    await outdated(found.store, KINDS)
    await chat(found, "chat-1")
    for bot in ("st-1", "st-2"):
        given = {"botId": bot, "channel": "rtm", "userId": ADAS_ID.value, "sessionId": f"b-{bot}"}
        await sessions.create(found, BOT, given)
    await customers.link(found, [ADA, ADAS_ID])
    return found


async def chat(context: Context, session_id: str, **given: Any) -> Document:
    visitor = {"name": "Ada", "emailAddress": "ADA@example.org"}
    return await sessions.create(
        context, CHAT, {"sessionId": session_id, "visitor": visitor, **given}
    )


async def whole(
    context: Context,
    by: Identifier = ADA,
    mode: Mode = Mode.DELETE,
    dry_run: bool = False,
    seconds: float = SECONDS,
) -> Erased:
    return await erase(context, KINDS, by, mode, dry_run=dry_run, seconds=seconds)


async def stored(context: Context) -> set[str]:
    """The ids of all sessions."""
    pages = [await reads.list_(context.store, Read(kind)) for kind in KINDS]
    return {row["_id"] for page in pages for row in page.documents}


def own(erased: Erased) -> dict[str, int]:
    return {one.kind.name: one.own for one in erased.kinds if one.own}


@pytest.mark.parametrize(
    ("caller", "error", "named"),
    [
        *(
            (Caller("x", frozenset(SCOPES) - {scope}), Forbidden, scope.split(":")[1])
            for scope in SCOPES
        ),
        (Caller("x", frozenset({"*:read", "*:write", "pii:read"})), Forbidden, "customer:erase"),
        (Caller("x", frozenset({"admin"}), read_only=True), ReadOnly, "read-only"),
    ],
)
@pytest.mark.parametrize("dry_run", [True, False])
async def test_refused(
    context: Context, caller: Caller, error: type[GatewayError], named: str, dry_run: bool
) -> None:
    """Without one of the scopes, and where nothing changes; nothing is changed."""
    before = await everything(context.store)
    context.caller = caller
    with pytest.raises(error, match=named):
        await whole(context, dry_run=dry_run)
    assert await everything(context.store) == before


async def test_another_applications_sessions(context: Context) -> None:
    """Are counted, and stop everything before anything is changed."""
    before = await everything(context.store)
    context.caller = replace(context.caller, fixed=frozenset({"bot"}))
    counted = await whole(context, dry_run=True)
    assert [(one.kind.name, one.own) for one in counted.elsewhere] == [("bot", 2)]
    with pytest.raises(Conflict, match=r"2 bot sessions .* another application"):
        await whole(context)
    assert await everything(context.store) == before


async def test_another_application_without_sessions(context: Context) -> None:
    """Stops nothing."""
    context.caller = replace(context.caller, fixed=frozenset({"knowledge"}))
    assert (await whole(context)).complete


async def test_a_limited_credential(context: Context) -> None:
    """Erases what it sees, and says so; the links stay, so that others find the rest."""
    context.caller = Caller("x", frozenset(SCOPES), frozenset({"st-1"}))
    erased = await whole(context)
    assert erased.limited
    assert erased.complete
    assert own(erased) == {"bot": 1, "chat": 1}
    assert await stored(context) == {"b-st-2"}
    assert len(await customers.linked_with(context, ADA)) == 2


@pytest.mark.parametrize("mode", list(Mode))
async def test_without_time(context: Context, mode: Mode) -> None:
    """Each request erases something, however slow it is, and says what remains; links go last."""
    for remaining in (2, 1, 0):
        assert len(await customers.linked_with(context, ADA)) == 2
        early = await whole(context, mode=mode, seconds=0)
        assert not early.complete
        assert early.remaining == remaining
    late = await whole(context, mode=mode, seconds=0)
    assert late.complete
    assert late.identifiers == 2


async def test_sessions_that_others_keep_changing(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """End it with a refusal instead of going on for ever."""

    async def delete(*_given: object) -> bool:
        return False

    monkeypatch.setattr(writes, "delete_unchanged", delete)
    with pytest.raises(Contended, match="keep changing"):
        await whole(context)


async def test_counting_without_time(context: Context) -> None:
    """Sessions are counted all the same; the rest is not complete."""
    counted = await whole(context, dry_run=True, seconds=0)
    assert own(counted) == {"bot": 2, "chat": 1}
    assert not counted.complete


async def test_a_session_that_arrives_meanwhile(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is found once more before the links go."""
    original, arrived = writes.delete_unchanged, []

    async def delete(store: Any, kind: Any, row: Document) -> bool:
        if kind is BOT and not arrived:  # the chats were gone through before
            arrived.append(await chat(context, "chat-2"))
        return await original(store, kind, row)

    monkeypatch.setattr(writes, "delete_unchanged", delete)
    erased = await whole(context)
    assert own(erased) == {"bot": 2, "chat": 2}
    assert await stored(context) == set()


async def test_an_identifier_that_is_linked_meanwhile(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not complete: repeating finds its sessions, and then the links go."""
    other = Identifier(IdentifierType.CUSTOMER_ID, "c-late")
    await sessions.create(context, KNOWLEDGE, {"customerId": "c-late"})
    original = erasure.links.change

    async def change(*given: Any) -> Any:
        monkeypatch.undo()
        await customers.link(context, [ADAS_ID, other])
        return await original(*given)

    monkeypatch.setattr(erasure.links, "change", change)
    first = await whole(context)
    assert not first.complete
    assert (await whole(context)).complete
    assert await stored(context) == set()
    assert not [name for name, _ in await everything(context.store) if name == "customer_links"]


@pytest.mark.parametrize("mode", list(Mode))
async def test_expired_sessions_go_too(context: Context, mode: Mode) -> None:
    """Those that the database has yet to remove."""
    context.retention = {"bot": 60}
    context.now = lambda: NOW + timedelta(hours=1)
    assert own(await whole(context, mode=mode)) == {"bot": 2, "chat": 1}


async def test_sessions_of_an_earlier_version(context: Context) -> None:
    """An address might not find them: nothing is done before they are rebuilt."""
    await writes.set_mark(context.store, "derived:bot", "another")
    with pytest.raises(Conflict, match=r"bot sessions.*scripts/rebuild"):
        await whole(context, dry_run=True)


async def test_no_identifier(context: Context) -> None:
    """What nobody can have is refused."""
    with pytest.raises(Invalid):
        await whole(context, Identifier(IdentifierType.CUSTOMER_ID, ""))


async def test_sessions_beside_others_customers_stay(context: Context) -> None:
    """A session that the person's chat names, but that is another customer's, is as it was; one
    without a customer goes, in both directions."""
    pair = {"kind": "KNOWLEDGE", "sessionId": "00000000-0000-4000-8000-000000000001"}
    anonymous = {"kind": "KNOWLEDGE", "sessionId": "00000000-0000-4000-8000-000000000002"}
    naming = "00000000-0000-4000-8000-000000000003"
    await sessions.create(context, KNOWLEDGE, {"sessionId": pair["sessionId"], "customerId": "bob"})
    await sessions.create(context, KNOWLEDGE, {"sessionId": anonymous["sessionId"]})
    named = [{"kind": "CHAT", "sessionId": "chat-2"}]
    await sessions.create(context, KNOWLEDGE, {"sessionId": naming, "relatedSessions": named})
    await chat(context, "chat-2", relatedSessions=[pair, anonymous])
    erased = await whole(context)
    assert [(one.own, one.beside) for one in erased.kinds if one.kind is KNOWLEDGE] == [(0, 2)]
    assert await stored(context) == {pair["sessionId"]}


async def test_changed_by_others_again_and_again(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that was changed since it was read is not removed, but found again."""
    original, changes = writes.delete_unchanged, []

    async def delete(store: Any, kind: Any, row: Document) -> bool:
        if kind is CHAT and len(changes) < 3:
            changes.append(
                await sessions.update(context, CHAT, row["_id"], {"note": f"{len(changes)}"})
            )
        return await original(store, kind, row)

    monkeypatch.setattr(writes, "delete_unchanged", delete)
    assert own(await whole(context)) == {"bot": 2, "chat": 1}
    assert len(changes) == 3


async def test_nobody(context: Context) -> None:
    """A customer without sessions is erased at once."""
    erased = await whole(context, Identifier(IdentifierType.CUSTOMER_ID, "nobody"))
    assert erased.complete
    assert erased.changed == 0
    assert await reads.count(context.store, CHAT, EVERYTHING) == 1
