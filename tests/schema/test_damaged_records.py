"""Stored records that are damaged: an error in their place, and everything else arrives."""

from datetime import datetime
from typing import Any

import pytest

from schema.build import Schema, build
from schema.kinds import KINDS
from tests.schema.conftest import Client

WHEN = datetime(2026, 3, 1)


@pytest.fixture(scope="module", params=[True, False], ids=["compiled", "plain"])
def schema(request: pytest.FixtureRequest) -> Schema:
    """Both ways of rendering tell the same."""
    return build(KINDS, compiled=request.param)


def bot(session_id: str, **values: Any) -> dict[str, Any]:
    """A sound record; a value of `...` is left out."""
    document = {
        "_id": session_id,
        "status": "ACTIVE",
        "startedAt": WHEN,
        "createdAt": WHEN,
        "updatedAt": WHEN,
        "botId": "st",
        "channel": "rtm",
        "userId": "u",
        "startTime": WHEN,
        "sessionLang": [],
        "sessionType": "INTERACTIVE",
        "isDeveloper": False,
        "tags": {"userTags": [], "sessionTags": []},
        "noOfMessagesExchanged": 0,
        "noOfTasksExecuted": 0,
        "revision": 1,
        **values,
    }
    return {name: value for name, value in document.items() if value is not ...}


@pytest.mark.parametrize(
    ("values", "selection", "shown", "field"),
    [
        ({"endTime": "yesterday"}, "endTime", None, "endTime"),
        ({"endedAt": 5}, "endedAt", None, "endedAt"),
        ({"containmentType": "OTHER"}, "containmentType", None, "containmentType"),
        ({"containmentType": 5}, "containmentType", None, "containmentType"),
        ({"durationSeconds": "long"}, "durationSeconds", None, "durationSeconds"),
        ({"durationSeconds": float("nan")}, "durationSeconds", None, "durationSeconds"),
        ({"durationSeconds": True}, "durationSeconds", None, "durationSeconds"),
        ({"customer": {"id": 5}}, "customer { customerId }", {"customerId": None}, "customerId"),
    ],
)
def test_optional_field(
    client: Client, values: dict[str, Any], selection: str, shown: Any, field: str
) -> None:
    """A damaged optional field is null, with an error that names session and field."""
    client.insert("bot", bot("a"), bot("bad", **values), bot("c"))
    response = client(
        "{ botSessions(orderBy: [{field: SESSION_ID}])"
        f" {{ nodes {{ sessionId botId {selection} }} }} }}"
    )
    name = selection.split()[0]
    rows = {row["sessionId"]: row for row in response["data"]["botSessions"]["nodes"]}
    assert rows.keys() == {"a", "bad", "c"}
    assert rows["bad"][name] == shown
    assert rows["bad"]["botId"] == "st"
    (error,) = response["errors"]
    assert error["extensions"] == {
        "code": "CORRUPT_DOCUMENT",
        "sessionId": "bad",
        "field": field,
    }
    assert error["path"][:4] == ["botSessions", "nodes", 1, name]
    assert "'bad'" in error["message"]


