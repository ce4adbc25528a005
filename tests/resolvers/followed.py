"""What tests of changes share: callers, sessions, and how to wait for what must come."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from resolvers import live, sessions
from resolvers.context import Context
from resolvers.kind import Document, Kind
from resolvers.live import Change
from resolvers.paging import change_cursor
from resolvers.request import EVERYTHING, Filter
from tests.conftest import KINDS_BY_NAME
from tests.timing import limit

KINDS = tuple(KINDS_BY_NAME.values())
BOT, CHAT = KINDS_BY_NAME["bot"], KINDS_BY_NAME["chat"]
SESSION: Mapping[str, Any] = {"botId": "st-1", "channel": "rtm", "userId": "u"}


@asynccontextmanager
async def following(
    context: Context,
    where: Filter = EVERYTHING,
    kind: Kind = BOT,
    after: str | None = None,
) -> AsyncIterator[AsyncGenerator[Change, None]]:
    """The changes of one kind, from now on or after a cursor."""
    changes = await live.follow(context, KINDS, {kind: where}, after)
    try:
        yield changes
    finally:
        await changes.aclose()


async def taken(changes: AsyncGenerator[Change, None], number: int) -> list[Change]:
    """The next so many changes, which must come."""
    async with asyncio.timeout(limit(20)):
        return [await anext(changes) for _ in range(number)]


async def from_now(context: Context) -> str:
    """The cursor after all changes until now, while nobody else writes; one that the gateway gives
    goes back some seconds with the embedded engine."""
    return change_cursor(await context.feed.present(context.store, KINDS))


async def until(changes: AsyncGenerator[Change, None], session_id: str) -> Change:
    """The next change of one session, which must come: others may come before it."""
    async with asyncio.timeout(limit(20)):
        async for change in changes:
            if change.session_id == session_id:
                return change
    raise AssertionError("the changes ended")


async def pulled(context: Context, cursor: str) -> list[Change]:
    """All changes after a cursor, page by page."""
    found: list[Change] = []
    more = True
    while more:
        page = await live.page(context, KINDS, {BOT: EVERYTHING}, cursor, 500)
        found, cursor, more = [*found, *page.changes], page.cursor, page.more
    return found


def told(changes: list[Change]) -> list[tuple[str, str, bool]]:
    """What happened to which session, and whether it is shown."""
    return [(one.action, one.session_id, one.document is not None) for one in changes]


async def made(context: Context, session_id: str, **values: Any) -> Document:
    """A new bot session; the id is shortened to a number."""
    given = {**SESSION, "sessionId": bot_id(session_id), **values}
    return await sessions.create(context, BOT, given)


def bot_id(number: str) -> str:
    """A session id as bot sessions have it."""
    return number.rjust(24, "0")


def as_caller(context: Context, **changes: Any) -> Context:
    """The same surroundings, for a caller who may read only, and is limited as given."""
    scopes = frozenset(changes.pop("scopes", {"*:read", "pii:read"}))
    caller = replace(context.caller, id="limited", scopes=scopes, **changes)
    return replace(context, caller=caller)
