"""Int variables: compiled readers accept what graphql-core accepts, and nothing more."""

from typing import Any

import pytest

from schema.build import Schema
from schema.errors import formatted
from tests.schema.execution.database import Database
from tests.schema.execution.support import Asker
from tests.schema.test_damaged_records import bot

FILTER = "query ($given: BotSessionFilter) { botSessions(filter: $given) { nodes { botId } } }"
INPUT = (
    'mutation ($given: UpdateBotSessionInput!) { updateBotSession(sessionId: "a", input: $given)'
    " { session { noOfTasksExecuted } errors { message } } }"
)
PLACES: dict[str, tuple[str, Any]] = {
    "argument": (
        "query ($given: Int) { botSessions(first: $given) { nodes { botId } } }",
        lambda number: number,
    ),
    "filter": (FILTER, lambda number: {"noOfTasksExecuted": {"eq": number}}),
    "list": (FILTER, lambda number: {"noOfTasksExecuted": {"in": [1, number]}}),
    "input": (INPUT, lambda number: {"noOfTasksExecuted": number}),
}
"""Operations with an integer in their variable `given`, and the variable that holds a number."""

REFUSED = (["BAD_USER_INPUT"], [])


def asked(asker: Asker, place: str, number: Any) -> tuple[Any, list[str]]:
    """Error codes or data, and the commands that were sent."""
    text, given = PLACES[place]
    asker.database = Database({"bot_sessions": [bot("a")]})
    result = asker(text, given=given(number))
    codes = [formatted(error)["extensions"]["code"] for error in result.errors or ()]
    return codes or result.data, asker.sent()


@pytest.fixture
def warm(fresh: Asker) -> Asker:
    """Has answered each operation often enough to read its variables by compiled readers."""
    for place in PLACES:
        for number in (5, 6, 7):
            assert asked(fresh, place, number) != REFUSED
    return fresh


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**63, 1.5, True, "1", {}])
def test_refused(fresh: Asker, number: Any, place: str) -> None:
    """What is not a 32-bit integer is bad input, and no command is sent."""
    assert asked(fresh, place, number) == REFUSED


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**63, 1.5, True, "1", {}])
def test_refused_by_a_known_operation(warm: Asker, number: Any, place: str) -> None:
    """A later run refuses what the first one does."""
    assert asked(warm, place, number) == REFUSED


@pytest.mark.parametrize(
    ("number", "read"),
    [(2**31 - 1, 2**31 - 1), (-(2**31), -(2**31)), (0, 0), (1.0, 1), (-(2.0**31), -(2**31))],
)
def test_accepted(warm: Asker, plain_schema: Schema, number: Any, read: int) -> None:
    """The bounds are integers themselves, and so is a float without a fraction."""
    data, (command,) = asked(Asker(plain_schema), "filter", number)
    assert f"{{'noOfTasksExecuted': {read}}}" in command
    assert asked(warm, "filter", number) == (data, [command])


@pytest.mark.parametrize("number", [2**31 - 1, 1.0])
def test_stored(warm: Asker, plain_schema: Schema, number: Any) -> None:
    """An integer is stored as it was given."""
    data, _ = asked(Asker(plain_schema), "input", number)
    session = {"noOfTasksExecuted": int(number)}
    assert data == {"updateBotSession": {"session": session, "errors": []}}
    assert asked(warm, "input", number)[0] == data
