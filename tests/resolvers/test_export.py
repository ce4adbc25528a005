"""An export has each session once, whatever the size of its parts, and goes on from any row."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from resolvers import export as module
from resolvers import sessions
from resolvers.context import Context
from resolvers.errors import BadInput, LimitExceeded
from resolvers.export import LARGE, SMALL, Exporting
from resolvers.kind import Document
from resolvers.request import LARGEST_PAGE, Page, Read
from schema.kinds.bot import BOT
from tests.conftest import NOW, mock_store

pytestmark = pytest.mark.anyio


async def stored(moments: list[int]) -> Context:
    """Sessions that were created at these minutes."""
    context = Context(await mock_store())
    for place, minutes in enumerate(moments):
        context.now = lambda minutes=minutes: NOW + timedelta(minutes=minutes)  # type: ignore[misc]
        values = {"sessionId": f"s{place}", "botId": "b", "channel": "rtm", "userId": "u"}
        await sessions.create(context, BOT, values)
    return context


async def rows(
    context: Context, sizes: list[int], after: str | None = None
) -> list[tuple[str, str]]:
    """Ids and cursors of all rows; the parts become files of these sizes."""
    exporting = Exporting(BOT, after=after)
    exporting._first = 1
    found: list[tuple[str, str]] = []
    while part := await exporting.part(context):
        assert part.documents
        found += zip([row["_id"] for row in part.documents], part.cursors, strict=True)
        exporting.wrote(sizes[len(found) % len(sizes)])
    return found


@given(
    some.lists(some.integers(0, 5), max_size=12),
    some.lists(some.sampled_from([SMALL - 1, SMALL, LARGE + 1]), min_size=1, max_size=4),
)
def test_each_once_and_in_order(moments: list[int], sizes: list[int]) -> None:
    """Also among sessions of the same instant; and the rest after each of them."""

    async def check() -> None:
        context = await stored(moments)
        found = await rows(context, sizes)
        wanted = sorted((at, f"s{place}") for place, at in enumerate(moments))
        assert [one for one, _ in found] == [one for _, one in wanted]
        for place, (_, cursor) in enumerate(found):
            assert await rows(context, sizes, cursor) == found[place + 1 :]

    asyncio.run(check())


async def test_parts_have_a_size() -> None:
    """Small ones grow up to the largest page, and large ones shrink down to one session."""
    exporting = Exporting(BOT)
    for _ in range(20):
        exporting.wrote(0)
    assert exporting._first == LARGEST_PAGE
    for _ in range(20):
        exporting.wrote(LARGE + 1)
    assert exporting._first == 1


async def test_a_part_beyond_the_limit_is_read_in_smaller_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sessions of which few fit into one read are exported, too."""
    asked: list[int | None] = []

    async def list_(_context: Context, read: Read) -> Page:
        asked.append(read.window.first)
        if (read.window.first or 0) > 3:
            raise LimitExceeded("too much", limit="read_bytes")
        document: Document = {"_id": "a", "createdAt": NOW}
        return Page([document], False, False, None)

    monkeypatch.setattr(module.sessions, "list_", list_)
    part = await Exporting(BOT).part(Context.offline())
    assert part is not None
    assert asked == [50, 12, 3]


@pytest.mark.parametrize("after", ["x", "W10=", "bm90aGluZw=="])
async def test_another_cursor_is_refused(after: str) -> None:
    """By name."""
    context: Any = Context(await mock_store())
    with pytest.raises(BadInput, match="after"):
        await Exporting(BOT, after=after).part(context)
