"""What the access scans share: stored sessions full of personal texts, and invalid credentials."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from app.rest import VENDORS
from resolvers import sessions
from resolvers.credentials import Issued
from tests.contract.whole import EVERYTHING, Whole

PII = "PII-"
UUID = "83d03970-c959-11e2-857d-082e5f12b9a1"
MOMENT = datetime(2026, 2, 1, 12, 0)
ZONED = {"dateTime": MOMENT, "timeZone": "UTC"}
IDS = {"co_browse": UUID, "remote_support": "12", "knowledge": UUID, "chat": "c1", "bot": "b1"}

VALUES: dict[str, dict[str, Any]] = {
    "co_browse": {
        "creationTime": MOMENT,
        "deactivationTime": MOMENT + timedelta(seconds=9),
        "pages": [{"url": f"https://example.com/{PII}url", "enteredTimestamp": MOMENT}],
    },
    "remote_support": {
        "dateStart": MOMENT,
        "techName": f"{PII}tech",
        "customerName": f"{PII}name",
        "customerEmail": f"{PII}mail",
        "problemDescription": f"{PII}problem",
        "notes": f"{PII}notes",
        "chat": [{"at": MOMENT, "author": f"{PII}author", "text": f"{PII}text"}],
        "customFields": [{"name": "f", "value": f"{PII}field"}],
    },
    "knowledge": {"customerId": "k1"},
    "chat": {
        "start": ZONED,
        "visitor": {
            "name": f"{PII}visitor",
            "emailAddress": f"{PII}mail",
            "networkAddress": f"{PII}address",
        },
        "messages": [{"id": "1", "message": f"{PII}text", "source": "VISITOR", "sent": ZONED}],
    },
    "bot": {"botId": "st-1", "channel": "c", "userId": "u", "startTime": MOMENT},
}
"""One session of each kind, every personal column filled with a text that can be found again."""


async def stock(whole: Whole) -> None:
    """Store one session of each kind, and one of another bot."""
    for vendor in VENDORS:
        given = {"sessionId": IDS[vendor.name], **VALUES[vendor.name]}
        await sessions.create(whole.context, vendor.kind, given)
    (bot,) = [vendor.kind for vendor in VENDORS if vendor.name == "bot"]
    other = {**VALUES["bot"], "botId": "st-2", "sessionId": "b2"}
    await sessions.create(whole.context, bot, other)


def told(answer: httpx.Response) -> tuple[int, bytes]:
    """All that a client learns, but for times."""
    return answer.status_code, answer.content


async def nobodies(whole: Whole) -> list[Issued]:
    """Credentials that are not valid: unknown, half known, expired, revoked."""
    known = await whole.issue(*EVERYTHING)
    stranger = Issued(known.credential, "gw_unknown", "x" * 43)
    expired = await whole.expired(*EVERYTHING)
    revoked = await whole.issue(*EVERYTHING, revoked=True)
    return [stranger, expired, revoked]
