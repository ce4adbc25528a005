"""What the search finds of sessions: the same on every engine as a look at every text."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import chain, combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers import bulk, search, sessions
from resolvers.access import Caller
from resolvers.bulk import Draft
from resolvers.context import Context
from resolvers.errors import BadInput, Forbidden
from resolvers.kind import Document, Kind, Speaker
from resolvers.request import All, Compare, Either, Filter, Not, Operator, Read, Search
from resolvers.search import LETTERS, MOST_CHARACTERS, MOST_KEYS, index
from resolvers.store import write as writes
from resolvers.words import LONGEST_SEARCH, plain, terms
from tests.conftest import KINDS_BY_NAME, NOW, Clock
from tests.kinds import EXAMPLES
from tests.properties import examples

pytestmark = pytest.mark.anyio

KINDS = list(KINDS_BY_NAME.values())
CHAT = KINDS_BY_NAME["chat"]
REMOTE_SUPPORT = KINDS_BY_NAME["remote_support"]

WORDS = (
    "printer", "Printer,", "prints", "print", "jam", "JÁM", "paper-jam", "4.2", "4", "2",
    "ada@example.com", "打印机", "打印", "印", "机打", "手机 15", "ü", "Über", "uber", "\n", "…",
    "ภาษา", "データ", "a" * 45, ".*", "[a", "\\",
)  # fmt: skip
LINES = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join) | st.text(max_size=8).filter(
    lambda text: "\0" not in text and text.isprintable()
)
MESSAGES = st.lists(st.tuples(st.sampled_from(["VISITOR", "OPERATOR"]), LINES), max_size=3)
SOUGHT = st.lists(
    st.sampled_from([*WORDS, "prin*", "pri*", '"paper jam"', '"打印 4"', "打印机*", '"jam 4.2']),
    min_size=1,
    max_size=3,
).map(" ".join)
SPEAKERS = st.sampled_from(
    [frozenset(some) for some in chain.from_iterable(combinations(Speaker, n) for n in range(4))]
)


def chat(messages: Iterable[tuple[str, str]], **more: Any) -> Document:
    """A chat's values as a client gives them."""
    written = [{"source": source, "message": text} for source, text in messages]
    return {"messages": written, **more}


def plainly(session: Document, wanted: Search) -> bool:
    """Whether a session has all terms, by a look at all its texts."""
    found = [
        plain(text.text)
        for text in search.texts(CHAT, session)
        if not wanted.speakers or text.speaker in wanted.speakers
    ]
    return all(any(term.needle in text for text in found) for term in wanted.terms)


async def ids(context: Context, kind: Kind, where: Filter) -> set[str]:
    page = await sessions.list_(context, Read(kind, where))
    assert len(page.documents) == await sessions.count(context, kind, where)
    return {row["_id"] for row in page.documents}


@pytest.mark.slow
@settings(max_examples=examples(60))
@given(chats=st.lists(MESSAGES, min_size=1, max_size=4), sought=SOUGHT, speakers=SPEAKERS)
async def test_the_index_finds_what_a_scan_finds(
    context: Context, chats: list[list[tuple[str, str]]], sought: str, speakers: frozenset[Speaker]
) -> None:
    """Words, beginnings and phrases of generated texts, by each set of speakers, and negated."""
    await context.store.collection(CHAT).delete_many({})
    stored = [await sessions.create(context, CHAT, chat(messages)) for messages in chats]
    try:
        wanted = Search(terms(sought), speakers)
    except BadInput:
        return
    expected = {row["_id"] for row in stored if plainly(row, wanted)}
    assert {row["_id"] for row in stored if search.meets(wanted, row)} == expected
    assert await ids(context, CHAT, wanted) == expected
    assert await ids(context, CHAT, All((wanted, wanted))) == expected
    others = [Search((term,), speakers) for term in wanted.terms]
    assert await ids(context, CHAT, All(tuple(others))) == expected
    assert await ids(context, CHAT, Either((wanted,))) == expected
    assert await ids(context, CHAT, Not(wanted)) == {row["_id"] for row in stored} - expected


