"""What a caller is shown of personal data and of identifiers, and what it may ask by them."""

from typing import Any

import pytest

from resolvers import sessions
from resolvers.access import Caller
from resolvers.context import Context
from resolvers.errors import Forbidden, Invalid, Protected
from resolvers.kind import Column, Document, Kind
from resolvers.masks import MASK, PLAIN, hides, holds_address, mask, masked, require_answerable
from resolvers.request import (
    EVERYTHING,
    All,
    Compare,
    Either,
    Filter,
    Not,
    Operator,
    Order,
    Read,
    Some,
    Window,
    every,
    none,
)
from resolvers.value_types import ENUM, LIKENESS, OBJECT, TEXT
from tests.conftest import KINDS_BY_NAME
from tests.kinds import EXAMPLES

pytestmark = pytest.mark.anyio

NAME = Column(name="name", type=TEXT, personal=True)
TOWN = Column(name="town", type=TEXT)
PERSON = Column(name="person", type=OBJECT, columns=(NAME, TOWN))
PEOPLE = Column(name="people", type=OBJECT, many=True, columns=(NAME, TOWN))
ALIASES = Column(name="aliases", type=TEXT, many=True, personal=True)
COLUMNS = (NAME, TOWN, PERSON, PEOPLE, ALIASES)
NUMBER = Column(name="number", type=TEXT, identifier=True)
READER = Caller("reader", frozenset({"*:read"}))
WRITER = Caller("writer", frozenset({"*:read", "*:write"}))
ADMIN = Caller("admin", frozenset({"admin"}))


@pytest.fixture(params=sorted(KINDS_BY_NAME))
def kind(request: pytest.FixtureRequest) -> Kind:
    """Every kind."""
    return KINDS_BY_NAME[request.param]


def called(context: Context, by: Caller) -> Context:
    return Context(store=context.store, now=context.now, caller=by)


# Personal data


def test_personal_texts_are_masked_wherever_they_stand() -> None:
    """In the document, in an object, in each object of a list, in a list of texts."""
    document: Document = {
        "name": "Ann",
        "town": "Ghent",
        "person": {"name": "Ann", "town": "Ghent"},
        "people": [{"name": "Ann", "town": "Ghent"}, {"town": "Ghent"}],
        "aliases": ["Ann", "Annie"],
    }
    mask(READER, COLUMNS, [document])
    assert document == {
        "name": MASK,
        "town": "Ghent",
        "person": {"name": MASK, "town": "Ghent"},
        "people": [{"name": MASK, "town": "Ghent"}, {"town": "Ghent"}],
        "aliases": [MASK, MASK],
    }


@pytest.mark.parametrize("value", [None, [], {}, [None], "broken", 7])
def test_masking_bears_what_is_stored_wrongly(value: Any) -> None:
    """A missing or broken part is no reason to fail."""
    document: Document = {"person": value, "people": value}
    mask(READER, COLUMNS, [document])
    assert document == {"person": value, "people": value}


def test_missing_personal_text_stays_missing() -> None:
    """The mask does not invent a value."""
    document: Document = {"name": None}
    mask(READER, COLUMNS, [document])
    assert document == {"name": None}


def equals(*path: Column) -> Filter:
    return Compare(path, Operator.EQ, "x")


@pytest.mark.parametrize(
    "where",
    [
        equals(NAME),
        equals(PERSON, NAME),
        Some((PEOPLE,), equals(NAME)),
        All((EVERYTHING, equals(NAME))),
        Either((equals(TOWN), equals(NAME))),
        Not(equals(NAME)),
        All((Either((Not(Some((PEOPLE,), All((equals(NAME),)))),)),)),
        none((PEOPLE,), equals(NAME)),
        every((PEOPLE,), All((equals(TOWN), equals(NAME)))),
        every((PEOPLE,), every((PEOPLE,), equals(NAME))),
        Some((ALIASES,), equals()),
    ],
)
def test_filter_on_a_personal_column_is_refused(where: Filter) -> None:
    """However deep it stands: what is masked must not be found out by guessing."""
    with pytest.raises(Forbidden, match=r"(name|aliases) is personal"):
        require_answerable(READER, where)


