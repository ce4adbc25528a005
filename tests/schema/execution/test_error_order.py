"""Errors of root fields that fail at the same time come in the order of the response."""

import asyncio

import pytest
from pymongo.errors import OperationFailure

from tests.schema.execution.database import Collection, Database
from tests.schema.execution.support import Asker

LATE = 'late: chatSession(sessionId: "a") { id }'
EARLY = 'early: botSession(sessionId: "a") { id }'


class SlowCollection(Collection):
    """It answers long after all others."""

    async def work(self, method: str) -> None:
        for _ in range(500):
            await asyncio.sleep(0)
        await super().work(method)


@pytest.fixture(autouse=True)
def broken(asker: Asker) -> None:
    """Reads of two kinds fail, those of chats last."""
    faults: dict[tuple[str, str], Exception] = {
        (f"{name}_sessions", "find"): OperationFailure("broken") for name in ("bot", "chat")
    }
    asker.database = Database({}, faults)
    slow = SlowCollection("chat_sessions", asker.database)
    asker.database.collections["chat_sessions"] = slow


def paths(asker: Asker, text: str) -> list[list[list[str | int]]]:
    """The paths of the errors of three runs."""
    return [[error.path for error in asker(text).errors] for _ in range(3)]


@pytest.mark.parametrize("fields", [(LATE, EARLY), (EARLY, LATE)])
def test_fields_that_may_be_null(asker: Asker, fields: tuple[str, str]) -> None:
    """All of them are reported, in their order, no matter which failed first."""
    expected = [[field.split(":")[0]] for field in fields]
    assert paths(asker, f"{{ {' '.join(fields)} }}") == [expected] * 3


def test_order_through_fragments(asker: Asker) -> None:
    """The response's order counts, not the place in the text."""
    text = f"query {{ ...F {EARLY} }} fragment F on Query {{ {LATE} }}"
    assert paths(asker, text) == [[["late"], ["early"]]] * 3


def test_field_that_must_not_be_null(asker: Asker) -> None:
    """One without which there is no data ends the operation: what fails later is not reported."""
    text = "{ late: chatSessions { nodes { id } } early: botSessions { nodes { id } } }"
    assert paths(asker, text) == [[["early"]]] * 3
    assert asker(text).data is None


def test_failure_before_the_end(asker: Asker) -> None:
    """What failed before the operation ended is reported beside its end, in the same order."""
    text = f"{{ late: chatSessions {{ nodes {{ id }} }} {EARLY} }}"
    assert paths(asker, text) == [[["late"], ["early"]]] * 3
