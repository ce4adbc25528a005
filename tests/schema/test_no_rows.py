"""`first: 0` and `last: 0`: no rows, and all that is known of the page."""

import pytest

from schema.build import DESCRIPTION
from tests.schema.conftest import Client

BOT = {"botId": "st", "channel": "web", "userId": "u"}
CREATE = """mutation ($input: CreateBotSessionInput!) {
  createBotSession(input: $input) { errors { code } } }"""
PAGE = """query ($first: Int, $last: Int, $after: String, $before: String) {
  botSessions(first: $first, last: $last, after: $after, before: $before) {
    nodes { sessionId } edges { cursor } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


@pytest.mark.parametrize("end", ["first", "last"])
@pytest.mark.parametrize("stored", [0, 2])
def test_no_rows(client: Client, end: str, stored: int) -> None:
    """The counts are there, and whether there would be rows."""
    for number in range(stored):
        client.data(CREATE, input={"sessionId": str(number), **BOT})
    for _ in range(3):
        assert client.data(PAGE, **{end: 0}) == {
            "nodes": [],
            "edges": [],
            "totalCount": stored,
            "pageInfo": {
                "hasNextPage": end == "first" and stored > 0,
                "hasPreviousPage": end == "last" and stored > 0,
                "startCursor": None,
                "endCursor": None,
            },
        }


def test_no_rows_after_a_cursor(client: Client) -> None:
    """It knows of the rows on both sides."""
    for number in range(2):
        client.data(CREATE, input={"sessionId": str(number), **BOT})
    cursor = client.data(PAGE, first=1)["pageInfo"]["endCursor"]
    info = client.data(PAGE, first=0, after=cursor)["pageInfo"]
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (True, True)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ('{ botSessions(filter: {startedAt: {gte: "x"}}) { totalCount } }', 41),
        ("{ botSessions(filter: {startedAt: {gte: 5}}) { totalCount } }", 41),
        (
            'query ($d: DateTime = "x")'
            " { botSessions(filter: {endedAt: {gte: $d}}) { totalCount } }",
            23,
        ),
        ('{ chatSessions(filter: {start: {dateTime: {gte: "Z"}}}) { totalCount } }', 49),
    ],
)
def test_wrong_literals_have_their_place(client: Client, text: str, column: int) -> None:
    """The location of an error about a literal is the literal's."""
    assert client.error(text)["locations"] == [{"line": 1, "column": column}]


def test_average_to_the_millisecond(client: Client) -> None:
    """A mean of thirds is rounded."""
    for number, end in enumerate(("00.000", "00.000", "01.000")):
        times = {"startTime": "2026-02-01T08:00:00Z", "endTime": f"2026-02-01T08:00:{end}Z"}
        client.data(CREATE, input={"sessionId": str(number), **BOT, **times})
    summary = client.data("{ botSessionSummary { averageDurationSeconds } }")
    assert summary == {"averageDurationSeconds": 0.333}


def test_the_schema_has_a_description(client: Client) -> None:
    """What a front-end developer reads first."""
    assert client.data("{ __schema { description } }") == {"description": DESCRIPTION}
