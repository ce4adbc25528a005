"""Exports as people have them: the traps of each vendor, and files that are not what they seem."""

import copy
import gzip
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from app.commands.imports.files import expand
from tests.app.commands.imports.conftest import Desk

pytestmark = pytest.mark.anyio
Case = Callable[[str], Path]
KORE: dict[str, Any] = {
    "sessionId": "s1",
    "botId": "st-1",
    "channel": "rtm",
    "userId": "u-1",
    "start_time": "2025-03-18T14:00:47.505Z",
    "end_time": "2025-03-18T14:01:37.518Z",
    "session_lang": ["en"],
    "sessionType": "interactive",
    "containmentType": "agent",
    "isDeveloper": False,
    "sessionStatus": "closed",
    "tags": {"userTags": [], "sessionTags": [], "altText": []},
    "noOfMessagesExchanged": 4,
    "noOfTasksExecuted": 1,
}
ACTIVE = {
    name: value for name, value in KORE.items() if name not in ("end_time", "containmentType")
} | {"sessionStatus": "active"}
INFO = {"sessionId": "3f0a6b52-9c1d-4e7a-8b35-d2c94a7e1f61", "customerId": "C-1"}


def page(*rows: Any, total: int | None = None, more: bool = False) -> dict[str, Any]:
    total = len(rows) if total is None else total
    return {"total": total, "moreAvailable": more, "sessions": list(rows)}


def kore(**changes: Any) -> dict[str, Any]:
    row = copy.deepcopy(KORE) | changes
    return {name: value for name, value in row.items() if value is not ...}


@pytest.mark.parametrize(
    "content",
    [
        page(KORE),
        KORE,
        [KORE],
        [page(KORE), page(ACTIVE | {"sessionId": "s2"})],
        orjson.dumps(page(KORE)) + b"\n" + orjson.dumps(page(KORE)) + b"\r\n",
        orjson.dumps(KORE) + b"\n\n" + orjson.dumps(KORE | {"sessionId": "s2"}),
        b"\xef\xbb\xbf  \r\n" + orjson.dumps(page(KORE), option=orjson.OPT_INDENT_2),
        orjson.dumps(page(KORE)).decode().encode("utf-16"),
        {"sessions": [KORE], "moreAvailable": False, "total": 1},
    ],
)
async def test_shapes_of_a_file(desk: Desk, content: Any) -> None:
    """An answer, a row, lists of them, one a line; with any byte-order mark and space."""
    await desk.store("kore", desk.file("a.json", content))
    assert (await desk.stored("kore"))[0]["startTime"] == datetime(2025, 3, 18, 14, 0, 47, 505000)


async def test_files_of_a_folder(desk: Desk) -> None:
    """In the order of their numbers, in folders too; hidden files are left alone."""
    (desk.folder / "inner").mkdir()
    for name in ("page10.json", "page9.json", ".hidden", "inner/page1.json"):
        desk.file(name, b"")
    names = [Path(file.name).name for file in expand([desk.folder])]
    assert names == ["page1.json", "page9.json", "page10.json"]


async def test_folder_without_files(desk: Desk) -> None:
    """Probably another one is meant."""
    with pytest.raises(ValueError, match="has no files"):
        expand([desk.folder])


async def test_overlapping_pages_are_merged(desk: Desk) -> None:
    """A row that slipped to the next page is one session; the total is right."""
    first = desk.file("page1.json", page(kore(sessionId="b"), KORE, total=3, more=True))
    second = desk.file("page2.json", page(KORE, kore(sessionId="c"), total=3))
    done = await desk.store("kore", first, second)
    assert (done.stored, done.merged, desk.notes) == (3, 1, [])


async def test_rows_of_one_id_that_differ_are_refused(desk: Desk) -> None:
    """Both places are named."""
    first = desk.file("page1.json", page(KORE))
    second = desk.file("page2.json", page(kore(channel="ivr")))
    refusal = await desk.refusal("kore", first, second)
    assert f'{second}, session s1, sessionId has "s1": Row 1 of {first} has the same' in refusal


