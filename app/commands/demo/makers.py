"""What makes the sessions of a kind look real: values that agree with each other.

Each maker gets the dice and the session that `from_columns` made, and gives what is to change.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from app.commands.demo.dice import Dice

Values = dict[str, Any]
"""A session's values, its `updatedAt` and, where the values do not show it, its `status`."""


def _customer_number(name: str, email: str | None) -> str:
    """The same for the same customer, and hardly ever for another: caches may take it for a key."""
    return f"C-{100_000 + crc32(f'{name} {email}'.encode()) % 900_000}"


def _line(place: int) -> str:
    """Two people write one after the other; which words are theirs."""
    return "operatorLines" if place % 2 else "visitorLines"


def _co_browse(dice: Dice, made: Values) -> Values:
    activated = dice.after(dice.start, 2, 90)
    joined = activated if activated < dice.now and dice.maybe(0.9) else None
    end = made.get("deactivationTime")
    opened = dice.moments(dice.randint(1, 8), joined, end) if joined else ()
    return {
        "sessionToken": dice.token(),
        "creationTime": dice.start,
        "activationTime": joined,
        "pages": [{"url": dice.word("pages"), "enteredTimestamp": at} for at in opened],
    }


def _remote_support(dice: Dice, made: Values) -> Values:
    end = made.get("dateEnd")
    answered = end is None or dice.maybe(0.85)
    person, mailbox = dice.person()
    name = person if dice.maybe(0.8) else dice.word("companies")
    email = mailbox if dice.maybe(0.8) else None
    technician = dice.word("technicians")
    chat = dice.moments(dice.randint(0, 6) if answered else 0, dice.start, end)
    return {
        "techUsername": f"{technician.split()[0].lower()}@support.example.com" * answered or None,
        "techName": technician if answered else None,
        "customerName": name,
        "customerEmail": email,
        "customerNumber": _customer_number(name, email) if dice.maybe(0.9) else None,
        "notes": made.get("notes") if end and answered else None,
        "hasVideos": bool(made["videoLinks"]),
        "dateStart": dice.start,
        "answered": answered,
        "chat": [
            {"at": at, "author": (name, technician)[place % 2], "text": dice.word(_line(place))}
            for place, at in enumerate(chat)
        ],
    }


def _chat(dice: Dice, made: Values) -> Values:
    place = dict(dice.word("places"))
    zone = place.pop("timeZone")
    sent = list(dice.moments(dice.randint(1, 14), dice.start, None))
    mark = f"{dice.id(48):012x}"  # no other chat's: caches may take a message's id for a key
    goes_on = made["updatedAt"] == dice.start
    if goes_on and dice.place % 3 == 0:
        del sent[1:]  # nobody has answered yet
    return {
        "visitor": _visitor(dice) | place if dice.maybe(0.95) else None,
        "start": _zoned(dice.start, zone),
        "messages": [
            {
                "messageId": f"{mark}-{number + 1}",
                "message": dice.word(_line(number)),
                "source": ("VISITOR", "OPERATOR")[number % 2],
                "sent": _zoned(at, zone),
            }
            for number, at in enumerate(sent)
        ],
        "updatedAt": sent[-1] if sent else dice.start,
        "closedAt": None,  # it ends with its last message
        "status": "ACTIVE" if goes_on else "CLOSED",
    }


def _visitor(dice: Dice) -> Values:
    name, email = dice.person()
    return {
        "name": name,
        **({"emailAddress": email} if dice.maybe(0.6) else {}),
        "networkAddress": f"{dice.word('networks')}.{dice.randint(1, 254)}",
        "startPage": dice.word("pages"),
        **dice.word("browsers"),
    }


def _zoned(moment: datetime, zone: str) -> Values:
    local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    return {"dateTime": local, "timeZone": zone}


def _bot(dice: Dice, made: Values) -> Values:
    alone = made["sessionType"] == "NON_INTERACTIVE"
    ends = ("DROP_OFF", "SELF_SERVICE", "AGENT")
    return {
        "callId": made.get("callId") if made["channel"] == "ivr" else None,
        "containmentType": dice.choice(ends) if "endTime" in made else None,
        "noOfMessagesExchanged": 1 if alone else dice.randint(2, 40),
    }


MAKERS: Mapping[str, Callable[[Dice, Values], Values]] = {
    "co_browse": _co_browse,
    "remote_support": _remote_support,
    "chat": _chat,
    "bot": _bot,
}
"""By the kind's name; other kinds look real enough by their columns."""
