"""Whatever changes led to its values, a session is stored as if it had been created with them.

    create, then a change of the visitor's name, then two appended messages
    ==  one creation with that name and these messages

Everything that is worked out follows: instants, counts, folded copies, the customer, the words that
a search finds. Only how often and when it was written differs.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from graphql import build_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.properties import examples
from tests.schema.conftest import Client
from tests.schema.test_sdl import COMMITTED

Values = dict[str, Any]
WRITTEN = {"_id", "revision", "createdAt", "updatedAt", "applied"}
"""What differs: which session it is, and when and how often it was written."""
TEXTS = st.sampled_from(["printer jam", "Zoë Ü", "", "ann@x.org", "打印机"])
WORDS = st.sampled_from(["a", "Ü", "ann@x.org"])
LABELS = st.lists(st.sampled_from("ab"), max_size=2)
MUTATIONS = (build_schema(COMMITTED.read_text(encoding="utf-8")).mutation_type or {}).fields  # type: ignore[union-attr]  # there is one
GENERATED = settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def merged(values: Values, given: Values) -> Values:
    """The inputs of a creation after an update: null removes, objects merge."""
    found = dict(values)
    for name, value in given.items():
        if value is None:
            found.pop(name, None)
        elif isinstance(value, dict):
            found[name] = merged(found.get(name, {}), value)
        else:
            found[name] = value
    return found


class Step(NamedTuple):
    """A change: the mutation's arguments, and what it makes of the values."""

    mutation: str
    arguments: Values
    after: Callable[[Values], Values]


