"""The session, the credentials and the calls of getSessions that its tests share."""

import copy
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from schema.kinds.bot import BOT
from tests.app.rest.legacy import Door

BOT_ID = "st-1"
PATH = f"/api/public/bot/{BOT_ID}/getSessions"
ALL = "/api/public/getSessions"
PATHS = (PATH, f"/api/public/stream/{BOT_ID}/getSessions", ALL)
AUTH = {"auth": "jwt.root"}
START = datetime(2026, 2, 27, 8, 0, 0, 25_000)

SESSION: dict[str, Any] = {
    "sessionId": "s1",
    "botId": BOT_ID,
    "channel": "rtm",
    "userId": "u1",
    "startTime": START,
    "endTime": START + timedelta(seconds=4),
    "sessionLang": ["en", "fr"],
    "sessionType": "NON_INTERACTIVE",
    "containmentType": "DROP_OFF",
    "isDeveloper": False,
    "tags": {
        "userTags": [{"name": "regular", "value": "newuser"}],
        "sessionTags": [{"name": "topic"}],
    },
    "noOfMessagesExchanged": 6,
    "noOfTasksExecuted": 2,
}
ROW = (
    b'{"sessionId":"s1","botId":"st-1","channel":"rtm","userId":"u1",'
    b'"start_time":"2026-02-27T08:00:00.025Z","end_time":"2026-02-27T08:00:04.025Z",'
    b'"session_lang":["en","fr"],"sessionType":"non-interactive","containmentType":"dropOff",'
    b'"isDeveloper":false,"sessionStatus":"closed",'
    b'"tags":{"userTags":[{"value":"newuser","name":"regular"}],'
    b'"sessionTags":[{"value":null,"name":"topic"}],"altText":[]},'
    b'"noOfMessagesExchanged":6,"noOfTasksExecuted":2}'
)
CREDENTIALS = b'{"errors":[{"msg":"Invalid SDK credentials","code":4002}]}'
WEEK = {"dateFrom": "2026-02-22", "dateTo": "2026-03-01"}


def require_invalid(answer: httpx.Response) -> str:
    """That it is the vendor's 412; what the second error says."""
    first, second = answer.json()["errors"]
    assert answer.status_code == first["code"] == second["code"] == 412
    assert (first["msg"], list(second)) == ("Validation errors/ Invalid arguments", list(first))
    return str(second["msg"])


def store(door: Door, session_id: str, **values: Any) -> None:
    """A closed session that differs from SESSION in `values`; None takes a value away."""
    merged = {**copy.deepcopy(SESSION), "sessionId": session_id, **values}
    door.create(BOT, {name: value for name, value in merged.items() if value is not None})


def ask(
    door: Door,
    body: Any = None,
    path: str = PATH,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    return door.send("POST", path, body, AUTH if headers is None else headers)


def found(door: Door, body: Any = None, path: str = PATH) -> list[str]:
    """The ids of the sessions in an answer."""
    answer = ask(door, body, path)
    assert answer.status_code == 200, answer.text
    return [row["sessionId"] for row in answer.json()["sessions"]]


def tag(name: str, *values: str, of: str = "user") -> dict[str, Any]:
    return {"name": name, "values": list(values), "type": of}
