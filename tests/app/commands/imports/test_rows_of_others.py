"""What rows of Agendize's and Genesys' exports say, and which are refused."""

import copy
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.app.commands.imports.conftest import Desk

pytestmark = pytest.mark.anyio
Case = Callable[[str], Path]
INFO = {"sessionId": "3f0a6b52-9c1d-4e7a-8b35-d2c94a7e1f61", "customerId": "C-1"}
CHAT: dict[str, Any] = {
    "id": "c1",
    "start": {"dateTime": "2025-10-26T02:30:00", "timeZone": "Europe/Paris"},
    "messages": [
        {
            "id": "m1",
            "sessionId": "c1",
            "message": "Hello",
            "source": "visitor",
            "sent": {"datetime": "2025-10-26T02:30:00", "timeZone": "Europe/Paris"},
        }
    ],
}
RECORD: dict[str, Any] = {
    "id": "93D03970-C959-11E2-857D-082E5F12B9A1",
    "sessionToken": "519333887",
    "creationTime": 1369939707527,
    "deactivationTime": 1369939743522,
    "pages": [
        {"url": "https://www.example.com/", "enteredTimestamp": 1369939712594, "duration": 30}
    ],
}


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({}, {"status": "CLOSED"}),
        (
            {"visitor": {"emaillAddress": "a@example.org"}},
            {"visitor": {"emailAddress": "a@example.org"}},
        ),
        (
            {"visitor": {"emailAddress": "a@example.org", "emaillAddress": None}},
            {"visitor": {"emailAddress": "a@example.org"}},
        ),
        ({"messages": []}, {"messages": [], "status": "CLOSED"}),
    ],
)
async def test_what_chat_rows_say(desk: Desk, changes: Any, columns: dict[str, Any]) -> None:
    """Both spellings are read; all chats are over."""
    await desk.store("agendize", desk.file("a.json", {"items": [CHAT | changes]}))
    (stored,) = await desk.stored("agendize")
    assert {name: stored.get(name) for name in columns} == columns


async def test_repeated_hour_is_the_earlier_one(desk: Desk) -> None:
    """And comes back as the clock showed it."""
    await desk.store("agendize", desk.file("a.json", CHAT))
    (stored,) = await desk.stored("agendize")
    assert stored["start"]["instant"] == datetime(2025, 10, 26, 0, 30)
    (body,) = await desk.service.bodies("agendize", ["c1"])
    assert orjson.loads(body)["start"] == CHAT["start"]
    assert orjson.loads(body)["messages"][0]["sent"] == {
        "dateTime": "2025-10-26T02:30:00",
        "datetime": "2025-10-26T02:30:00",
        "timeZone": "Europe/Paris",
    }


async def test_missing_zone(desk: Desk) -> None:
    """By option; else the company's, which is said."""
    chat = CHAT | {"start": {"dateTime": "2025-01-01T00:00:00"}}
    await desk.store("agendize", desk.file("a.json", chat), time_zone="Asia/Tokyo")
    assert (await desk.stored("agendize"))[0]["start"]["timeZone"] == "Asia/Tokyo"
    await desk.store("agendize", desk.file("b.json", chat | {"id": "c2", "messages": []}))
    assert "GATEWAY_COMPANY_TIMEZONE" in desk.notes[0]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"visitor": {"emailAddress": "a", "emaillAddress": "b"}}, "two spellings"),
        ({"start": None}, "start has null: A value is required."),
        ({"start": {"timeZone": "UTC"}}, "start.dateTime is missing"),
        ({"start": {"dateTime": "2025-01-01T00:00:00Z", "timeZone": "UTC"}}, "without an offset"),
        ({"start": {"dateTime": "2025-01-01T00:00:00", "timeZone": "Mars"}}, 'timeZone has "Mars"'),
        ({"messages": [CHAT["messages"][0] | {"sessionId": "c2"}]}, "the row's own id"),
        ({"messages": [CHAT["messages"][0] | {"id": None}]}, "messages.0.id has null"),
        ({"messages": [CHAT["messages"][0]] * 2}, 'messages.1.id has "m1"'),
        ({"messages": [CHAT["messages"][0] | {"source": "bot"}]}, "operator, visitor"),
        ({"messages": [CHAT["messages"][0] | {"sent": {}}]}, "messages.0.sent.dateTime is missing"),
    ],
)
async def test_wrong_chats_are_named(desk: Desk, changes: Any, says: str) -> None:
    """In the vendor's spelling that the row has."""
    assert says in await desk.refusal("agendize", desk.file("a.json", CHAT | changes))


async def test_what_co_browse_records_say(desk: Desk) -> None:
    """Milliseconds, capitals, no activation; a derived duration is compared."""
    await desk.store("genesys-co-browse", desk.file("a.json", RECORD))
    (stored,) = await desk.stored("genesys-co-browse")
    assert stored["_id"] == RECORD["id"].lower()
    assert stored["creationTime"] == datetime(2013, 5, 30, 18, 48, 27, 527000)
    assert "activationTime" not in stored
    assert [note.split(" (")[0] for note in desk.notes] == ["id does not come back as it came"]
    wrong = copy.deepcopy(RECORD) | {"id": RECORD["id"].replace("93", "94")}
    wrong["pages"][0]["duration"] = 12
    await desk.store("genesys-co-browse", desk.file("b.json", wrong))
    assert any("pages.duration" in note and "30 for 12" in note for note in desk.notes)


async def test_one_id_in_two_cases_is_one_session(desk: Desk) -> None:
    """Capitals and small letters are one UUID."""
    rows = [RECORD, RECORD | {"id": RECORD["id"].lower()}]
    done = await desk.store("genesys-co-browse", desk.file("a.json", rows))
    assert (done.stored, done.merged) == (1, 1)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"creationTime": "1369939707527"}, "Unix time in milliseconds"),
        ({"creationTime": 10**25}, "Unix time in milliseconds"),
        ({"creationTime": 1e12}, "Unix time in milliseconds"),
        ({"deactivationTime": None}, "deactivationTime has null: A value is required."),
        ({"id": "x"}, 'id has "x"'),
        ({"sessionToken": 519333887}, "sessionToken has 519333887: Expected a text."),
        ({"pages": [{"url": "https://www.example.com/"}]}, "pages.0.enteredTimestamp is missing"),
    ],
)
async def test_wrong_records_are_named(desk: Desk, changes: Any, says: str) -> None:
    """Nothing is filled in with now."""
    assert says in await desk.refusal("genesys-co-browse", desk.file("a.json", RECORD | changes))


@pytest.mark.parametrize("content", [INFO, {"response": INFO, "statusCode": 200}, [INFO]])
async def test_what_knowledge_rows_say(desk: Desk, content: Any) -> None:
    """Flat or in `response`; they have no date."""
    moment = datetime(2020, 1, 2)
    await desk.store("genesys-knowledge", desk.file("a.json", content), created_at=moment)
    (stored,) = await desk.stored("genesys-knowledge")
    assert (stored["customerId"], stored["startedAt"]) == ("C-1", moment)


async def test_date_of_knowledge_rows_is_now_if_nobody_says(desk: Desk) -> None:
    """Which the report says."""
    await desk.store("genesys-knowledge", desk.file("a.json", INFO))
    assert "created now" in desk.notes[0]
