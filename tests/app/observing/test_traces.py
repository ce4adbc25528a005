"""Spans: one for each request below the client's, one for each command below it."""

import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.observing.observers import Observers
from app.observing.traces import Traces
from app.settings import Settings
from resolvers.store.listeners import Commands
from tests.app.graphql_client import Door, open_door
from tests.timing import limit

ROOT = Path(__file__).resolve().parents[3]
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> tuple[Door, InMemorySpanExporter]:
    """The application, with spans that stay here; the database in memory sends no commands."""
    spans = InMemorySpanExporter()
    traces = Traces(SimpleSpanProcessor(spans))
    monkeypatch.setattr("app.observing.observers.sending", lambda _url: traces)
    door = open_door(traces_url="http://collector:4318/v1/traces")
    within = door.app.entrance._app  # type: ignore[attr-defined]  # Gateway's own

    async def commanding(scope: object, receive: object, send: object) -> None:
        Commands(traces.command)._end("find", True, 2000)
        await within(scope, receive, send)

    door.app.entrance._app = commanding  # type: ignore[attr-defined]
    return door, spans


def test_a_request_and_its_command(traced: tuple[Door, InMemorySpanExporter]) -> None:
    """The trace is the client's, and no value is in it."""
    door, spans = traced
    query = 'query Mine { botSession(sessionId: "s-secret") { sessionId } }'
    door.post(query, headers={"traceparent": PARENT, "x-request-id": "desk-17"})
    command, request = spans.get_finished_spans()
    assert (request.name, command.name) == ("graphql Mine", "find")
    assert command.parent
    assert request.context
    assert request.parent
    assert command.parent.span_id == request.context.span_id
    assert f"{request.context.trace_id:032x}" == PARENT.split("-")[1]
    assert f"{request.parent.span_id:016x}" == PARENT.split("-")[2]
    attributes = request.attributes or {}
    assert attributes["gateway.request_id"] == "desk-17"
    assert attributes["http.response.status_code"] == 200
    assert duration(command) == pytest.approx(2_000_000)
    shown = request.to_json() + command.to_json()
    assert "s-secret" not in shown
    assert door.key not in shown


def duration(span: ReadableSpan) -> int:
    """Nanoseconds."""
    assert span.end_time
    assert span.start_time
    return span.end_time - span.start_time


def test_a_vendor_route_names_its_span(traced: tuple[Door, InMemorySpanExporter]) -> None:
    """Never the address itself: ids stand in it."""
    door, spans = traced
    door.request("POST", "/api/public/bot/st-1/getSessions?KEY=secret")
    request = spans.get_finished_spans()[-1]
    assert request.name == "rest:bot POST /api/public/bot/{BotID}/getSessions"
    assert "st-1" not in request.to_json()


OFF = """
import sys
from app.main import create_app
from app.settings import Settings
create_app(Settings())
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exp"))])
"""


@pytest.mark.slow
def test_off_imports_nothing() -> None:
    """Neither the SDK nor the exporter is loaded."""
    done = subprocess.run(
        [sys.executable, "-c", OFF], cwd=ROOT, capture_output=True, text=True, timeout=limit(60)
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_off_listens_to_nothing() -> None:
    """Without traces and metrics the driver has no listener."""
    assert list(Observers(Settings()).listeners) == []