async def test_every_key_may_lead(context: Context) -> None:
    """The hits are the same whatever word the index is asked for."""
    await sessions.create(context, CHAT, chat([("VISITOR", "the printer"), ("OPERATOR", "a jam")]))
    await sessions.create(context, CHAT, chat([("VISITOR", "the jam")]))
    sought = terms('jam "the printer" pri*')
    for leader in ("jam", "the", "printer", "pri*"):
        assert leader in {key for term in sought for key in term.keys}
        assert len(await ids(context, CHAT, Search(sought, leader=leader))) == 1


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
async def test_notes_of_every_kind(context: Context, kind: Kind) -> None:
    """Each kind has a note at least, and a change of it is found at once."""
    values = EXAMPLES[kind.name].values
    made = await sessions.create(context, kind, {**values, "note": "Frau Müller rief an"})
    where = Search(terms("muller rie*"))
    assert await ids(context, kind, Search(terms('"muller rief"'))) == {made["_id"]}
    await sessions.update(context, kind, made["_id"], {"note": "erledigt"})
    assert await ids(context, kind, where) == set()
    assert await ids(context, kind, Search(terms("erledigt"))) == {made["_id"]}
    await sessions.update(context, kind, made["_id"], {"note": None})
    assert await ids(context, kind, Search(terms("erledigt"))) == set()


async def test_what_is_appended_is_found(context: Context) -> None:
    """A verb of the kind keeps the words, too, and pushes them behind the stored ones."""
    made = await sessions.create(context, CHAT, chat([("VISITOR", "hello")]))
    message = {**made["messages"][0], "id": "2", "message": "kangaroo", "source": "OPERATOR"}

    def append(document: Document) -> None:
        document["messages"] = [*document["messages"], message]

    await sessions.act(context, CHAT, made["_id"], append)
    assert await ids(context, CHAT, Search(terms("hello kangaroo"))) == {made["_id"]}
    by_agent = Search(terms("kangaroo"), frozenset({Speaker.AGENT}))
    assert await ids(context, CHAT, by_agent) == {made["_id"]}
    assert await ids(context, CHAT, Search(terms("hello"), frozenset({Speaker.AGENT}))) == set()


async def test_the_customer_is_found(context: Context) -> None:
    """By name, address and number; they are nobody's words."""
    customer = {"customerName": "Zoë Ångström", "customerEmail": "zoe@example.com"}
    made = await sessions.create(context, REMOTE_SUPPORT, {**customer, "customerNumber": "C-42"})
    for text in ("angstrom", "zoe@example.com", "example.com", "c-42", "ZOE ang*"):
        assert await ids(context, REMOTE_SUPPORT, Search(terms(text))) == {made["_id"]}
    said = Search(terms("angstrom"), frozenset(Speaker))
    assert await ids(context, REMOTE_SUPPORT, said) == set()


async def test_tags_of_a_bot_session(context: Context) -> None:
    """Their values, of whichever list; a tag that is taken off is not found any more."""
    bot = KINDS_BY_NAME["bot"]
    tags = {
        "userTags": [{"name": "plan", "value": "Gold class"}],
        "altText": [{"name": "choice", "value": "Track my parcel"}],
    }
    values = {"botId": "b", "channel": "rtm", "userId": "u", "tags": tags}
    made = await sessions.create(context, bot, values)
    for text in ("gold", '"my parcel"'):
        assert await ids(context, bot, Search(terms(text))) == {made["_id"]}
    assert await ids(context, bot, Search(terms("choice"))) == set()
    await sessions.update(context, bot, made["_id"], {"tags": {"userTags": []}})
    assert await ids(context, bot, Search(terms("gold"))) == set()
    assert await ids(context, bot, Search(terms("parcel"))) == {made["_id"]}


async def test_speakers_of_a_remote_session(context: Context) -> None:
    """Whose name the author has; the technician notes, the customer describes."""
    lines = [
        {"author": "MIA", "text": "alpha"},
        {"author": "zoe@example.com", "text": "beta"},
        {"author": "somebody", "text": "gamma"},
    ]
    values = {
        "techName": "Mia", "customerEmail": "Zoe@example.com", "chat": lines,
        "notes": "delta", "problemDescription": "epsilon",
    }  # fmt: skip
    await sessions.create(context, REMOTE_SUPPORT, values)

    async def said(speaker: Speaker) -> set[str]:
        return {
            word
            for word in ("alpha", "beta", "gamma", "delta", "epsilon")
            if await ids(context, REMOTE_SUPPORT, Search(terms(word), frozenset({speaker})))
        }

    assert await said(Speaker.AGENT) == {"alpha", "delta"}
    assert await said(Speaker.CUSTOMER) == {"beta", "epsilon"}
    assert await said(Speaker.BOT) == set()


async def test_imports_have_words(context: Context) -> None:
    """Many sessions at once are found like single ones."""
    drafts = [Draft(CHAT, chat([("VISITOR", f"word{n} common")])) for n in range(3)]
    prepared = [bulk.prepare(context, draft) for draft in drafts]
    assert await bulk.create(context, CHAT, prepared) == {}
    assert await ids(context, CHAT, Search(terms("word1 common"))) == {prepared[1]["_id"]}


