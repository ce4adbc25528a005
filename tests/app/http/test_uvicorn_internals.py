"""Private parts of uvicorn are still what the server, its protocol and the workers rely on."""

import inspect
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.supervisors.multiprocess import Process

from app.commands.server import Server
from app.commands.workers import Worker
from app.http.protocol import Protocol
from app.http.socket import Socket

PAIRS = (
    (Protocol, HttpToolsProtocol),
    (Socket, WebSocketsSansIOProtocol),
    (Worker, Process),
    (Server, uvicorn.Server),
)
OVERRIDDEN = [
    (ours, theirs, name)
    for ours, theirs in PAIRS
    for name, member in vars(ours).items()
    if inspect.isfunction(member) and name in vars(theirs) and name != "__init__"
]


@pytest.mark.parametrize(("ours", "theirs", "name"), OVERRIDDEN)
def test_overridden_methods(ours: Any, theirs: Any, name: str) -> None:
    """Each method that we override takes the same arguments."""
    expected = list(inspect.signature(getattr(theirs, name)).parameters)
    assert list(inspect.signature(getattr(ours, name)).parameters) == expected


@pytest.mark.parametrize(
    ("class_", "names"),
    [
        (
            HttpToolsProtocol,
            {
                *("connection_made", "connection_lost", "data_received", "send_400_response"),
                *("on_headers_complete", "on_message_complete", "on_response_complete"),
                *("pause_writing", "resume_writing", "handle_websocket_upgrade"),
            },
        ),
        (Process, {"start", "target"}),
        (uvicorn.Server, {"startup", "shutdown", "handle_exit", "on_tick"}),
        (
            WebSocketsSansIOProtocol,
            {
                *("data_received", "handle_events", "pause_writing", "resume_writing"),
                *("connection_lost", "shutdown"),
            },
        ),
    ],
)
def test_what_is_overridden_exists(class_: type, names: set[str]) -> None:
    """Nothing that we override has been renamed."""
    assert {name for _, theirs, name in OVERRIDDEN if theirs is class_} == names


@pytest.mark.parametrize(
    ("class_", "calls"),
    [
        (
            HttpToolsProtocol,
            [
                *("self.send_400_response(", "HttpRequestParser(self)", "self.connections.add("),
                *("self.cycle.response_complete", "on_response=self.on_response_complete"),
                *("self.timeout_keep_alive_task = ", "def _unset_keepalive_if_required(self)"),
                *('"state": self.app_state.copy()', "self.flow.resume_reading()"),
                "self.timeout_keep_alive_handler",
            ],
        ),
        (RequestResponseCycle, ["self.keep_alive", "self.on_response()"]),
        (
            Process,
            [
                *('self.parent_conn.send(b"ping")', "child_conn.send(self.server.started)"),
                *("self._server is None", "self.process = get_subprocess(config, self.target"),
            ],
        ),
        (
            uvicorn.Server,
            [
                *("await loop.create_server(", "app_state=self.lifespan.state"),
                *("self._captured_signals.append(sig)", "await self.on_tick(counter)"),
            ],
        ),
    ],
)
def test_they_are_called(class_: type, calls: list[str]) -> None:
    """uvicorn itself calls what we override, and has what we use."""
    source = inspect.getsource(class_)
    assert [call for call in calls if call not in source] == []
