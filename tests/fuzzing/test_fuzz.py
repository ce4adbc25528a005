"""Ten thousand random requests, and what each answer must be; and that a fault would be seen."""

from collections.abc import AsyncIterator
from random import Random

import pytest

from tests.contract.whole import Whole, opened
from tests.fuzzing.checks import faults
from tests.fuzzing.requests import Answer, Request
from tests.fuzzing.run import fuzz, grammars
from tests.timing import limit
from tests.wire.engine import WireEngine

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PARTS = 4
MOST_MEMORY = 250_000_000
"""Bytes that a part may leave behind. The caches have their own bounds: a process of 160 MB had at
most 284 MB between 20,000 and 60,000 requests, and 243 MB at the end."""


@pytest.fixture
async def whole(engine: WireEngine) -> AsyncIterator[Whole]:
    """The whole application over a database of its own."""
    async with opened(engine) as made:
        yield made


@pytest.mark.timeout(limit(600))
@pytest.mark.parametrize("part", range(PARTS))
async def test_no_request_breaks_it(whole: Whole, part: int) -> None:
    """No status but 503 from 500 on, no code of our own failure, no internals, bounded cost."""
    count = 10_000 // PARTS
    report = await fuzz(whole, 2026, range(part * count, (part + 1) * count))
    assert not report.failures, "\n\n".join(report.failures[:5])
    assert report.grown < MOST_MEMORY, report
    assert min(report.share("GraphQL 200"), report.share("vendors 200")) > 0.2, report


async def test_a_run_follows_from_its_seed(whole: Whole) -> None:
    """The same seed and number make the same request, another one another."""
    made = (await grammars(whole))[1]
    one, again, other = (made.request(Random(seed)) for seed in ("1 5", "1 5", "1 6"))
    assert one == again != other


JSON = {b"content-type": b"application/json"}
GRAPHQL = Request("POST", "/graphql")
INTERNAL = b'{"errors": [{"message": "x", "extensions": {"code": "INTERNAL"}}]}'


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (GRAPHQL, Answer(500, JSON, b'{"errors": []}')),
        (GRAPHQL, Answer(503, JSON, b'{"errors": []}')),
        (GRAPHQL, Answer(200, JSON, b'{"errors": [')),
        (GRAPHQL, Answer(200, JSON, b"{}")),
        (GRAPHQL, Answer(200, JSON, INTERNAL)),
        (GRAPHQL, Answer(0)),
        (Request("GET", "/x"), Answer(400, JSON, b'{"error": "pymongo.errors.WriteError"}')),
        (Request("GET", "/x"), Answer(200, {b"content-type": b"text/xml"}, b"<a>")),
    ],
)
def test_faults_are_seen(request_: Request, answer: Answer) -> None:
    """A status, a code, internals, and what is not what its type says."""
    assert list(faults(request_, answer))


def test_what_was_asked_may_be_shown_again() -> None:
    """A client that writes of pymongo may read of it."""
    answer = Answer(400, JSON, b'{"error": "no column pymongo"}')
    assert not list(faults(Request("GET", "/x", b"pymongo"), answer))