def test_order_by_a_personal_column_is_refused() -> None:
    """The order of the rows would tell."""
    with pytest.raises(Forbidden):
        require_answerable(READER, EVERYTHING, (Order(NAME, descending=False),))


def test_other_columns_may_be_filtered_and_ordered_by() -> None:
    """The neighbour of a personal column is free."""
    require_answerable(READER, Some((PEOPLE,), equals(TOWN)), (Order(TOWN, descending=True),))
    require_answerable(READER, Some((Column(name="labels", type=TEXT, many=True),), equals()))


async def test_every_verb_refuses_a_filter_on_a_personal_column(context: Context) -> None:
    """Lists, counts and summaries alike; a credential that sees such columns may use them."""
    kind = KINDS_BY_NAME["remote_support"]
    where = Compare((kind.by_name["customerName"],), Operator.EQ, "Ada")
    await sessions.create(context, kind, EXAMPLES[kind.name].values)
    found = [
        len((await sessions.list_(context, Read(kind, where))).documents),
        await sessions.count(context, kind, where),
        (await sessions.summarise(context, kind, where)).count,
    ]
    assert found == [1, 1, 1]
    masked = called(context, READER)
    with pytest.raises(Forbidden, match="customerName is personal"):
        await sessions.list_(masked, Read(kind, where))
    with pytest.raises(Forbidden, match="customerName is personal"):
        await sessions.count(masked, kind, where)
    with pytest.raises(Forbidden, match="customerName is personal"):
        await sessions.summarise(masked, kind, where)


async def test_every_verb_masks_alike(context: Context, kind: Kind) -> None:
    """What is written, read, listed, changed and deleted shows no personal text."""
    await sessions.create(context, kind, {**EXAMPLES[kind.name].values})
    page = await sessions.list_(context, Read(kind, EVERYTHING, (), Window(first=1)))
    session_id = page.documents[0]["_id"]
    masked = called(context, WRITER)
    listed = await sessions.list_(masked, Read(kind, EVERYTHING, (), Window(first=1)))
    rows = [
        await sessions.get(masked, kind, session_id),
        *listed.documents,
        await sessions.update(masked, kind, session_id, {}),
        await sessions.delete(masked, kind, session_id),
    ]
    for row in rows:
        assert row
        assert {text for text in personal(kind.columns, row) if text is not None} <= {MASK}


def personal(columns: tuple[Column, ...], document: Document) -> list[Any]:
    """Every value of a personal column."""
    found: list[Any] = []
    for column in columns:
        value = document.get(column.path)
        parts = value if isinstance(value, list) else [value]
        if column.columns:
            found += [x for part in parts if part for x in personal(column.columns, part)]
        elif column.personal:
            found += parts
    return found


# Identifiers

ADDRESSES = ("ada@customer.example", "mailto:ada%40customer.example", "ada\uff20customer.example")


@pytest.mark.parametrize("value", ADDRESSES)
def test_an_identifier_that_holds_an_address_is_masked(value: str) -> None:
    """Any other is shown; with the scope, all are."""
    assert [masked(READER, NUMBER, one) for one in (value, "C-77", None)] == [MASK, "C-77", None]
    assert masked(ADMIN, NUMBER, value) == value


def test_identifiers_are_masked_where_the_gateway_says_so() -> None:
    """As names are: not for who has the scope, and neither filtered nor ordered by."""
    strict = Caller("somebody", frozenset({"*:read"}), masks_identifiers=True)
    seeing = Caller("somebody", frozenset({"*:read", "pii:read"}), masks_identifiers=True)
    assert (masked(strict, NUMBER, "C-77"), masked(seeing, NUMBER, "C-77")) == (MASK, "C-77")
    assert not hides(seeing, NUMBER)
    for operator in (Operator.EQ, Operator.NE):
        with pytest.raises(Forbidden, match="pii:read"):
            require_answerable(strict, Compare((NUMBER,), operator, "C-77"))


