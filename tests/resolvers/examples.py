"""A small session of each kind, a change to it, and what the change leads to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

NOON = datetime(2026, 2, 1, 12, 0)


@dataclass(frozen=True)
class Example:
    """What the suites create and update."""

    session_id: str
    values: dict[str, Any]
    change: dict[str, Any]
    nullable: str
    """A column of `values` that a null removes."""
    too_long: tuple[str, Any]
    """A column and a value that its limit refuses."""


EXAMPLES = {
    "co_browse": Example(
        session_id="83d03970-c959-11e2-857d-082e5f12b9a1",
        values={"creationTime": NOON, "activationTime": NOON},
        change={"pages": [{"url": "https://shop.example/a", "enteredTimestamp": NOON}]},
        nullable="activationTime",
        too_long=("pages", [{"url": f"https://shop.example/{'x' * 2048}"}]),
    ),
    "remote_support": Example(
        session_id="12334",
        values={"dateStart": NOON, "customerName": "Ada", "notes": "None yet."},
        change={"notes": "Driver replaced."},
        nullable="notes",
        too_long=("notes", "x" * 4001),
    ),
    "knowledge": Example(
        session_id="0b6f3c55-6a3c-4a1e-9f4f-53a0c8f6c7d1",
        values={"customerId": "c1", "visitId": "v1"},
        change={"agentId": "a1"},
        nullable="visitId",
        too_long=("agentId", "x" * 201),
    ),
    "chat": Example(
        session_id="chat 1",
        values={"start": {"dateTime": NOON}, "button": {"name": "Help"}},
        change={"visitor": {"name": "Ada"}},
        nullable="button",
        too_long=("visitor", {"city": "x" * 201}),
    ),
    "bot": Example(
        session_id="6465cf6e4769ed4e822b82a1",
        values={
            "botId": "st-1",
            "channel": "rtm",
            "userId": "u-1",
            "startTime": NOON,
            "containmentType": "AGENT",
        },
        change={"noOfMessagesExchanged": 4},
        nullable="containmentType",
        too_long=("channel", "x" * 101),
    ),
}