@pytest.mark.parametrize(
    ("values", "selection", "field"),
    [
        ({"botId": ...}, "botId", "botId"),
        ({"botId": 5}, "botId", "botId"),
        ({"botId": None}, "botId", "botId"),
        ({"startedAt": "2026"}, "startedAt", "startedAt"),
        ({"createdAt": "2026"}, "createdAt", "createdAt"),
        ({"sessionType": ...}, "sessionType", "sessionType"),
        ({"isDeveloper": 1}, "isDeveloper", "isDeveloper"),
        ({"noOfTasksExecuted": 2**40}, "noOfTasksExecuted", "noOfTasksExecuted"),
        ({"noOfTasksExecuted": 1.5}, "noOfTasksExecuted", "noOfTasksExecuted"),
        ({"sessionLang": "en"}, "sessionLang", "sessionLang"),
        ({"sessionLang": ["en", 5]}, "sessionLang", "sessionLang"),
        ({"tags": ...}, "tags { userTags { name } }", "tags"),
        ({"tags": {"userTags": [{"name": 5}]}}, "tags { userTags { name } }", "name"),
    ],
)
def test_required_field(client: Client, values: dict[str, Any], selection: str, field: str) -> None:
    """A damaged required field takes its row with it; the rest of the page arrives."""
    client.insert("bot", bot("a"), bot("bad", **values), bot("c"))
    response = client(
        "{ botSessions(orderBy: [{field: SESSION_ID}])"
        f" {{ nodes {{ sessionId {selection} }} edges {{ node {{ sessionId }} }} }} }}"
    )
    page = response["data"]["botSessions"]
    assert [row and row["sessionId"] for row in page["nodes"]] == ["a", None, "c"]
    assert [edge["node"]["sessionId"] for edge in page["edges"]] == ["a", "bad", "c"]
    (error,) = response["errors"]
    assert error["extensions"] == {"code": "CORRUPT_DOCUMENT", "sessionId": "bad", "field": field}
    assert error["path"][:3] == ["botSessions", "nodes", 1]


def test_missing_list_is_empty(client: Client) -> None:
    """A list that is not stored is an empty one."""
    client.insert("bot", bot("a", sessionLang=..., tags={}))
    found = client.data('{ botSession(sessionId: "a") { sessionLang tags { userTags { name } } } }')
    assert found == {"sessionLang": [], "tags": {"userTags": []}}


def test_only_what_is_selected_can_fail(client: Client) -> None:
    """A damaged field that is not selected disturbs nobody."""
    client.insert("bot", bot("a", startTime="then"))
    assert client.data('{ botSession(sessionId: "a") { botId } }') == {"botId": "st"}


def test_lookup(client: Client) -> None:
    """A session whose required field is damaged is null with its error."""
    client.insert("bot", bot("a", startTime="then"))
    response = client('{ botSession(sessionId: "a") { startTime } }')
    assert response["data"] == {"botSession": None}
    assert response["errors"][0]["extensions"]["field"] == "startTime"


def test_change_of_a_damaged_session(client: Client) -> None:
    """A verb on a session too damaged to be derived again says so and leaves it as it is."""
    client.insert("bot", bot("a", startTime="then", tags="none"))
    before = client.stored("bot", "a")
    for mutation in (
        'updateBotSession(sessionId: "a", input: {endTime: "2026-03-02T00:00:00Z"})',
        'endBotSession(sessionId: "a")',
        'tagBotSession(sessionId: "a", userTags: [{name: "x"}])',
    ):
        error = client.error(f"mutation {{ {mutation} {{ errors {{ code }} }} }}")
        assert error["extensions"]["code"] == "CORRUPT_DOCUMENT"
    assert client.stored("bot", "a") == before


def test_damaged_session_can_be_deleted(client: Client) -> None:
    """Damage does not keep a session from being removed."""
    client.insert("bot", {"_id": "a"})
    payload = client.data('mutation { deleteBotSession(sessionId: "a") { errors { code } } }')
    assert payload == {"errors": []}
    assert client.stored("bot", "a") is None


def test_damage_in_nodes(client: Client) -> None:
    """`node` shows a damaged session like any other field does."""
    client.insert("bot", bot("a", endTime=5))
    response = client('{ node(id: "Qm90U2Vzc2lvbjph") { id ...on BotSession { endTime botId } } }')
    assert response["data"]["node"] == {"id": "Qm90U2Vzc2lvbjph", "endTime": None, "botId": "st"}
    assert response["errors"][0]["extensions"]["sessionId"] == "a"


def test_summary_over_damage(client: Client) -> None:
    """A duration that is no number counts as a session, and leaves the average alone."""
    client.insert("bot", bot("a", durationSeconds=float("nan")), bot("b", durationSeconds=2.0))
    found = client.data("{ botSessionSummary { count averageDurationSeconds } }")
    assert found == {"count": 2, "averageDurationSeconds": 2.0}