@pytest.mark.parametrize("operator", LIKENESS)
@pytest.mark.parametrize("value", [*ADDRESSES, "ada"])
def test_an_identifier_is_compared_for_equality_with_no_address(
    operator: Operator, value: str
) -> None:
    """What would find an address, or a piece of it, is refused without the scope."""
    given = [value] if operator in (Operator.IN, Operator.NIN) else value
    for where in (Compare((NUMBER,), operator, given), Not(Compare((NUMBER,), operator, given))):
        require_answerable(ADMIN, where)
        if operator in PLAIN and not holds_address(value):
            require_answerable(READER, where)
        else:
            with pytest.raises(Forbidden, match="number may have an e-mail address"):
                require_answerable(READER, where)


def test_identifiers_in_lists_are_compared_like_others() -> None:
    """An element has no column of its own: that of the list counts."""
    numbers = Column(name="numbers", type=TEXT, many=True, identifier=True)
    require_answerable(READER, Some((numbers,), equals()))
    with pytest.raises(Forbidden, match="numbers may have"):
        require_answerable(READER, Some((numbers,), Compare((), Operator.STARTS_WITH, "a")))


def test_an_identifier_is_not_ordered_by() -> None:
    """The order, and every cursor in it, would tell an address."""
    require_answerable(ADMIN, EVERYTHING, (Order(NUMBER),))
    with pytest.raises(Forbidden, match="ordering by it"):
        require_answerable(READER, EVERYTHING, (Order(NUMBER),))


def test_what_no_text_can_stand_for_is_null() -> None:
    """A personal word of an enum."""
    word = Column(name="word", type=ENUM, values=("A",), personal=True)
    assert masked(READER, word, "A") is None


async def test_identifiers_of_stored_sessions(context: Context) -> None:
    """An address in an id is masked wherever the id stands, the customer's included."""
    kind = KINDS_BY_NAME["bot"]
    values = {"botId": "b", "channel": "c", "userId": ADDRESSES[0], "sessionId": "x"}
    await sessions.create(context, kind, values)
    row = await sessions.get(called(context, READER), kind, "x")
    assert row
    assert (row["userId"], row["customer"]["id"], row["botId"]) == (MASK, MASK, "b")


# Writing


@pytest.mark.parametrize("name", ["customerId", "agentId"])
async def test_an_address_in_an_identifier_is_not_guessed_by_writing(
    context: Context, name: str
) -> None:
    """Whether it is the stored one, another one, or the session is new: the answer is the same."""
    kind, writer = KINDS_BY_NAME["knowledge"], called(context, WRITER)
    stored = await sessions.create(context, kind, {name: ADDRESSES[0]})
    new = "0b6f3c55-6a3c-4a1e-9f4f-53a0c8f6c7d9"
    told = set()
    for session_id, value in ((stored["_id"], ADDRESSES[0]), (stored["_id"], "x@y"), (new, "x@y")):
        given = {name: value}

        def change(document: Document, given: Document = given) -> None:
            sessions.assign(writer, kind, document, given)

        with pytest.raises(Protected) as refusal:
            await sessions.act(writer, kind, session_id, change, create_missing=given)
        told.add((refusal.value.message, refusal.value.field))
    assert len(told) == 1
    assert await sessions.get(context, kind, new) is None
    assert await sessions.get(context, kind, stored["_id"]) == stored


async def test_an_identifier_without_an_address_may_be_written(context: Context) -> None:
    """It is shown, too."""
    kind = KINDS_BY_NAME["knowledge"]
    stored = await sessions.create(context, kind, {"customerId": "c1"})
    row = await sessions.update(called(context, WRITER), kind, stored["_id"], {"customerId": "c2"})
    assert row["customerId"] == "c2"


def masked_values() -> list[Any]:
    """Each text that a client may give, in every kind."""
    return [
        pytest.param(kind, column, id=f"{kind.name}.{column.name}")
        for kind in KINDS_BY_NAME.values()
        for column in kind.own_columns
        if column.type is TEXT and (column.live_scope or not column.pattern)
    ]


