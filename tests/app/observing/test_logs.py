"""Lines of the log: one a fact, none with a value of a document."""

import io
import json
import logging
import os
import re
import sys
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from pymongo.errors import OperationFailure
from starlette.types import Receive, Scope, Send

from app.main import create_app
from app.observing import logs
from app.observing.facts import facts_of
from app.observing.requests import Observed
from app.settings import Settings
from tests.app.graphql_client import open_door

SECRET = "anna@example.com"


class Lines:
    """What the gateway's loggers write, in a form."""

    def __init__(self, form: logging.Formatter) -> None:
        self.written = io.StringIO()
        self.handler = logging.StreamHandler(self.written)
        self.handler.setFormatter(form)

    @property
    def all(self) -> list[str]:
        return self.written.getvalue().splitlines()


@pytest.fixture(params=[logs.TextLines, logs.JsonLines])
def lines(request: pytest.FixtureRequest) -> Iterator[Lines]:
    """In both forms."""
    yield from listening(request.param())


@pytest.fixture
def objects() -> Iterator[Lines]:
    """As JSON."""
    yield from listening(logs.JsonLines())


def listening(form: logging.Formatter) -> Iterator[Lines]:
    lines = Lines(form)
    loggers = [logging.getLogger(name) for name in logs.OWN]
    before = [one.level for one in loggers]
    for one in loggers:
        one.addHandler(lines.handler)
        one.setLevel(logging.INFO)
    yield lines
    for one, level in zip(loggers, before, strict=True):
        one.removeHandler(lines.handler)
        one.setLevel(level)


def ask(
    status: int = 200, path: str = "/", query: bytes = b"", *codes: str, **options: Any
) -> None:
    """A request that is answered with a status; its facts have these codes."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        facts = facts_of(scope)
        facts.api, facts.operation, facts.credential = "graphql", "Mine", "c-1"
        facts.codes += codes
        await send({"type": "http.response.start", "status": status, "headers": []})

    async def nothing(*_: Any) -> Any:
        return None

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode() + b"?" + query,
        "headers": [(b"x-request-id", b"desk-17")],
        "client": ("203.0.113.9", 4711),
    }
    call = Observed(answering, **options)(scope, nothing, nothing)
    with pytest.raises(StopIteration):
        call.send(None)


@pytest.mark.parametrize(
    ("status", "codes", "level"),
    [
        (500, (), "ERROR"),
        (200, ("INTERNAL",), "ERROR"),
        (503, ("UNAVAILABLE",), "WARNING"),
        (200, ("BAD_USER_INPUT", "TIMEOUT"), "WARNING"),
    ],
)
def test_a_failed_request_is_a_line(
    objects: Lines, status: int, codes: tuple[str, ...], level: str
) -> None:
    """With all that it is known by."""
    ask(status, "/", b"", *codes)
    (line,) = map(orjson.loads, objects.all)
    assert (line["level"], line["message"], line["request_id"]) == (level, "failed", "desk-17")
    assert (line["api"], line["operation"], line["credential"]) == ("graphql", "Mine", "c-1")
    assert (line["status"], line["codes"], line["commands"]) == (status, ",".join(codes), 0)
    assert isinstance(line["milliseconds"], float)


@pytest.mark.parametrize(
    ("status", "codes"), [(200, ()), (401, ("UNAUTHENTICATED",)), (503, ("OVERLOADED",))]
)
def test_the_rest_is_none(objects: Lines, status: int, codes: tuple[str, ...]) -> None:
    """What is right, the client's fault, or shed: lines would be one more burden."""
    ask(status, "/", b"", *codes)
    assert objects.all == []


def test_a_slow_request_is_a_line(objects: Lines) -> None:
    """Only where the setting says so."""
    ask(slow_seconds=1e-9)
    ask(slow_seconds=60.0)
    assert [orjson.loads(line)["message"] for line in objects.all] == ["slow"]


