"""The canned data: a hundred bot sessions as the database would hold them.

Stored names equal the GraphQL names, `_id` is the session id, dates are BSON dates, enum values are
stored under their GraphQL names. Nothing here is random: every run and every peer sees the same
bytes.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId

Document = dict[str, Any]

COLLECTION = "bot_sessions"
BOT_ID = "st-dc600cf5-b1c5-581e-a2c3-eb81fe39c927"
POOL_SIZE = 100

# The stored fields behind the benchmark's selection of fifteen; `startedAt` is for the cursor.
PROJECTION: dict[str, int] = dict.fromkeys(
    (
        "_id",
        "botId",
        "channel",
        "userId",
        "startTime",
        "endTime",
        "sessionLang",
        "sessionType",
        "containmentType",
        "isDeveloper",
        "tags",
        "noOfMessagesExchanged",
        "noOfTasksExecuted",
        "status",
        "durationSeconds",
        "startedAt",
    ),
    1,
)

EPOCH = datetime(1970, 1, 1)
NEWEST = datetime(2026, 1, 11, 18, 30, 12, 345000)  # naive UTC, as BSON decodes it
_CHANNELS = ("rtm", "facebook", "slack", "email")
_LANGUAGES = (["en"], ["en", "fr"], ["de"])
_CONTAINMENT = ("DROP_OFF", "SELF_SERVICE", "AGENT")


def session(number: int) -> Document:
    """The stored document of the canned session `number`, counted from the newest."""
    start = NEWEST - timedelta(minutes=7 * number, milliseconds=131 * number)
    seconds = 40.168 + 3.25 * number
    end = start + timedelta(seconds=seconds)
    user = f"u-8c4ca335-3152-5622-9cbb-{number:012x}"
    return {
        "_id": f"6465cf6e4769ed4e{number:08x}",
        "botId": BOT_ID,
        "channel": _CHANNELS[number % 4],
        "userId": user,
        "startTime": start,
        "endTime": end,
        "sessionLang": _LANGUAGES[number % 3],
        "sessionType": "NON_INTERACTIVE" if number % 5 == 0 else "INTERACTIVE",
        "containmentType": _CONTAINMENT[number % 3],
        "isDeveloper": number % 7 == 0,
        "tags": {
            "userTags": [
                {"name": "regular", "value": "newuser"},
                {"name": "plan", "value": f"tier-{number % 4}"},
            ],
            "sessionTags": [{"name": "topic", "value": "billing"}] if number % 2 else [],
        },
        "noOfMessagesExchanged": 3 + number % 20,
        "noOfTasksExecuted": number % 4,
        "startedAt": start,
        "endedAt": end,
        "durationSeconds": seconds,
        "status": "CLOSED",
        "customer": {"id": user, "name": None, "email": None},
        "createdAt": end,
        "updatedAt": end,
        "revision": 1,
    }


POOL: tuple[Document, ...] = tuple(session(number) for number in range(POOL_SIZE))

FOREIGN_COLLECTION = "conversations"
_MODES = {"INTERACTIVE": "Human", "NON_INTERACTIVE": "Robot"}
_OUTCOMES = {"DROP_OFF": "left", "SELF_SERVICE": "solved", "AGENT": "human"}


def foreign(document: Document) -> Document:
    """The same session as another application stores it; conversations.toml leads back."""
    tags = document["tags"]
    return {
        "_id": ObjectId(document["_id"]),
        "bot": document["botId"],
        "channel_name": document["channel"],
        "data": {"user": {"id": document["userId"]}},
        "started_ms": (document["startTime"] - EPOCH) // timedelta(milliseconds=1),
        "ended_ms": (document["endTime"] - EPOCH) // timedelta(milliseconds=1),
        "languages": document["sessionLang"],
        "mode": _MODES[document["sessionType"]],
        "outcome": _OUTCOMES[document["containmentType"]],
        "test": document["isDeveloper"],
        "message_count": document["noOfMessagesExchanged"],
        "task_count": document["noOfTasksExecuted"],
        "labels": [{"key": tag["name"], "text": tag["value"]} for tag in tags["userTags"]],
        "topics": [{"key": tag["name"], "text": tag["value"]} for tag in tags["sessionTags"]],
    }


FOREIGN: tuple[Document, ...] = tuple(map(foreign, POOL))


def project(document: Document, projection: Mapping[str, Any] | None) -> Document:
    """What an engine returns of `document` under a plain projection, top-level or dotted.

    Inclusion keeps the stored order and `_id` unless it is refused; exclusion is top-level only,
    and so is `$slice`.
    """
    if not projection:
        return document
    fields = {name: wanted for name, wanted in projection.items() if name != "_id"}
    if fields and not any(fields.values()):
        dropped = {name for name, wanted in projection.items() if not wanted}
        return {name: value for name, value in document.items() if name not in dropped}
    tree: Document = {}
    if projection.get("_id", 1):
        tree["_id"] = {}
    for path in (name for name, wanted in fields.items() if wanted):
        branch = tree
        for step in path.split("."):
            branch = branch.setdefault(step, {})
    shown = dict(_prune(document, tree))
    for name, wanted in fields.items():
        if isinstance(wanted, Mapping) and isinstance(shown.get(name), list):
            shown[name] = _part(shown[name], wanted["$slice"])
    return shown


def _part(items: list[Any], part: Any) -> list[Any]:
    """What `$slice` keeps: so many from the start, from the end, or from a place on."""
    if isinstance(part, int):
        return items[:part] if part >= 0 else items[part:]
    start, length = part
    return items[start : start + length]


def _prune(value: Any, tree: Document) -> Any:
    """`value` with the fields of `tree` only; an empty branch keeps everything below it."""
    if not tree:
        return value
    if isinstance(value, list):
        return [_prune(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _prune(item, tree[name]) for name, item in value.items() if name in tree}