@pytest.mark.parametrize(("kind", "column"), masked_values())
@pytest.mark.parametrize("sees", [False, True])
async def test_the_mask_is_never_stored(
    context: Context, kind: Kind, column: Column, sees: bool
) -> None:
    """Nobody can give it for what may be masked; who sees masks can give it for nothing."""
    writer = context if sees else called(context, WRITER)
    free = sees and not (column.personal or column.identifier or column.live_scope)
    value = [MASK] if column.many else MASK
    given = {**EXAMPLES[kind.name].values, column.name: value}
    if free:
        assert await sessions.create(writer, kind, given)
        return
    with pytest.raises(Invalid, match="stands for a value that is masked") as refusal:
        await sessions.create(writer, kind, given)
    assert refusal.value.field[0] == column.name


# Secrets of live sessions


async def test_a_live_token_is_shown_to_who_may_write(context: Context) -> None:
    """Without the scope it is masked until the session ends, whichever columns are read."""
    kind = KINDS_BY_NAME["co_browse"]
    reader = called(context, Caller("r", frozenset({"co_browse:read", "pii:read"})))
    writer = called(context, Caller("w", frozenset({"co_browse:read", "co_browse:write"})))
    created = await sessions.create(context, kind, {})
    id_, token = created["_id"], created["sessionToken"]
    alone = frozenset({"sessionToken"})

    async def shown(to: Context) -> set[str]:
        read = Read(kind, window=Window(first=1), columns=alone)
        rows = [*(await sessions.list_(to, read)).documents]
        for columns in (None, alone):
            row = await sessions.get(to, kind, id_, columns)
            assert row
            rows.append(row)
        return {row["sessionToken"] for row in rows}

    assert (await shown(reader), await shown(writer)) == ({MASK}, {token})
    where = Compare((kind.by_name["sessionToken"],), Operator.EQ, token)
    assert await sessions.count(writer, kind, where) == 1
    with pytest.raises(Forbidden, match="co_browse:write"):
        await sessions.count(reader, kind, where)
    await sessions.update(context, kind, id_, {"deactivationTime": context.now()})
    assert await shown(reader) == {token}


# Every column


NEITHER = {
    "sessionId", "tenant", "labels", "relatedSessions.sessionId", "computerOs", "customFields.name",
    "botId", "channel", "sessionLang", "tags.userTags.name", "tags.sessionTags.name",
    "tags.altText.name", "button.buttonId", "button.name", "visitor.country", "visitor.city",
    "visitor.operatingSystem", "visitor.browser", "visitor.userAgent", "start.timeZone",
    "messages.messageId", "messages.sent.timeZone", "lastMessage.messageId",
    "lastMessage.sent.timeZone",
    "room",
}  # fmt: skip
"""Texts that are neither personal nor identifiers; `room` is the drill's."""


def named(columns: tuple[Column, ...], above: str = "") -> list[tuple[str, Column]]:
    """Every column with its path as clients call it."""
    found: list[tuple[str, Column]] = []
    for column in columns:
        path = f"{above}{column.name}"
        found += [(path, column), *named(column.columns, f"{path}.")]
    return found


def test_of_every_text_it_is_known_whether_it_is_personal(kind: Kind) -> None:
    """A new column needs a decision: `personal`, `identifier`, `live_scope`, or a line above."""
    for path, column in named(kind.columns):
        marks = [column.personal, column.identifier, bool(column.live_scope), path in NEITHER]
        assert sum(marks) == (column.type is TEXT) or (column.personal and sum(marks) == 1), path


def test_what_is_personal() -> None:
    """As docs/access.md says: names, addresses, recordings, free texts, values of tags."""
    marked = {
        f"{kind.name}.{path}"
        for kind in KINDS_BY_NAME.values()
        for path, column in named(kind.columns)
        if column.personal and not column.hidden
    }
    assert marked >= {
        "co_browse.pages.url", "remote_support.videoLinks", "remote_support.techUsername",
        "remote_support.techName", "remote_support.customerName", "remote_support.customerEmail",
        "remote_support.notes", "remote_support.problemDescription", "remote_support.chat.text",
        "remote_support.chat.author", "remote_support.customFields.value", "chat.visitor.name",
        "chat.visitor.emailAddress", "chat.visitor.networkAddress", "chat.visitor.startPage",
        "chat.messages.message", "bot.tags.userTags.value", "bot.tags.altText.value",
        *(f"{kind}.{one}" for kind in KINDS_BY_NAME for one in ("note", "customer.name")),
    }  # fmt: skip
