"""A total that is an estimate says so, in every list of sessions."""

from typing import Any

import pytest

from resolvers.errors import Timeout
from resolvers.request import Estimate
from resolvers.store import counting
from tests.kinds import SAMPLES
from tests.schema.conftest import Client

LISTS = ["sessions", *(f"{kind.name}s" for kind in SAMPLES)]
"""The root fields."""


@pytest.fixture(name="answer")
def _answer(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a count of each kind gives."""
    given: list[Any] = [Estimate(7)]

    async def count(*_: Any) -> int:
        if isinstance(given[0], Exception):
            raise given[0]
        return given[0]

    monkeypatch.setattr(counting, "count", count)
    return given


@pytest.mark.parametrize("field", LISTS)
@pytest.mark.parametrize("is_estimate", [True, False])
def test_said(client: Client, answer: list[Any], field: str, is_estimate: bool) -> None:
    """The flag is that of the count, which it asks for by itself; over kinds it is that of any."""
    answer[0] = Estimate(7) if is_estimate else 7
    asked = f"{{ {field} {{ totalCount totalCountIsEstimate }} }}"
    number = 7 * len(SAMPLES) if field == "sessions" else 7
    for _ in range(3):
        assert client.data(asked) == {
            "totalCount": number,
            "totalCountIsEstimate": is_estimate,
        }
    assert client.data(f"{{ {field} {{ totalCountIsEstimate }} }}") == {
        "totalCountIsEstimate": is_estimate
    }


def test_in_a_search(client: Client, answer: list[Any]) -> None:
    """The same in what was found by words."""
    asked = '{ searchSessions(text: "x") { totalCount totalCountIsEstimate } }'
    assert client.data(asked)["totalCountIsEstimate"] is True


def test_without_a_count(client: Client, answer: list[Any]) -> None:
    """A count that takes too long is null with an error, and no estimate."""
    answer[0] = Timeout("too slow")
    found = client("{ botSessions { totalCount totalCountIsEstimate } }")
    assert found["data"] == {"botSessions": {"totalCount": None, "totalCountIsEstimate": False}}
    assert [error["path"] for error in found["errors"]] == [["botSessions", "totalCount"]]