def test_the_access_log_has_no_query(lines: Lines) -> None:
    """Client, method, path, status and time; one line, whatever the path is."""
    ask(404, "/a%0A203.0.113.1 GET /b\n200", b"KEY=secret-3", access_log=True)
    (line,) = lines.all
    for part in ("203.0.113.9", "POST", "/a%0A203", "404", "desk-17"):
        assert part in line
    assert "secret-3" not in line


def test_text_lines(lines: Lines) -> None:
    """Time in UTC, level and logger, in both forms."""
    logging.getLogger("gateway.x").warning("seen", extra={"colour": "red"})
    (line,) = lines.all
    if line.startswith("{"):
        found = json.loads(line)
        line = f"{found['time']} {found['level']} {found['logger']} {found['message']} "
        line += f"colour={found['colour']}"
    pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING gateway\.x seen colour=red"
    assert re.fullmatch(pattern, line)


def fails() -> None:
    try:
        {}[SECRET]
    except KeyError as error:
        raise RuntimeError(f"about {SECRET}") from error


def test_exceptions_say_where_and_not_what(lines: Lines) -> None:
    """Their texts may quote documents: types and places are enough to find the fault."""
    try:
        fails()
    except RuntimeError:
        logging.getLogger("gateway.x").exception("broken")
    (line,) = lines.all
    assert SECRET not in line
    assert re.search(r"RuntimeError at tests/app/observing/test_logs\.py:\d+ in fails", line)
    assert re.search(r"from KeyError at tests/app/observing/test_logs\.py:\d+ in fails", line)


def test_numbers_of_failures_are_named(lines: Lines) -> None:
    """A database's code says what went wrong, and nothing of a document."""
    try:
        raise OperationFailure(SECRET, 14031)
    except OperationFailure:
        logging.getLogger("app").exception("failed")
    assert "OperationFailure(14031) at " in lines.all[0]
    assert SECRET not in lines.all[0]


def test_what_nobody_caught_has_no_text(lines: Lines) -> None:
    """asyncio's own line would quote the exception."""
    logs.without_values(
        None,  # type: ignore[arg-type]  # the loop is not asked
        {"message": "Task exception was never retrieved", "exception": ValueError(SECRET)},
    )
    (line,) = lines.all
    assert "ValueError" in line
    assert SECRET not in line


def test_a_broken_database_leaves_no_value(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unforeseen failure of the store: a line with its place, none with the document."""

    async def broken(*_: Any) -> Any:
        raise RuntimeError({"email": SECRET})

    monkeypatch.setattr("resolvers.sessions.get", broken)
    door = open_door()
    response = door.post('query Mine { botSession(sessionId: "s1") { sessionId } }')
    assert response.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    failed = [line for line in lines.all if "failed" in line]
    assert len(failed) == 1
    assert response.headers["x-request-id"] in failed[0]
    assert any("RuntimeError" in line for line in lines.all)
    assert not any(SECRET in line or "s1" in line for line in lines.all)


@pytest.mark.anyio
async def test_a_process_says_when_it_serves(caplog: pytest.LogCaptureFixture) -> None:
    """And when it ends: a line without the other is a kill."""
    settings = Settings(mongodb_uri="memory:", auth="off")
    app = create_app(settings)
    with caplog.at_level(logging.INFO, logger="gateway.process"):
        async with app.router.lifespan_context(app):
            pass
    told = [one for one in caplog.records if one.name == "gateway.process"]
    assert [one.message for one in told] == ["serving", "ending"]
    assert {one.__dict__["pid"] for one in told} == {os.getpid()}


def test_one_form_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of libraries the warnings, of the gateway what the setting says."""
    root, written = logging.root, io.StringIO()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", logging.WARNING)
    monkeypatch.setattr(sys, "stderr", written)
    before = {name: logging.getLogger(name).level for name in logs.OWN}
    try:
        logs.configure("json", "info")
        logging.getLogger("some.library").warning("one")
        logging.getLogger("some.library").info("none")
        logging.getLogger("gateway.access").info("two")
    finally:
        logging.captureWarnings(False)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
    assert [json.loads(line)["message"] for line in written.getvalue().splitlines()] == [
        "one",
        "two",
    ]
