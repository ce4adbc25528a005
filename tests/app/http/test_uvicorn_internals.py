"""Private parts of uvicorn are still what app.http.protocol and app.commands.workers override."""

import inspect
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from app.commands.workers import Supervisor
from app.http.protocol import Protocol

OVERRIDDEN = [
    (ours, theirs, name)
    for ours, theirs in ((Protocol, HttpToolsProtocol), (Supervisor, Multiprocess))
    for name, member in vars(ours).items()
    if inspect.isfunction(member)
]


@pytest.mark.parametrize(("ours", "theirs", "name"), OVERRIDDEN)
def test_overridden_methods(ours: Any, theirs: Any, name: str) -> None:
    """Each method that we override exists there, and takes the same arguments first."""
    expected = list(inspect.signature(getattr(theirs, name)).parameters)
    assert list(inspect.signature(getattr(ours, name)).parameters)[: len(expected)] == expected


@pytest.mark.parametrize(
    ("class_", "calls"),
    [
        (Multiprocess, ["self.init_processes()", 'getattr(self, f"handle_{']),
        (HttpToolsProtocol, ["self.send_400_response(", "HttpRequestParser(self)"]),
    ],
)
def test_they_are_called(class_: type, calls: list[str]) -> None:
    """uvicorn itself calls what we override."""
    source = inspect.getsource(class_)
    assert [call for call in calls if call not in source] == []
