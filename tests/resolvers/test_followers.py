"""Whoever follows changes, over breaks of any kind, has what a list has."""

import asyncio
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers import live, sessions
from resolvers.context import Context
from resolvers.request import Compare, Filter, Operator, Read
from resolvers.store.store import Store
from tests.properties import examples
from tests.resolvers.followed import BOT, KINDS, bot_id, following, made
from tests.timing import limit

pytestmark = pytest.mark.anyio

RTM: Filter = Compare((BOT.by_name["channel"],), Operator.EQ, "rtm")
STEPS = st.lists(
    st.tuples(st.sampled_from(["rtm", "sms", "gone"]), st.integers(1, 3), st.booleans()),
    min_size=1,
    max_size=12,
)


@pytest.mark.slow
@settings(max_examples=examples(12))
@given(steps=STEPS, pulled=st.booleans())
async def test_who_follows_has_what_a_list_has(
    wire_store: Store, steps: list[tuple[str, int, bool]], pulled: bool
) -> None:
    """Whatever happens, and however often the client comes back in between."""
    context = Context(wire_store)
    await wire_store.collection(BOT).delete_many({})
    cursor = (await live.page(context, KINDS, {BOT: RTM}, None, 1)).cursor
    rows: dict[str, Any] = {}
    for channel, number, looks in steps:
        await _step(context, channel, bot_id(str(number)))
        if looks:
            cursor = await _caught_up(context, rows, cursor, pulled)
    await _caught_up(context, rows, cursor, pulled)
    listed = await sessions.list_(context, Read(BOT, RTM))
    assert rows == {row["_id"]: row for row in listed.documents}
    await context.feed.close()


async def _step(context: Context, channel: str, session_id: str) -> None:
    stored = await sessions.get(context, BOT, session_id)
    if channel == "gone":
        if stored:
            await sessions.delete(context, BOT, session_id)
    elif stored:
        await sessions.update(context, BOT, session_id, {"channel": channel})
    else:
        await made(context, session_id, channel=channel)


async def _caught_up(context: Context, rows: dict[str, Any], cursor: str, pulled: bool) -> str:
    """Bring the rows up to date, by pages or by following; the cursor to go on from."""
    if pulled:
        more = True
        while more:
            page = await live.page(context, KINDS, {BOT: RTM}, cursor, 2)
            _apply(rows, page.changes)
            cursor, more = page.cursor, page.more
        return cursor
    last = uuid.uuid4().hex[:24]  # changes of the last seconds may come once more
    await made(context, last)
    async with following(context, RTM, after=cursor) as changes:
        async with asyncio.timeout(limit(20)):
            async for change in changes:
                if change.session_id == last:
                    cursor = change.cursor
                    break
                _apply(rows, [change])
    await sessions.delete(context, BOT, last)
    return cursor


def _apply(rows: dict[str, Any], changes: list[live.Change]) -> None:
    for change in changes:
        if change.document is None:
            rows.pop(change.session_id, None)
        else:
            rows[change.session_id] = change.document
