"""What a caller may do and see, decided alike for every kind and every door."""

import pytest

from resolvers import sessions
from resolvers.access import Action, Caller
from resolvers.context import Context
from resolvers.errors import Forbidden
from resolvers.kind import Kind
from resolvers.request import (
    EVERYTHING,
    Read,
    Window,
)
from tests.conftest import KINDS_BY_NAME
from tests.kinds import EXAMPLES

pytestmark = pytest.mark.anyio


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
