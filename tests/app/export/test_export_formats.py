"""Exported files, byte for byte."""

import csv
from datetime import datetime
from io import StringIO
from typing import Any

import pytest

from app.export.formats import FORMATS, Csv, JsonLines
from resolvers.errors import CorruptDocument
from schema.json_lines import exported_columns
from schema.kinds import bot

KIND = bot.BOT
COLUMNS = exported_columns(KIND, ["sessionId", "note", "startedAt", "labels", "durationSeconds"])
SESSION: dict[str, Any] = {
    "_id": "a",
    "note": 'one, "two"\nthree',
    "startedAt": datetime(2026, 3, 1, 9, 30),
    "labels": ["vip"],
}


def test_a_line() -> None:
    """Names and forms of GraphQL, and the cursor behind them."""
    assert JsonLines(KIND, COLUMNS).row(SESSION, "W10=") == (
        b'{"kind":"BOT","session":{"sessionId":"a","note":"one, \\"two\\"\\nthree",'
        b'"startedAt":"2026-03-01T09:30:00.000Z","labels":["vip"]},"cursor":"W10="}\n'
    )


def test_a_row() -> None:
    """RFC 4180: commas, quotes and line breaks are quoted; what is missing is empty."""
    form = Csv(KIND, COLUMNS)
    assert form.head == b"sessionId,note,startedAt,labels,durationSeconds,cursor,damaged\r\n"
    assert form.row(SESSION, "W10=") == (
        b'a,"one, ""two""\nthree",2026-03-01T09:30:00.000Z,"[""vip""]",,W10=,\r\n'
    )


def test_a_complete_file_needs_no_cursor() -> None:
    """Neither in its head nor in its rows."""
    form = Csv(KIND, exported_columns(KIND, ["sessionId"]), complete=True)
    assert form.head + form.row(SESSION) == b"sessionId\r\na\r\n"


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-1", "@a", "\tx", "\rx"])
def test_a_spreadsheet_runs_nothing(text: str) -> None:
    """What begins as a formula has an apostrophe before it."""
    row = Csv(KIND, COLUMNS).row({**SESSION, "note": text}).decode()
    assert next(csv.reader(StringIO(row, newline="")))[1] == f"'{text}"


@pytest.mark.parametrize("extension", FORMATS)
def test_a_damaged_session_is_told(extension: str) -> None:
    """In its own place, with why, and with its cursor."""
    form = FORMATS[extension](KIND, COLUMNS)
    with pytest.raises(CorruptDocument) as raised:
        form.row({**SESSION, "note": 5}, "W10=")
    told = form.damaged(raised.value, "W10=").decode()
    assert "'a': note is stored as int" in told
    assert "W10=" in told
