"""Nothing leaves by any way that the credential may not see: planted values are sought in all.

tests/contract/ways.py has the ways and the credentials; test_leak_scan looks closer at GraphQL.
"""

from collections.abc import AsyncIterator

import pytest

from tests.contract.stocked import IDS
from tests.contract.ways import (
    NARROW,
    SOME,
    WAYS,
    WIDE,
    marked_columns,
    personal_columns,
    plant,
    planted,
    slowly,
)
from tests.contract.whole import EVERYTHING, Whole, opened
from tests.kinds import SAMPLES
from tests.kinds.sample import Sample
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def application(engine: WireEngine) -> AsyncIterator[Whole]:
    """With every line that can be logged, and everything counted."""
    seen = {"access_log": True, "slow_seconds": 1e-9, "metrics_port": 0, "audit": "all"}
    async with opened(engine, **seen, security_contact="https://example.com/") as made:
        yield made


@pytest.fixture(scope="module")
async def stock_application(application: Whole) -> Whole:
    """With the planted sessions."""
    await plant(application)
    return application


@pytest.mark.parametrize("name", slowly(WAYS))
async def test_nothing_hidden_leaves(stocked: Whole, name: str) -> None:
    """To each narrower credential, by this way."""
    for lack in SOME if name in WIDE else NARROW:
        narrow = NARROW[lack]
        bots = None if narrow.bots is None else list(narrow.bots)
        issued = await stocked.issue(*narrow.scopes, bots=bots)
        async for text in WAYS[name](stocked, issued):
            for hidden in narrow.hidden:
                assert hidden not in text, (lack, text[:2000])


EMPTY = ("trails", "orderings", "documents", "logs", "metrics", "filters")
"""Ways by which nothing planted leaves in plain, or at all, to anybody."""


@pytest.mark.parametrize("name", [name for name in WAYS if name not in EMPTY])
async def test_everything_is_seen_by_who_may(stocked: Whole, name: str) -> None:
    """By the same ways: else the scan would look at nothing."""
    issued = await stocked.issue(*EVERYTHING, "customer:write")
    seen = [text async for text in WAYS[name](stocked, issued)]
    for sample in SAMPLES:
        if name == "vendors" and sample.kind not in ("bot", "chat", "remote_support"):
            continue
        assert any(planted(sample.kind) in text for text in seen), sample.kind


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)
async def test_every_column_is_planted(stocked: Whole, sample: Sample) -> None:
    """Each personal text, and each identifier, has a value that would be found."""
    kind = sample.definition
    stored = await stocked.context.store.collection(kind).find_one({"_id": IDS[sample.kind]})
    assert stored
    assert marked_columns(kind.own_columns) <= personal_columns(kind.columns, stored)