@pytest.mark.parametrize(
    ("pages", "warning"),
    [
        ([page(KORE, total=2, more=True)], "last page says that more"),
        ([page(KORE, total=2)], "there are 2 sessions, and 1 are here"),
        ([page(KORE, total=2, more=True), page(KORE, total=2)], "there are 2 sessions, and 1"),
        ([page(KORE), page(kore(sessionId="b"), total=9)], "there are 9 sessions, and 1"),
    ],
)
async def test_missing_pages_are_a_warning(desk: Desk, pages: list[Any], warning: str) -> None:
    """What is there is stored all the same."""
    paths = [desk.file(f"page{number}.json", one) for number, one in enumerate(pages)]
    await desk.store("kore", *paths)
    (note,) = desk.notes
    assert warning in note
    assert paths[-1].name in note


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        (kore(isDeveloper=1), {"isDeveloper": True}),
        (kore(isDeveloper=0), {"isDeveloper": False}),
        (kore(containmentType="SELFSERVICE"), {"containmentType": "SELF_SERVICE"}),
        (kore(sessionType="Non-Interactive"), {"sessionType": "NON_INTERACTIVE"}),
        (kore(containmentType=...), {"containmentType": None}),
        (kore(sessionStatus=...), {"status": "CLOSED"}),
        (ACTIVE, {"status": "ACTIVE", "endTime": None}),
        (kore(end_time=None, sessionStatus="active", containmentType=None), {"status": "ACTIVE"}),
        (kore(session_lang=None), {"sessionLang": []}),
        (kore(tags={}), {"tags": {"userTags": [], "sessionTags": [], "altText": []}}),
    ],
)
async def test_what_bot_rows_say(desk: Desk, row: Any, columns: dict[str, Any]) -> None:
    """Flags as numbers, words in any case, missing members."""
    await desk.store("kore", desk.file("a.json", page(row)))
    (stored,) = await desk.stored("kore")
    assert {name: stored.get(name) for name in columns} == columns


async def test_containment_type_by_option(desk: Desk) -> None:
    """Of closed sessions that have none; the others keep theirs."""
    rows = [kore(containmentType=...), kore(sessionId="s2"), ACTIVE | {"sessionId": "s3"}]
    await desk.store("kore", desk.file("a.json", page(*rows)), containment_type="DROP_OFF")
    found = [row.get("containmentType") for row in await desk.stored("kore")]
    assert found == ["DROP_OFF", "AGENT", None]


