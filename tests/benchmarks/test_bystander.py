"""`scripts/bench bystander` in small: each nuisance goes on, and the table says what it did."""

import asyncio
from typing import Any

import pytest

from benchmarks import bystander
from benchmarks.bystander import NUISANCES, Noticed, table
from tests.timing import limit


@pytest.mark.parametrize("name", [name for name in NUISANCES if name != "none"])
def test_a_nuisance_goes_on(name: str) -> None:
    """It opens connections again and again, until it is stopped."""
    opened = 0

    async def wait(_reader: Any, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(wait, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        _, nuisance, _ = NUISANCES[name]
        assert nuisance
        annoying = asyncio.create_task(bystander.annoy(nuisance, 2, port))
        while opened < 6:  # noqa: ASYNC110  # what is awaited has no event
            await asyncio.sleep(0.01)
        annoying.cancel()
        server.close()

    asyncio.run(asyncio.wait_for(run(), limit(60)))


def test_what_a_bystander_notices() -> None:
    """The table has its answers and failures."""
    noticed = Noticed(seconds=[0.001, 0.002, 0.5], failed=1, cpu=0.5, megabytes=100)
    assert [noticed.wait(share) for share in (0.5, 1)] == [2, 500]
    (row,) = zip(*(column.cells for column in table({"none": noticed}).columns), strict=True)
    assert row == ("nobody else", "3", "1", "2", "500", "500", "0.50", "100")
