"""One customer's journey through every system: read an article, asked the bot, chatted, was helped.

GraphiQL's examples ask for it. It began three days before the demo data was loaded.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from resolvers.bulk import Draft
from resolvers.identifiers import Identifier, IdentifierType
from schema.kinds import bot, chat, co_browse, knowledge, remote_support

NUMBER: Final = "C-204811"
NAME: Final = "Mia Lorenz"
EMAIL: Final = "mia.lorenz@example.com"
IDENTIFIERS: Final = (
    Identifier(IdentifierType.CUSTOMER_ID, NUMBER),
    Identifier(IdentifierType.EMAIL, EMAIL),
)
"""What links the sessions. The co-browse session has neither; the chat names it."""
CO_BROWSE: Final = "b6f0a1d2-3c4e-4f58-9a7b-0c1d2e3f4a5b"
LENGTH: Final = 5
"""How many sessions it has."""

_ZONE: Final = "UTC"
_PAGES: Final = "https://www.example.com"
_LINES: Final = (
    ("VISITOR", "Hello, my printer jams on every second page."),
    ("OPERATOR", "Good morning! Since when does it do that?"),
    ("VISITOR", "Since yesterday. The help page about paper jams did not help."),
    ("OPERATOR", "Please share your screen, then we look at its settings together."),
    ("VISITOR", "It still jams. Can somebody look at the computer?"),
    ("OPERATOR", "A technician connects tomorrow at nine."),
)


def journey(now: datetime) -> Iterator[Draft]:
    """Its sessions, in the order of their start; `now` is in UTC without an offset."""
    day = (now - timedelta(days=3)).replace(hour=9, minute=40, second=0, microsecond=0)
    yield _article(day)
    yield _bot(day + timedelta(minutes=4))
    yield _chat(day + timedelta(minutes=9))
    yield _co_browse(day + timedelta(minutes=13))
    yield _remote(day + timedelta(hours=23, minutes=20))


def _article(start: datetime) -> Draft:
    values = {"sessionId": "7d1c2f3e-52a8-4b60-9c7d-1f0e5a9b3c64", "customerId": NUMBER}
    return Draft(knowledge.KNOWLEDGE, values, {"createdAt": start, "updatedAt": start})


def _bot(start: datetime) -> Draft:
    end = start + timedelta(minutes=3, seconds=40)
    values = {
        "sessionId": "66b1f0c2a7d34e5f90817263",
        "botId": "st-dc600cf5-b1c5-581e-a2c3-eb81fe39c927",
        "channel": "webchat",
        "userId": NUMBER,
        "startTime": start,
        "endTime": end,
        "sessionLang": ["en"],
        "containmentType": "AGENT",
        "tags": {"userTags": [], "sessionTags": [{"name": "topic", "value": "printer"}]},
        "noOfMessagesExchanged": 9,
        "noOfTasksExecuted": 1,
    }
    return Draft(bot.BOT, values, {"createdAt": start, "updatedAt": end})


def _chat(start: datetime) -> Draft:
    moments = [start + timedelta(seconds=20 + 45 * place) for place in range(len(_LINES))]
    messages = [
        {"messageId": str(place + 1), "source": source, "message": text, "sent": _zoned(at)}
        for place, ((source, text), at) in enumerate(zip(_LINES, moments, strict=True))
    ]
    values = {
        "sessionId": "demo-journey-chat",
        "button": {"buttonId": "button-3", "name": "Technical help"},
        "visitor": {"name": NAME, "emailAddress": EMAIL, "startPage": f"{_PAGES}/help/paper-jam"},
        "start": _zoned(start),
        "messages": messages,
        "relatedSessions": [{"kind": co_browse.CO_BROWSE.name.upper(), "sessionId": CO_BROWSE}],
    }
    known = {"createdAt": start, "updatedAt": moments[-1], "status": "CLOSED"}
    return Draft(chat.CHAT, values, known)


def _co_browse(start: datetime) -> Draft:
    end = start + timedelta(minutes=2)
    pages = (("/help/paper-jam", 10), ("/account/devices", 40), ("/account/devices/printer", 75))
    values = {
        "sessionId": CO_BROWSE,
        "sessionToken": "204811204",
        "creationTime": start,
        "activationTime": start + timedelta(seconds=8),
        "deactivationTime": end,
        "pages": [
            {"url": _PAGES + path, "enteredTimestamp": start + timedelta(seconds=seconds)}
            for path, seconds in pages
        ],
    }
    return Draft(co_browse.CO_BROWSE, values, {"createdAt": start, "updatedAt": end})


def _remote(start: datetime) -> Draft:
    end = start + timedelta(minutes=31)
    values: dict[str, Any] = {
        "sessionId": "19811",
        "computerName": "DESK-07",
        "computerOs": "Windows 11 Pro",
        "techUsername": "ada@support.example.com",
        "techName": "Ada Fixit",
        "customerName": NAME,
        "customerEmail": EMAIL,
        "customerNumber": NUMBER,
        "problemDescription": "The printer jams on every second page.",
        "notes": "Replaced the printer's driver. Printed ten pages, no paper jam.",
        "dateStart": start,
        "dateEnd": end,
        "answered": True,
        "chat": [
            {"at": start + timedelta(minutes=1), "author": "Ada Fixit", "text": "Good morning!"},
            {"at": start + timedelta(minutes=2), "author": NAME, "text": "Come in, it jams again."},
        ],
    }
    return Draft(remote_support.REMOTE_SUPPORT, values, {"createdAt": start, "updatedAt": end})


def _zoned(moment: datetime) -> dict[str, Any]:
    return {"dateTime": moment, "timeZone": _ZONE}
