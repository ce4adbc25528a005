"""Live tokens: held by one session at a time, and never for longer than they should be."""

from datetime import timedelta
from typing import Any

import pytest

from resolvers import reservations, sessions
from resolvers.context import Context
from resolvers.errors import AlreadyExists, Invalid
from resolvers.kind import Document, Reservation
from resolvers.store import write
from tests.conftest import KINDS_BY_NAME, Clock
from tests.kinds import EXAMPLES

pytestmark = pytest.mark.anyio

CO_BROWSE = KINDS_BY_NAME["co_browse"]
TOKEN = "519333886"
HELD = Reservation("sessionToken", TOKEN)
OTHER = "00000000-c959-11e2-857d-082e5f12b9a1"


async def create(context: Context, **more: Any) -> Document:
    values = {**EXAMPLES["co_browse"].values, "sessionToken": TOKEN, **more}
    return await sessions.create(context, CO_BROWSE, values)


async def test_token_of_a_live_session_is_refused(context: Context) -> None:
    """The refusal blames the token."""
    await create(context)
    with pytest.raises(AlreadyExists) as refusal:
        await create(context)
    assert refusal.value.field == ("sessionToken",)


async def test_ended_sessions_share_a_token(context: Context) -> None:
    """Histories may have any number of them."""
    for _ in range(3):
        await create(context, deactivationTime=context.now())


async def test_token_is_free_after_delete(context: Context) -> None:
    """A session that is gone holds nothing."""
    created = await create(context)
    await sessions.delete(context, CO_BROWSE, created["_id"])
    await create(context)


async def test_token_is_free_after_deactivation(context: Context) -> None:
    """Nor does one that has ended."""
    created = await create(context)
    end = {"deactivationTime": context.now()}
    await sessions.update(context, CO_BROWSE, created["_id"], end)
    await create(context)


async def test_reactivated_session_holds_its_token_again(context: Context) -> None:
    """An end that is taken back makes it live."""
    created = await create(context, deactivationTime=context.now())
    await sessions.update(context, CO_BROWSE, created["_id"], {"deactivationTime": None})
    with pytest.raises(AlreadyExists):
        await create(context)


async def test_reactivation_is_refused_while_another_has_the_token(context: Context) -> None:
    """And the session stays ended."""
    ended = await create(context, deactivationTime=context.now())
    await create(context)
    with pytest.raises(AlreadyExists):
        await sessions.update(context, CO_BROWSE, ended["_id"], {"deactivationTime": None})
    assert await sessions.get(context, CO_BROWSE, ended["_id"]) == ended


async def test_refused_creation_does_not_free_the_token_of_its_namesake(context: Context) -> None:
    """The same id and token a second time: the first session goes on holding it."""
    await create(context, sessionId=OTHER)
    with pytest.raises(AlreadyExists):
        await create(context, sessionId=OTHER)
    with pytest.raises(AlreadyExists):
        await create(context)


async def test_creation_that_the_database_refuses_holds_nothing(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its token is free at once."""

    async def refuse(*_arguments: object) -> None:
        raise Invalid("Too large.")

    with monkeypatch.context() as patch:
        patch.setattr(write, "create", refuse)
        with pytest.raises(Invalid):
            await create(context)
    await create(context)


async def test_claim_without_a_session_is_respected_for_a_while(
    context: Context, clock: Clock
) -> None:
    """Its session may be about to be stored; after the grace it is nobody's."""
    await reservations.take(context, CO_BROWSE, HELD, OTHER)
    with pytest.raises(AlreadyExists):
        await create(context)
    clock.advance(seconds=(reservations.GRACE + timedelta(seconds=1)).total_seconds())
    await create(context)


async def test_claim_of_a_session_that_is_being_reactivated_is_respected(
    context: Context, clock: Clock
) -> None:
    """Between taking the reservation and storing the change the session does not hold it yet."""
    ended = await create(context, deactivationTime=context.now())
    await reservations.take(context, CO_BROWSE, HELD, ended["_id"])
    with pytest.raises(AlreadyExists):
        await create(context)
    clock.advance(minutes=2)
    await create(context)
