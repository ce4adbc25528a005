"""Requests with an idempotency key: carried out once, answered each time, whoever is killed."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from resolvers import repeats, sessions, steps
from resolvers.access import Caller
from resolvers.appending import Addition
from resolvers.context import Context
from resolvers.errors import AnswerGone, BadInput, GatewayError, KeyInUse, KeyReused, NotFound
from resolvers.kind import Document
from resolvers.repeats import Answer, begin, checked_key, finish
from resolvers.store import idempotency
from tests.conftest import KINDS_BY_NAME, NOW, Clock
from tests.kinds import EXAMPLES

pytestmark = pytest.mark.anyio

CHAT = KINDS_BY_NAME["chat"]
KNOWLEDGE = KINDS_BY_NAME["knowledge"]
ANSWER = Answer(200, "application/json", b'{"a":1}')
LIFETIME = 10 * 365 * 86_400
"""Seconds: the clock of tests stands, that of the database does not."""
UUID = "0b6f3c55-6a3c-4a1e-9f4f-53a0c8f6c7d1"
LEASE = 600
"""Seconds after which a request is taken to be killed, and more."""


def again(context: Context, **caller: Any) -> Context:
    """The surroundings of another request, perhaps in another process."""
    changed = replace(context.caller, **caller)
    return replace(context, repeat=None, caller=changed)


async def claim(context: Context, key: str = "k", asked: str = "a") -> Answer | None:
    return await begin(context, key, asked, LIFETIME)


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ('"8e03978e"', "8e03978e"),
        (' "a b" ', "a b"),
        (r'"a\"b\\c"', 'a"b\\c'),
        ("x" * 255, "x" * 255),
    ],
)
def test_keys(header: str, key: str) -> None:
    """Plain, or in quotation marks as RFC 8941 writes texts."""
    assert checked_key(header) == key


@pytest.mark.parametrize(
    "header", ["", '""', "a b", "é", '"a', 'a"', '"a", "b"', "a,b", "x" * 256, "a\tb"]
)
def test_no_keys(header: str) -> None:
    """The refusal names the header."""
    with pytest.raises(BadInput, match="Idempotency-Key"):
        checked_key(header)


async def test_the_same_request_has_the_same_answer(context: Context) -> None:
    """Each time, until its record expires."""
    assert await claim(context) is None
    assert context.repeat
    await finish(context, ANSWER, ())
    for _ in range(2):
        assert await claim(again(context)) == ANSWER


async def test_another_request_with_the_key_is_refused(context: Context) -> None:
    """Whether the first is done or not."""
    await claim(context)
    with pytest.raises(KeyReused):
        await claim(again(context), asked="b")
    await finish(context, ANSWER, ())
    with pytest.raises(KeyReused):
        await claim(again(context), asked="b")


async def test_keys_of_credentials_are_apart(context: Context) -> None:
    """Nobody sees what another one was answered; nor one that is limited to a tenant."""
    await claim(context)
    await finish(context, ANSWER, ())
    for other in ({"id": "another"}, {"tenants": frozenset({"acme"})}):
        assert await claim(again(context, **other)) is None


async def test_a_request_that_goes_on(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """The repetition waits a while, then it is told to come again."""
    monkeypatch.setattr(repeats, "WAIT_SECONDS", 0.2)
    await claim(context)
    with pytest.raises(KeyInUse) as refused:
        await claim(again(context))
    assert refused.value.details == {"retry_after": 1}


async def test_an_expired_record_is_none(context: Context, clock: Clock) -> None:
    """Also before the database removes it."""
    await claim(context)
    await finish(context, ANSWER, ())
    clock.advance(seconds=LIFETIME)
    assert await claim(again(context), asked="b") is None


@pytest.mark.parametrize("code", sorted(repeats.PASSING))
async def test_passing_failures_are_not_kept(context: Context, code: str) -> None:
    """The next request with the key begins at once."""
    await claim(context)
    await finish(context, ANSWER, [code])
    other = again(context)
    assert await claim(other) is None
    assert other.repeat
    assert other.repeat.resumed


async def test_final_refusals_are_kept(context: Context) -> None:
    """They are answers like others."""
    await claim(context)
    await finish(context, ANSWER, ["BAD_USER_INPUT", "NOT_FOUND"])
    assert await claim(again(context)) == ANSWER


async def test_other_rights_do_not_see_the_answer(context: Context) -> None:
    """A credential that has lost a scope is not shown what it was shown with it."""
    await claim(context)
    await finish(context, ANSWER, ())
    with pytest.raises(AnswerGone):
        await claim(again(context, scopes=frozenset({"chat:write"})))


async def test_a_large_answer_is_not_kept(context: Context) -> None:
    """The repetition is told that the request was carried out."""
    await claim(context)
    await finish(context, Answer(200, "a/b", b"x" * (repeats.LARGEST_KEPT + 1)), ())
    with pytest.raises(AnswerGone):
        await claim(again(context))


async def test_a_read_only_gateway_writes_no_record(context: Context) -> None:
    """The request is refused anyway."""
    context.caller = replace(context.caller, read_only=True)
    assert await claim(context) is None
    assert context.repeat is None


async def test_the_key_is_not_stored(context: Context) -> None:
    """Its digest is."""
    await claim(context, "a-secret-key")
    (row,) = await context.store.database[idempotency.COLLECTION].find({}).to_list(None)
    assert "a-secret-key" not in str(row)


Verb = Callable[[Context], Awaitable[Any]]


async def _create(context: Context) -> Document:
    return await sessions.create(context, CHAT, {"sessionId": "new", "note": "a"})


async def _update(context: Context) -> Document:
    return await sessions.update(context, CHAT, "c", {"note": "b"})


async def _update_for_revision(context: Context) -> Document:
    return await sessions.update(context, CHAT, "c", {"note": "b"}, 1)


async def _append(context: Context) -> Document:
    message = {
        "id": f"m{context.now().timestamp()}",
        "message": "Hi",
        "source": "VISITOR",
        "sent": {"dateTime": NOW, "timeZone": "UTC", "instant": NOW},
    }
    return await sessions.append(
        context, CHAT, "c", Addition("messages", lambda _document: [dict(message)])
    )


async def _delete(context: Context) -> Document:
    return await sessions.delete(context, CHAT, "c")


async def _link(context: Context) -> Document:
    values = {"agentId": "mia"}

    def change(document: Document) -> None:
        sessions.assign(context, KNOWLEDGE, document, values)

    return await sessions.act(context, KNOWLEDGE, UUID, change, values)


async def _stored(context: Context) -> list[Document]:
    found = []
    for kind in (CHAT, KNOWLEDGE):
        found += await context.store.collection(kind).find({}).sort("_id", 1).to_list(None)
    return found


VERBS = [_create, _update, _update_for_revision, _append, _delete, _link]


@pytest.mark.parametrize("verb", VERBS)
async def test_killed_before_the_answer_was_kept(
    context: Context, clock: Clock, verb: Verb
) -> None:
    """The repetition changes nothing, and answers as the first would have been answered."""
    await sessions.create(context, CHAT, {"sessionId": "c", "messages": []})
    await claim(context)
    first, before = await verb(context), await _stored(context)
    clock.advance(seconds=LEASE)
    later = again(context)
    assert await claim(later) is None
    second = await verb(later)
    shown = {name: first[name] for name in second if name in first}  # an append reads less
    assert shown == {name: second[name] for name in shown}
    assert await _stored(context) == before


@pytest.mark.parametrize("kind", sorted(KINDS_BY_NAME))
async def test_a_made_id_is_the_same(context: Context, clock: Clock, kind: str) -> None:
    """Creations without an id, of every kind; others are created meanwhile."""
    of, values = KINDS_BY_NAME[kind], EXAMPLES[kind].values
    await claim(context)
    first = await sessions.create(context, of, values)
    await sessions.create(again(context), of, values)
    clock.advance(seconds=LEASE)
    later = again(context)
    await claim(later)
    assert await sessions.create(later, of, values) == first
    assert await context.store.collection(of).count_documents({}) == 2


@pytest.mark.parametrize("verb", VERBS)
async def test_killed_before_the_write(context: Context, clock: Clock, verb: Verb) -> None:
    """The repetition does what the first did not come to."""
    await sessions.create(context, CHAT, {"sessionId": "c", "messages": []})
    before = await _stored(context)
    await claim(context)
    clock.advance(seconds=LEASE)
    later = again(context)
    await claim(later)
    await verb(later)
    assert await _stored(context) != before


async def test_two_changes_of_one_session(context: Context, clock: Clock) -> None:
    """Each field of a request is a step of its own: a kill between them loses none."""
    await sessions.create(context, CHAT, {"sessionId": "c", "messages": []})
    await claim(context)
    await _append(context)
    clock.advance(seconds=LEASE)
    later = again(context)
    await claim(later)
    await _append(later)
    after = await _append(later)
    assert after["messageCount"] == 2


async def test_changed_by_others_meanwhile(context: Context, clock: Clock) -> None:
    """What others did after the first request stays, and the repetition shows it."""
    await sessions.create(context, CHAT, {"sessionId": "c"})
    await claim(context)
    await _update(context)
    await sessions.update(again(context), CHAT, "c", {"note": "by others"})
    clock.advance(seconds=LEASE)
    later = again(context)
    await claim(later)
    assert (await _update(later))["note"] == "by others"


async def test_deleted_and_made_again_by_others(context: Context, clock: Clock) -> None:
    """A repeated deletion removes the session that it was about, not the next of that id."""
    await sessions.create(context, CHAT, {"sessionId": "c"})
    await claim(context)
    await _delete(context)
    clock.advance(seconds=LEASE)
    await sessions.create(again(context), CHAT, {"sessionId": "c"})
    later = again(context)
    await claim(later)
    await _delete(later)
    assert len(await _stored(context)) == 1


async def test_two_processes_with_one_key(context: Context, clock: Clock) -> None:
    """One that was taken to be killed goes on: it neither notes nor answers any more."""
    await sessions.create(context, CHAT, {"sessionId": "c"})
    await claim(context)
    clock.advance(seconds=LEASE)
    later = again(context)
    await claim(later)
    with pytest.raises(GatewayError, match="carries on"):
        await _delete(context)
    await finish(context, ANSWER, ())
    await finish(later, Answer(200, "a/b", b"second"), ())
    found = await claim(again(context))
    assert found
    assert found.body == b"second"


async def test_marks_are_bounded(context: Context, clock: Clock) -> None:
    """A session keeps the marks that may be needed: of requests that are not done."""
    await sessions.create(context, CHAT, {"sessionId": "c"})
    await claim(context, "unfinished")
    await _update(context)
    assert context.repeat
    mark = context.repeat.id
    for number in range(2 * steps.MOST_MARKS):
        one = again(context)
        await claim(one, f"k{number}")
        await sessions.update(one, CHAT, "c", {"note": str(number)})
        await finish(one, ANSWER, ())
    row = await context.store.collection(CHAT).find_one({"_id": "c"})
    assert len(row[steps.APPLIED]) <= steps.MOST_MARKS + 1
    assert row[steps.APPLIED][0].startswith(mark)


async def test_without_a_key_nothing_is_written(context: Context) -> None:
    """No mark, no record."""
    await _create(context)
    (row,) = await _stored(context)
    assert steps.APPLIED not in row
    assert await context.store.database[idempotency.COLLECTION].count_documents({}) == 0


async def test_a_refused_deletion_is_repeated(context: Context) -> None:
    """There was nothing to remove, and there is nothing now."""
    for _ in range(2):
        one = again(context)
        await claim(one)
        with pytest.raises(NotFound):
            await _delete(one)
        await finish(one, None, ())


async def test_forgotten_answers(context: Context) -> None:
    """An erasure takes the answers about its sessions, and those that may show any."""
    for key, about in (
        ("one", {"chat:c"}),
        ("other", {"chat:d"}),
        ("any", {repeats.wide(context.caller)}),
    ):
        one = again(context)
        await claim(one, key)
        assert one.repeat
        one.repeat.sessions |= about
        await finish(one, ANSWER, ())
    places = [(CHAT, "c")]
    limited = again(context, tenants=frozenset({"acme"}))
    assert await repeats.forget(limited, [], count_only=False) == 0
    assert await repeats.forget(context, places, count_only=True) == 2
    assert await repeats.forget(context, places, count_only=False) == 2
    assert await repeats.forget(context, places, count_only=True) == 0
    assert await claim(again(context), "other") == ANSWER
    for key in ("one", "any"):
        with pytest.raises(AnswerGone):
            await claim(again(context), key)


def test_callers_are_told_apart() -> None:
    """`Caller` has what decides about the rights of an answer."""
    assert {"scopes", "bots", "tenants", "masks_identifiers"} <= set(Caller.__slots__)
