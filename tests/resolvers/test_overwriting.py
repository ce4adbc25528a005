"""What a caller may not see it may not overwrite, and nothing can be learned by trying."""

from typing import Any

import pytest

from resolvers import sessions
from resolvers.access import Caller
from resolvers.context import Context
from resolvers.errors import Protected
from resolvers.kind import Column, Document, Kind, walk
from resolvers.masks import MASK
from tests.conftest import KINDS_BY_NAME, Clock
from tests.kinds import SAMPLES

pytestmark = pytest.mark.anyio

CHAT = KINDS_BY_NAME["chat"]
FULL = {sample.kind: sample.personal for sample in SAMPLES}


def masked(context: Context) -> Context:
    """The same request by a caller who writes, and sees nothing personal."""
    caller = Caller("somebody", frozenset({"*:read", "*:write"}))
    return Context(store=context.store, now=context.now, caller=caller)


def personal_columns() -> list[Any]:
    """Every column that is personal, or has a personal part."""
    return [
        pytest.param(kind, column, id=f"{kind.name}.{column.name}")
        for kind in KINDS_BY_NAME.values()
        for column in kind.own_columns
        if not column.create_only and any(part.personal for _, part in walk((column,)))
    ]


@pytest.mark.parametrize(("kind", "column"), personal_columns())
async def test_personal_column_is_not_overwritten(
    context: Context, clock: Clock, kind: Kind, column: Column
) -> None:
    """Another value, the stored one, the mask and null are refused alike; nothing changes."""
    before = await sessions.create(context, kind, FULL[kind.name])
    clock.advance(seconds=1)
    stored = FULL[kind.name].get(column.name)
    for value in (stored, None, [] if column.many else MASK):
        if column.columns and value == MASK:
            continue
        with pytest.raises(Protected, match="pii:read") as refusal:
            await sessions.update(masked(context), kind, before["_id"], {column.name: value})
        assert (refusal.value.code, refusal.value.field[0]) == ("FORBIDDEN", column.name)
    assert await sessions.get(context, kind, before["_id"]) == before


def identifiers() -> list[Any]:
    """Every column that can be changed and is shown unless it has an address in it."""
    return [
        pytest.param(kind, column, id=f"{kind.name}.{column.name}")
        for kind in KINDS_BY_NAME.values()
        for column in kind.own_columns
        if column.identifier and not column.create_only and not column.derived
    ]


@pytest.mark.parametrize(("kind", "column"), identifiers())
async def test_identifier_that_is_masked_is_not_overwritten(
    context: Context, clock: Clock, kind: Kind, column: Column
) -> None:
    """One with an address stays; what the caller sees, it may change."""
    name = column.name
    before = await sessions.create(context, kind, {**FULL[kind.name], name: "ada@example.org"})
    clock.advance(seconds=1)
    for value in ("plain", "ada@example.org", None):
        with pytest.raises(Protected, match="pii:read") as refusal:
            await sessions.update(masked(context), kind, before["_id"], {name: value})
        assert refusal.value.field == (name,)
    assert await sessions.get(context, kind, before["_id"]) == before
    await sessions.update(context, kind, before["_id"], {name: "plain"})
    changed = await sessions.update(masked(context), kind, before["_id"], {name: "other"})
    assert changed[column.path] == "other"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"visitor": {"name": MASK}}, ("visitor", "name")),
        ({"visitor": {"country": "FR", "emailAddress": None}}, ("visitor", "emailAddress")),
        ({"visitor": None}, ("visitor",)),
        ({"messages": []}, ("messages",)),
    ],
)
async def test_refusal_names_the_personal_part(
    context: Context, values: Document, field: tuple[str, ...]
) -> None:
    """The path leads to what must be left out, however deep it stands."""
    created = await sessions.create(context, CHAT, {"visitor": {"name": "Ada"}})
    with pytest.raises(Protected) as refusal:
        await sessions.update(masked(context), CHAT, created["_id"], values)
    assert refusal.value.field == field


async def test_other_parts_may_be_changed(context: Context) -> None:
    """What stands beside a personal text is free, and the text stays."""
    created = await sessions.create(context, CHAT, {"visitor": {"name": "Ada"}})
    session_id = created["_id"]
    answer = await sessions.update(masked(context), CHAT, session_id, {"visitor": {"city": "Lyon"}})
    assert answer["visitor"] == {"name": MASK, "city": "Lyon"}
    stored = await sessions.get(context, CHAT, session_id)
    assert stored
    assert stored["visitor"] == {"name": "Ada", "city": "Lyon"}


@pytest.mark.parametrize("name", sorted(KINDS_BY_NAME))
async def test_creation_may_give_everything(context: Context, name: str) -> None:
    """A new session overwrites nothing."""
    kind = KINDS_BY_NAME[name]
    created = await sessions.create(masked(context), kind, FULL[name])
    assert await sessions.get(context, kind, created["_id"])


async def test_appending_is_allowed(context: Context) -> None:
    """A list that grows loses nothing."""
    created = await sessions.create(context, CHAT, {})
    message = {"id": "1", "message": "Hello", "source": "VISITOR", "sent": created["start"]}

    def change(document: Document) -> None:
        document["messages"] = [*document["messages"], message]

    await sessions.act(masked(context), CHAT, created["_id"], change)
    stored = await sessions.get(context, CHAT, created["_id"])
    assert stored
    assert stored["messages"][0]["message"] == "Hello"