def some(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[Values]:
    return st.fixed_dictionaries({}, optional=members)


def updates(kind: str, changes: st.SearchStrategy[Values]) -> st.SearchStrategy[Step]:
    return changes.map(
        lambda given: Step(f"update{kind}Session", {"input": given}, lambda old: merged(old, given))
    )


def appended(mutation: str, name: str, entries: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.lists(entries, max_size=2).map(
        lambda added: Step(
            mutation, {"messages": added}, lambda old: {**old, name: [*old.get(name, []), *added]}
        )
    )


COMMON = {"note": st.none() | TEXTS, "assignee": st.none() | WORDS, "labels": LABELS}
VISITOR = some(name=st.none() | TEXTS, emailAddress=st.none() | WORDS, city=st.none() | WORDS)
START = {"dateTime": "2026-03-01T09:30:00", "timeZone": "Europe/Berlin"}
MESSAGES = st.builds(
    lambda text, source, second: {
        "message": text,
        "source": source,
        "sent": {"dateTime": f"2026-03-29T0{second}:30:00", "timeZone": "Europe/Berlin"},
    },
    TEXTS,
    st.sampled_from(["VISITOR", "OPERATOR"]),
    st.integers(0, 5),
)
CHAT = st.one_of(
    updates(
        "Chat",
        some(
            visitor=st.none() | VISITOR,
            button=st.none() | some(name=st.none() | WORDS, buttonId=st.none() | WORDS),
            start=some(timeZone=st.sampled_from(["UTC", "Australia/Lord_Howe"])),
            **COMMON,
        ),
    ),
    appended("appendChatMessages", "messages", MESSAGES),
)
LINES = st.builds(
    lambda text, author: {"text": text, "author": author, "at": "2026-03-01T09:30:00Z"},
    TEXTS,
    WORDS,
)
FIELDS = st.fixed_dictionaries({"name": st.sampled_from("AB")}, optional={"value": WORDS})


def with_fields(given: list[Values]) -> Callable[[Values], Values]:
    def after(old: Values) -> Values:
        found = {one["name"]: one["value"] for one in old.get("customFields", [])}
        for one in given:
            found.pop(one["name"], None) if one.get("value") is None else found.update(
                {one["name"]: one["value"]}
            )
        return {**old, "customFields": [{"name": n, "value": v} for n, v in found.items()]}

    return after


REMOTE_SUPPORT = st.one_of(
    updates(
        "RemoteSupport",
        some(
            customerName=st.none() | TEXTS,
            customerEmail=st.none() | WORDS,
            customerNumber=st.none() | WORDS,
            techName=st.none() | WORDS,
            notes=st.none() | TEXTS,
            answered=st.booleans(),
            **COMMON,
        ),
    ),
    appended("appendRemoteSupportMessages", "chat", LINES),
    st.lists(FIELDS, max_size=2, unique_by=lambda one: one["name"]).map(
        lambda given: Step("setCustomFields", {"fields": given}, with_fields(given))
    ),
)
TAGS = st.lists(st.fixed_dictionaries({"name": st.sampled_from("ab")}), max_size=2)


def tagged(given: Values) -> Callable[[Values], Values]:
    def after(old: Values) -> Values:
        tags = old.get("tags", {})
        new = {}
        for name in ("userTags", "sessionTags"):
            whole = [*tags.get(name, []), *given.get(name, [])]
            new[name] = [one for place, one in enumerate(whole) if one not in whole[:place]]
        return {**old, "tags": {**tags, **new}}

    return after


def untagged(given: Values) -> Callable[[Values], Values]:
    def after(old: Values) -> Values:
        tags = old.get("tags", {})
        gone = {name: [one["name"] for one in named] for name, named in given.items()}
        left = {
            name: [one for one in tags.get(name, []) if one["name"] not in names]
            for name, names in gone.items()
        }
        return {**old, "tags": {**tags, **left}}

    return after


BOT = st.one_of(
    updates("Bot", some(userId=WORDS, channel=WORDS, callId=st.none() | WORDS, **COMMON)),
    updates(
        "Bot",
        st.just({"endTime": "2026-03-01T09:31:00Z", "containmentType": "AGENT"}),
    ),
    st.just(Step("updateBotSession", {"input": {"endTime": None}}, lambda old: reopened(old))),
    some(userTags=TAGS, sessionTags=TAGS).map(
        lambda given: Step("tagBotSession", given, tagged(given))
    ),
    some(userTags=TAGS, sessionTags=TAGS).map(
        lambda given: Step("untagBotSession", given, untagged(given))
    ),
)


def reopened(old: Values) -> Values:
    """A session that goes on has no outcome."""
    return {name: one for name, one in old.items() if name not in ("endTime", "containmentType")}


def check(client: Client, kind: str, name: str, first: Values, steps: list[Step]) -> None:
    """The stored session after the steps is that of one creation."""
    old, new = ("1", "2") if name == "remote_support" else ("old", "new")
    client.runner.run(client.collection(name).delete_many({}))
    made(client, kind, first, old)
    values = first
    for mutation, arguments, after in steps:
        changed(client, mutation, arguments, old)
        values = after(values)
    made(client, kind, values, new)
    one, other = (client.stored(name, session_id) or {} for session_id in (old, new))
    assert plain(one) == plain(other)


def made(client: Client, kind: str, values: Values, session_id: str) -> None:
    text = f"mutation ($i: Create{kind}SessionInput!) {{ r: create{kind}Session(input: $i) "
    payload = client.data(
        text + "{ errors { field message } } }", i={**values, "sessionId": session_id}
    )
    assert payload == {"errors": []}


def changed(client: Client, mutation: str, arguments: Values, session_id: str) -> None:
    types = MUTATIONS[mutation].args
    declared = ", ".join(f"${name}: {types[name].type}" for name in ("sessionId", *arguments))
    given = ", ".join(f"{name}: ${name}" for name in ("sessionId", *arguments))
    text = f"mutation ({declared}) {{ r: {mutation}({given}) {{ errors {{ field message }} }} }}"
    assert client.data(text, **arguments, sessionId=session_id) == {"errors": []}


def plain(stored: Values) -> Values:
    """Without what differs, a message's made id included; null and absent are the same."""
    if isinstance(stored, dict):
        left_out = {*WRITTEN, "id"} if "sent" in stored else WRITTEN
        return {
            name: plain(value)
            for name, value in stored.items()
            if value is not None and name not in left_out
        }
    return [plain(one) for one in stored] if isinstance(stored, list) else stored


@GENERATED
@given(steps=st.lists(CHAT, max_size=5))
def test_chat(client: Client, steps: list[Step]) -> None:
    """Messages in the order of their arrival, whatever the clocks say."""
    check(client, "Chat", "chat", {"start": START}, steps)


@GENERATED
@given(steps=st.lists(REMOTE_SUPPORT, max_size=5))
def test_remote_support(client: Client, steps: list[Step]) -> None:
    """The customer is whoever the columns name in the end."""
    check(client, "RemoteSupport", "remote_support", {"dateStart": "2026-03-01T09:30:00Z"}, steps)


@GENERATED
@given(steps=st.lists(BOT, max_size=5))
def test_bot(client: Client, steps: list[Step]) -> None:
    """Ended and open again, tagged and not."""
    first = {"botId": "b", "channel": "c", "userId": "u", "startTime": "2026-03-01T09:30:00Z"}
    check(client, "Bot", "bot", first, steps)