async def test_retention_and_bots(context: Context, clock: Clock) -> None:
    """What a caller may not see is not found: expired sessions, those of other bots."""
    context.retention = {"bot": 3600}
    bots = KINDS_BY_NAME["bot"]
    values = {"botId": "b", "channel": "rtm", "userId": "u", "note": "kangaroo"}
    await sessions.create(context, bots, {**values, "startTime": NOW - timedelta(hours=2)})
    made = await sessions.create(context, bots, {**values, "startTime": NOW})
    where = Search(terms("kangaroo"))
    assert await ids(context, bots, where) == {made["_id"]}
    context.caller = Caller("c", frozenset({"*:read", "pii:read"}), frozenset({"another"}))
    assert await ids(context, bots, where) == set()


@pytest.mark.parametrize("wrap", [lambda where: where, Not, lambda one: Either((All((one,)),))])
async def test_personal(context: Context, wrap: Any) -> None:
    """Wherever a search stands, it needs the scope for personal data."""
    context.caller = Caller("c", frozenset({"*:read"}))
    where = wrap(Search(terms("kangaroo")))
    with pytest.raises(Forbidden, match="search is personal"):
        await sessions.list_(context, Read(CHAT, where))
    with pytest.raises(Forbidden, match="search is personal"):
        await sessions.count(context, CHAT, where)
    with pytest.raises(Forbidden, match="search is personal"):
        await sessions.summarise(context, CHAT, where)


async def test_with_other_conditions(context: Context) -> None:
    """A search is a condition like any other."""
    for n in range(4):
        values = chat([("VISITOR", "kangaroo")], assignee=f"a{n % 2}")
        await sessions.create(context, CHAT, values)
    mine = Compare((CHAT.by_name["assignee"],), Operator.EQ, "a1")
    assert len(await ids(context, CHAT, All((Search(terms("kang*")), mine)))) == 2


async def test_appending_pushes(context: Context) -> None:
    """A message more rewrites neither the words nor the texts of those before it."""
    for kind, name, entry in (
        (CHAT, "messages", {"source": "VISITOR", "message": "new words"}),
        (REMOTE_SUPPORT, "chat", {"author": "a", "text": "new words"}),
    ):
        fields = {"customFields": [{"name": "n", "value": "v"}]} if kind is REMOTE_SUPPORT else {}
        before = await sessions.create(context, kind, {name: [entry], "note": "x", **fields})
        after = {**before, name: [*before[name], {**before[name][0], "text": "b", "message": "b"}]}
        index(kind, after)
        pushed = writes.difference(before, after)["$push"]
        letter = "C" if kind is CHAT else "-"
        assert pushed["searchTexts"] == {"$each": [f"{letter} b "]}
        assert pushed["searchKeys"] == {"$each": [f"b:{letter}"]}


def indexed(*texts: str) -> Document:
    """A chat with these messages, and what is stored of them."""
    session: Document = {
        "_id": "c",
        "messages": [{"source": "VISITOR", "message": text} for text in texts],
    }
    index(CHAT, session)
    return session


def test_most_keys() -> None:
    """The words that come first are found; the rest of a long session is not, whole or in part."""
    session = indexed(" ".join(f"w{n}" for n in range(MOST_KEYS + 5)), "later")
    assert session["searchKeys"] == [f"w{n}:C" for n in range(MOST_KEYS)]
    (text,) = session["searchTexts"]
    assert text.split() == ["C", *(f"w{n}" for n in range(MOST_KEYS))]


def test_most_keys_of_a_run() -> None:
    """A run without room is left out as a whole, and what follows it."""
    run = "".join(chr(0x4E00 + n) for n in range(MOST_KEYS + 1))
    assert indexed("one", run, "two")["searchTexts"] == ["C one "]


def test_most_characters() -> None:
    """Text is bounded too, and ends with a whole word."""
    session = indexed(*["word " * 1900] * 60)
    stored = session["searchTexts"]
    assert MOST_CHARACTERS - 20 < sum(map(len, stored)) <= MOST_CHARACTERS
    assert set(" ".join(text[1:] for text in stored).split()) == {"word"}


def test_longest_pattern() -> None:
    """The embedded engine takes patterns of 1,000 characters."""
    found = Search(terms(f'"{". " * 40}{"a b " * (LONGEST_SEARCH // 4 - 22)}"'), frozenset(Speaker))
    assert max(len(term.needle) for term in found.terms) * 2 + 30 < 1000


def test_letters_differ() -> None:
    """Each speaker has a letter of its own; it is not a word, nor is what joins it to one."""
    assert len(set(LETTERS.values())) == len(LETTERS)
    assert all(plain(letter).strip() != letter for letter in [*LETTERS.values(), ":"])
