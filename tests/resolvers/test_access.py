"""What a caller may do and see, decided alike for every kind and every door."""

from typing import Any

import pytest

from resolvers import sessions
from resolvers.access import MASK, Action, Caller, mask, require_impersonal
from resolvers.context import Context
from resolvers.errors import Forbidden
from resolvers.kind import Column, Document, Kind, walk
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
)
from resolvers.value_types import OBJECT, TEXT
from tests.conftest import KINDS_BY_NAME
from tests.kinds import EXAMPLES

pytestmark = pytest.mark.anyio

NAME = Column(name="name", type=TEXT, personal=True)
TOWN = Column(name="town", type=TEXT)
PERSON = Column(name="person", type=OBJECT, columns=(NAME, TOWN))
PEOPLE = Column(name="people", type=OBJECT, many=True, columns=(NAME, TOWN))
ALIASES = Column(name="aliases", type=TEXT, many=True, personal=True)
COLUMNS = (NAME, TOWN, PERSON, PEOPLE, ALIASES)


@pytest.fixture(params=sorted(KINDS_BY_NAME))
def kind(request: pytest.FixtureRequest) -> Kind:
    """Every kind."""
    return KINDS_BY_NAME[request.param]


def caller(*scopes: str, bots: set[str] | None = None) -> Caller:
    return Caller("somebody", frozenset(scopes), None if bots is None else frozenset(bots))


def called(context: Context, by: Caller) -> Context:
    return Context(store=context.store, now=context.now, caller=by)


# Scopes


@pytest.mark.parametrize("action", list(Action))
def test_scope_covers_its_kind_and_action_only(kind: Kind, action: Action) -> None:
    """`bot:read` neither writes bots nor reads chats."""
    held = caller(f"{kind.name}:{action}")
    granted = [
        (other.name, verb)
        for other in KINDS_BY_NAME.values()
        for verb in Action
        if held.may(other, verb)
    ]
    assert granted == [(kind.name, action)]


@pytest.mark.parametrize("action", list(Action))
def test_wide_scope_covers_its_action_on_every_kind(kind: Kind, action: Action) -> None:
    """`*:read` reads all and writes none."""
    assert [verb for verb in Action if caller(f"*:{action}").may(kind, verb)] == [action]


def test_admin_may_everything(kind: Kind) -> None:
    """Personal data included."""
    assert all(caller("admin").may(kind, verb) for verb in Action)
    assert caller("admin").sees_personal


def test_pii_scope_opens_no_kind(kind: Kind) -> None:
    """It unmasks what other scopes may read, and nothing more."""
    assert not any(caller("pii:read").may(kind, verb) for verb in Action)


def test_refusal_names_the_missing_scope(kind: Kind) -> None:
    """So that the client knows what to ask for."""
    with pytest.raises(Forbidden, match=f"{kind.name}:write"):
        caller(f"{kind.name}:read").require(kind, Action.WRITE)


async def test_reader_may_not_write(context: Context, kind: Kind) -> None:
    """Each writing verb is refused before it looks at anything."""
    reader = called(context, caller("*:read", "pii:read"))
    values = EXAMPLES[kind.name].values
    for work in (
        sessions.create(reader, kind, values),
        sessions.update(reader, kind, "x", {}),
        sessions.delete(reader, kind, "x"),
    ):
        with pytest.raises(Forbidden):
            await work


async def test_writer_may_not_read(context: Context, kind: Kind) -> None:
    """Each reading verb is refused, for an unknown id as well."""
    writer = called(context, caller("*:write"))
    for work in (
        sessions.get(writer, kind, "x"),
        sessions.list_(writer, Read(kind, EVERYTHING, (), Window(first=1))),
        sessions.summarise(writer, kind, EVERYTHING),
    ):
        with pytest.raises(Forbidden):
            await work


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
    mask(COLUMNS, document)
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
    mask(COLUMNS, document)
    assert document == {"person": value, "people": value}


def test_missing_personal_text_stays_missing() -> None:
    """The mask does not invent a value."""
    document: Document = {"name": None}
    mask(COLUMNS, document)
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
    ],
)
def test_filter_on_a_personal_column_is_refused(where: Filter) -> None:
    """However deep it stands: what is masked must not be found out by guessing."""
    with pytest.raises(Forbidden, match="name is personal"):
        require_impersonal(where, ())


def test_order_by_a_personal_column_is_refused() -> None:
    """The order of the rows would tell."""
    with pytest.raises(Forbidden):
        require_impersonal(EVERYTHING, (Order(NAME, descending=False),))


def test_other_columns_may_be_filtered_and_ordered_by() -> None:
    """The neighbour of a personal column is free."""
    require_impersonal(Some((PEOPLE,), equals(TOWN)), (Order(TOWN, descending=True),))


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
    masked = called(context, caller("*:read"))
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
    masked = called(context, caller("*:read", "*:write"))
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


def test_what_names_a_person_is_marked_personal() -> None:
    """Names, addresses, message texts and notes of every kind, as the documentation says."""
    marked = {
        f"{kind.name}.{path}"
        for kind in KINDS_BY_NAME.values()
        for path, column in walk(kind.columns)
        if column.personal
    }
    assert marked >= {
        "chat.visitor.name",
        "chat.visitor.emailAddress",
        "chat.visitor.networkAddress",
        "chat.messages.message",
        "remote_support.customerName",
        "remote_support.customerEmail",
        "remote_support.notes",
        "remote_support.problemDescription",
        "remote_support.chat.text",
        *(f"{kind}.customer.{part}" for kind in KINDS_BY_NAME for part in ("name", "email")),
    }


# Bots


async def test_credential_of_a_bot_sees_no_other(context: Context) -> None:
    """By id, in lists, in counts, in changes: another bot's session is not there."""
    bot = KINDS_BY_NAME["bot"]
    values = EXAMPLES["bot"].values
    for name in ("mine", "other"):
        await sessions.create(context, bot, {**values, "sessionId": name, "botId": name})
    own = called(context, caller("admin", bots={"mine"}))
    page = await sessions.list_(own, Read(bot, EVERYTHING, (), Window(first=9)))
    assert [row["_id"] for row in page.documents] == ["mine"]
    assert await sessions.get(own, bot, "other") is None
    assert await sessions.count(own, bot, EVERYTHING) == 1
    assert (await sessions.summarise(own, bot, EVERYTHING)).count == 1


async def test_credential_of_a_bot_stores_for_no_other(context: Context) -> None:
    """Neither a new session nor one of its own that changes hands."""
    bot = KINDS_BY_NAME["bot"]
    values = {**EXAMPLES["bot"].values, "sessionId": "mine", "botId": "mine"}
    own = called(context, caller("admin", bots={"mine"}))
    await sessions.create(own, bot, values)
    with pytest.raises(Forbidden):
        await sessions.create(own, bot, {**values, "sessionId": "x", "botId": "other"})
    with pytest.raises(Forbidden):
        await sessions.update(own, bot, "mine", {"botId": "other"})


def test_bots_narrow_no_other_kind() -> None:
    """A kind without bots is governed by scopes alone."""
    assert caller("admin", bots={"mine"}).visible(KINDS_BY_NAME["chat"]) == EVERYTHING
