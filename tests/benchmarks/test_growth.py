"""The growth measurement's own parts; the figures are its command's business."""

import json

import pytest

from benchmarks import growth
from benchmarks.sessions import POOL
from resolvers import paging
from resolvers.paging import default_order
from schema.kinds.bot import BOT


def test_sessions_are_newest_first() -> None:
    """Numbers count from the newest, and every session has an id of its own."""
    rows = [growth.session(number) for number in range(250)]
    assert [row["startedAt"] for row in rows] == sorted(
        (row["startedAt"] for row in rows), reverse=True
    )
    assert len({row["_id"] for row in rows}) == 250
    assert rows[0].keys() == POOL[0].keys()


def test_last_page_is_full() -> None:
    """The last page begins a page before the end."""
    first, hundredth, last = growth.places(10_000)
    after = [json.loads(one.bodies[0])["variables"]["after"] for one in (first, hundredth, last)]
    order = default_order(BOT)
    rows = [growth.session(1979), growth.session(9979)]
    assert after == [None, *paging.encode_cursors(BOT, order, rows)]


def test_sizes_have_a_hundredth_page() -> None:
    """A size without one is refused with the reason."""
    with pytest.raises(SystemExit):
        growth.parse(["--sizes", "100"])