async def test_values_of_tags_come_back_in_their_spelling(desk: Desk) -> None:
    """Numbers of any size, objects in their order, names that databases dislike."""
    raw = (
        b'[{"value":{"b":1.0,"$a.b":[1e400,-0,"\\u00fc",null]},"name":"x"},{"value":%s,"name":"x"}]'
    )
    raw = raw % (b"9" * 60)
    row = orjson.dumps(kore(tags={"userTags": "HERE"})).replace(b'"HERE"', raw)
    await desk.store("kore", desk.file("a.json", row))
    (body,) = await desk.service.bodies("kore", ["s1"])
    assert raw.replace(b"\\u00fc", "ü".encode()) in body


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (kore(isDeveloper="maybe"), 'isDeveloper has "maybe": Expected true or false.'),
        (kore(isDeveloper=2), "isDeveloper has 2: Expected true or false."),
        (kore(start_time=...), "start_time is missing: A value is required."),
        (kore(start_time=""), 'start_time has "": A value is required.'),
        (kore(start_time="2025-02-30T00:00:00Z"), "start_time has"),
        (kore(start_time=1742306447505), "start_time has 1742306447505: Expected a date"),
        (kore(start_time="0001-01-01T00:00:00Z"), "between the years 1900 and 9998"),
        (kore(end_time="2025-03-18T13:00:00Z"), "end_time has"),
        (kore(userId=None), "userId has null: A value is required."),
        (kore(userId=5), "userId has 5: Expected a text."),
        (kore(channel=["rtm"]), 'channel has ["rtm"]: Expected a text.'),
        (kore(sessionStatus="active"), 'sessionStatus has "active": Expected closed'),
        (kore(end_time=...), 'sessionStatus has "closed": Expected active'),
        (
            ACTIVE | {"containmentType": "agent"},
            "An active session has no containmentType: give its end_time",
        ),
        (kore(containmentType="agents"), "Expected one of dropOff, selfService, agent."),
        (kore(noOfTasksExecuted=10**30), "noOfTasksExecuted has 1000"),
        (kore(noOfTasksExecuted=2**31), "noOfTasksExecuted has 2147483648: 2147483648 is out of"),
        (kore(noOfTasksExecuted=1.5), "noOfTasksExecuted has 1.5: Expected a whole number"),
        (kore(noOfTasksExecuted=-1), "noOfTasksExecuted has -1: -1 is out of range"),
        (kore(session_lang="en"), 'session_lang has "en": Expected a list.'),
        (kore(session_lang=["en", None]), "session_lang.1 has null"),
        (kore(tags=[]), "tags has []: Expected an object."),
        (kore(tags={"userTags": [{"value": 1}]}), "tags.userTags.0.name is missing"),
        (kore(tags={"userTag": []}), "Did you mean userTags?"),
        (kore(endtime="x"), 'endtime has "x": There is no such field. Did you mean end_time?'),
        (kore(channel="a\0b"), "NUL"),
        (kore(sessionId=""), 'row 1, sessionId has ""'),
        (kore(sessionId=...), "row 1, sessionId is missing: A value is required."),
        (5, "row 1: Expected an object."),
        ([], "row 1: Expected an object."),
    ],
)
async def test_wrong_rows_are_named(desk: Desk, row: Any, says: str) -> None:
    """File, row, the vendor's field, what it has and what would be right; nothing is stored."""
    path = desk.file("a.json", page(row, kore(sessionId="right")))
    refusal = await desk.refusal("kore", path)
    assert f"{path}, " in refusal
    assert says in refusal


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "It is empty."),
        (b" \n", "It is empty."),
        (b'{"total":1,"sessions":[', "It ends in the middle"),
        (orjson.dumps(page(KORE))[:-1], "It ends in the middle"),
        (orjson.dumps(page(KORE))[:200], "It ends in the middle"),
        (b'{"sessions":[}]}', "It is not valid JSON at character 14, at '}]}'"),
        (b"<html>", "It is not valid JSON at character 1"),
        (b'{"sessions":[]} x', "It is not valid JSON at character 17"),
        (b'{"sessions":[],"sessions":[]}', "two members 'sessions'"),
        (b'[{"sessionId":"a","sessionId":"b"}]', "two members 'sessionId'"),
        (b'{"sessions":[{"sessionId":NaN}]}', "NaN is not a JSON value"),
        (b'{"sessions":[' + b"[" * 100_000, "levels"),
        (b"\xff\xfe{\x00\x00\xd8x", "Not UTF-16"),
        (gzip.compress(orjson.dumps(page(KORE)))[:-9], "gzip data end in the middle"),
        (b"PK\x03\x04 and so on", "zip archive. Unpack it into a folder"),
        (b'{"errors":[{"msg":"Invalid JWT token","code":4002}]}', "refused to answer. Invalid JWT"),
        (b'"text"', "Expected an object."),
        (b'{"foo":1}', "There is no such field"),
    ],
)
async def test_wrong_files_are_named(desk: Desk, content: bytes, says: str) -> None:
    """Also beside files that are right."""
    right = desk.file("a.json", page(KORE))
    wrong = desk.file("b.json", content)
    refusal = await desk.refusal("kore", right, wrong)
    assert str(wrong) in refusal
    assert says in refusal


async def test_half_of_a_surrogate_pair(desk: Desk) -> None:
    """It is refused, where others would store a question mark."""
    raw = orjson.dumps(kore(channel="HERE")).replace(b"HERE", b"\\ud83d")
    assert "half of a surrogate pair" in await desk.refusal("kore", desk.file("a.json", raw))


async def test_call_id_is_stored_although_it_is_not_shown(desk: Desk) -> None:
    """Clients filter by it; the report says that it does not come back."""
    await desk.store("kore", desk.file("a.json", kore(callId="call-1")))
    assert (await desk.stored("kore"))[0]["callId"] == "call-1"
    assert desk.notes[0].startswith("callId does not come back as it came")
    refusal = await desk.refusal("kore", desk.file("b.json", kore(callId=5)))
    assert "callId has 5: Expected a text." in refusal


async def test_fields_that_may_be_left_out(desk: Desk) -> None:
    """Only if they are named."""
    path = desk.file("a.json", kore(source="x", tags={"more": 1}))
    assert "--ignore source" in await desk.refusal("kore", path)
    await desk.store("kore", path, ignored=frozenset({"source", "tags.more"}))
    assert desk.notes == []


async def test_other_spellings_are_noted(desk: Desk) -> None:
    """What will not come back as it came is said once, with the first row."""
    rows = [kore(isDeveloper=1), kore(sessionId="s2", isDeveloper=1)]
    await desk.store("kore", desk.file("a.json", page(*rows)))
    (note,) = desk.notes
    assert note.startswith("isDeveloper does not come back as it came (true for 1 in ")
    assert note.endswith("session s1 and 1 more).")


async def test_missing_flags_are_noted(desk: Desk) -> None:
    """What every session has, and the row does not."""
    await desk.store("kore", desk.file("a.json", kore(sessionType=...)))
    assert 'sessionType is missing, and stored as "interactive"' in desk.notes[0]
