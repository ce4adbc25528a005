"""Reads that arrive together may share a command: nobody's answer is another one for it."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import httpx
import pytest

from app.rest import VENDORS
from resolvers.credentials import Issued
from resolvers.store.coalescing import Coalescer
from tests.contract.asked import FIELDS, asked
from tests.contract.stocked import IDS
from tests.contract.test_access_scan import ask, proof
from tests.contract.ways import NARROW
from tests.contract.whole import EVERYTHING, Whole, bearer
from tests.kinds import SAMPLES

pytestmark = pytest.mark.anyio

CALLERS = ("without pii:read", "other bots", "bot alone")
TIMES = 3
"""How often each caller asks at the same time."""
OWN = re.compile(rb'"requestId":"[^"]*"')
"""What differs between two answers to the same question."""
Ask = Callable[[Issued], Awaitable[httpx.Response]]


@pytest.fixture
async def callers(stocked: Whole) -> list[Issued]:
    """Who may see everything, and some who may not."""
    issued = [await stocked.issue(*EVERYTHING)]
    for name in CALLERS:
        narrow = NARROW[name]
        bots = None if narrow.bots is None else list(narrow.bots)
        issued.append(await stocked.issue(*narrow.scopes, bots=bots))
    return issued


@dataclass
class Shared:
    """How many reads were asked for, and how many began."""

    asked: int = 0
    begun: int = 0


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Shared:
    """Counts from here on."""
    counted = Shared()
    plain = Coalescer._together

    async def together(self: Coalescer, run: Any, key: Any, ids: Any, read: Any) -> Any:
        async def reading(ids: Any) -> Any:
            counted.begun += 1
            return await read(ids)

        counted.asked += 1
        return await plain(self, run, key, ids, reading)

    monkeypatch.setattr(Coalescer, "_together", together)
    return counted


def told(answer: httpx.Response) -> tuple[int, bytes]:
    """What must be the same."""
    return answer.status_code, OWN.sub(b"", answer.content)


async def require_equal(callers: list[Issued], questions: Mapping[str, Ask]) -> None:
    """Each alone, then all callers at once, several times each."""
    for name, question in questions.items():
        alone = [told(await question(one)) for one in callers]
        order = list(product(range(TIMES), range(len(callers))))
        answers = await asyncio.gather(*(question(callers[who]) for _, who in order))
        for (_, who), answer in zip(order, answers, strict=True):
            assert told(answer) == alone[who], (name, who)


@pytest.mark.slow
async def test_fields(stocked: Whole, callers: list[Issued], shared: Shared) -> None:
    """Every field of GraphQL, with everything selected."""

    def question(text: str) -> Ask:
        body = {"query": text}
        return lambda one: stocked.http.post("/graphql", json=body, headers=bearer(one))

    texts = [one.text for field in FIELDS for one in asked(field)]
    await require_equal(callers, {text: question(text) for text in texts})
    assert shared.begun < 0.9 * shared.asked


async def test_sessions_by_id(stocked: Whole, callers: list[Issued], shared: Shared) -> None:
    """Known and unknown ones of all kinds, by several clients at once."""

    async def question(one: Issued) -> httpx.Response:
        calls = [
            f'{sample.name}{place}: {sample.name}(sessionId: "{id_}") {{ id status note }}'
            for sample in SAMPLES
            for place, id_ in enumerate([IDS[sample.kind], "unknown"])
        ]
        body = {"query": f"{{ {' '.join(calls)} }}"}
        return await stocked.http.post("/graphql", json=body, headers=bearer(one))

    assert "data" in (first := (await question(callers[0])).json()), first
    await require_equal(callers, {"by id": question})
    assert shared.begun < 0.5 * shared.asked


async def test_vendors(stocked: Whole, callers: list[Issued], shared: Shared) -> None:
    """Every path that only reads."""

    def question(vendor: Any, endpoint: Any) -> Ask:
        return lambda one: ask(stocked, endpoint, **proof(vendor, one))

    await require_equal(
        callers,
        {
            f"{endpoint.method} {endpoint.path}": question(vendor, endpoint)
            for vendor in VENDORS
            for endpoint in vendor.endpoints
            if endpoint.changed_by is None
        },
    )
    assert shared.begun < 0.9 * shared.asked
