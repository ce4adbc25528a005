"""One session of a kind, from the dice: for kinds whose sessions are to look real."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from app.commands.demo import words
from app.commands.demo.dice import Dice

Values = dict[str, Any]
Made = tuple[Values, datetime, str | None]
"""A session's values, when it last changed, and its status where the values do not show it."""


def _given(**values: Any) -> Values:
    return {name: value for name, value in values.items() if value is not None}


def _person(dice: Dice) -> tuple[str, str]:
    first, last = dice.choice(words.FIRST_NAMES), dice.choice(words.SURNAMES)
    mailbox = f"{first}.{last}".lower().replace("'", "").replace("ë", "e")
    return f"{first} {last}", f"{mailbox}@{dice.choice(words.MAIL_DOMAINS)}"


def _customer_number(name: str, email: str | None) -> str:
    """The same for the same customer, and hardly ever for another: caches may take it for a key."""
    return f"C-{100_000 + crc32(f'{name} {email}'.encode()) % 900_000}"


def _co_browse(dice: Dice) -> Made:
    activated = dice.after(dice.start, 2, 90) if dice.maybe(0.9) else None
    end = dice.end(120, 1800)
    joined = activated if activated and activated < dice.now else None
    latest, pages = joined or dice.start, []
    for _ in range(dice.randint(1, 8) if joined else 0):
        pages.append({"url": dice.choice(words.PAGES), "enteredTimestamp": latest})
        latest = dice.after(latest, 3, 120)
        if latest >= (end or dice.now):
            break
    values = _given(
        sessionToken=dice.token(),
        creationTime=dice.start,
        activationTime=joined,
        deactivationTime=end,
        pages=pages,
    )
    return values, end or dice.start, None


def _remote_support(dice: Dice) -> Made:
    end = dice.end(60, 5400)
    answered = end is None or dice.maybe(0.85)
    person, mailbox = _person(dice)
    name = person if dice.maybe(0.8) else dice.choice(words.COMPANIES)
    email = mailbox if dice.maybe(0.8) else None
    technician = dice.choice(words.TECHNICIANS)
    login = technician.split()[0].lower() + "@support.example.com"
    videos = dice.maybe(0.3)
    values = _given(
        computerName=f"{dice.choice(words.COMPUTER_NAMES)}-{dice.randint(1, 99):02}",
        computerDomain=dice.choice((*words.DOMAINS, None)),
        computerOs=dice.choice(words.SYSTEMS),
        techUsername=login if answered else None,
        techName=technician if answered else None,
        customerName=name,
        customerEmail=email,
        customerNumber=_customer_number(name, email) if dice.maybe(0.9) else None,
        problemDescription=dice.choice((*words.PROBLEMS, None)),
        notes=dice.choice((*words.NOTES, None)) if end and answered else None,
        hasVideos=videos,
        videoLinks=[f"https://video.example.com/{dice.getrandbits(48):012x}.mp4"] * videos,
        dateStart=dice.start,
        dateEnd=end,
        startMethod=dice.choice(("APPLET", "AGENT", None)),
        answered=answered,
        chat=_support_chat(dice, name, technician, end) if answered else [],
        customFields=[
            {"name": field, "value": dice.choice(choices)}
            for field, choices in words.CUSTOM_FIELDS
            if dice.maybe(0.4)
        ],
    )
    return values, end or dice.start, None


def _support_chat(dice: Dice, customer: str, technician: str, end: datetime | None) -> list[Values]:
    return [
        {
            "at": at,
            "author": technician if operator else customer,
            "text": dice.choice(words.OPERATOR_LINES if operator else words.VISITOR_LINES),
        }
        for at, operator in _exchange(dice, dice.randint(0, 6), end)
    ]


def _exchange(
    dice: Dice, number: int, end: datetime | None = None
) -> Iterator[tuple[datetime, bool]]:
    """Moments at which two people write alternately, and whether it is the operator who does."""
    at = dice.start
    for place in range(number):
        at = dice.after(at, 4, 75)
        if at >= (end or dice.now):
            return
        yield at, place % 2 == 1


def _knowledge(dice: Dice) -> Made:
    anonymous = dice.maybe(0.3)
    values = _given(
        agentId=f"agent-{dice.randint(1, 40)}" if dice.maybe(0.5) else None,
        customerId=None if anonymous else f"customer-{dice.randint(2000, 2400)}",
        visitId=f"visit-{dice.getrandbits(32):08x}" if dice.maybe(0.8) else None,
        globalVisitId=f"global-visit-{dice.getrandbits(32):08x}" if dice.maybe(0.4) else None,
    )
    return values, dice.start, None


def _chat(dice: Dice) -> Made:
    place = dice.choice(words.PLACES)
    zone = ZoneInfo(place.time_zone)
    moments = list(_exchange(dice, dice.randint(1, 14)))
    button = dice.choice((*words.BUTTONS, None))
    mark = f"{dice.id(48):012x}"  # no other chat's: caches may take a message's id for a key
    values = _given(
        button={"id": button[0], "name": button[1]} if button else None,
        visitor=_visitor(dice, place) if dice.maybe(0.95) else None,
        start=_zoned(dice.start, place.time_zone, zone),
        messages=[
            {
                "id": f"{mark}-{number + 1}",
                "message": dice.choice(words.OPERATOR_LINES if operator else words.VISITOR_LINES),
                "source": "OPERATOR" if operator else "VISITOR",
                "sent": _zoned(at, place.time_zone, zone),
            }
            for number, (at, operator) in enumerate(moments)
        ],
    )
    latest = moments[-1][0] if moments else dice.start
    return values, latest, "ACTIVE" if dice.goes_on() else "CLOSED"


def _visitor(dice: Dice, place: words.Place) -> Values:
    system, browser, agent = dice.choice(words.BROWSERS)
    name, email = _person(dice)
    return _given(
        name=name if dice.maybe(0.85) else None,
        emailAddress=email if dice.maybe(0.6) else None,
        networkAddress=f"{dice.choice(words.NETWORKS)}.{dice.randint(1, 254)}",
        startPage=dice.choice(words.PAGES),
        country=place.country,
        city=place.city if dice.maybe(0.9) else None,
        operatingSystem=system,
        browser=browser,
        userAgent=agent,
    )


def _zoned(moment: datetime, name: str, zone: ZoneInfo) -> Values:
    local = moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None, fold=0)
    return {"dateTime": local, "timeZone": name}


def _bot(dice: Dice) -> Made:
    end = dice.end(5, 900)
    alone = dice.maybe(0.1)
    language = dice.choice(words.PLACES).language
    values = _given(
        botId=dice.choice(words.BOTS),
        channel=dice.choice(words.CHANNELS),
        userId=f"u-{uuid.uuid5(uuid.NAMESPACE_DNS, str(dice.randint(1, 150)))}",
        startTime=dice.start,
        endTime=end,
        sessionLang=[language, "en"] if language != "en" and dice.maybe(0.2) else [language],
        sessionType="NON_INTERACTIVE" if alone else "INTERACTIVE",
        containmentType=dice.choice(("DROP_OFF", "SELF_SERVICE", "AGENT")) if end else None,
        isDeveloper=dice.maybe(0.05),
        tags={
            "userTags": _tags(dice, words.USER_TAGS),
            "sessionTags": _tags(dice, words.SESSION_TAGS),
        },
        noOfMessagesExchanged=1 if alone else dice.randint(2, 40),
        noOfTasksExecuted=dice.randint(0, 5),
    )
    return values, end or dice.start, None


def _tags(dice: Dice, choices: tuple[tuple[str, str | None], ...]) -> list[Values]:
    chosen = dice.sample(choices, dice.choice((0, 0, 1, 2)))
    return [_given(name=name, value=value) for name, value in chosen]


MAKERS: Mapping[str, Callable[[Dice], Made]] = {
    "co_browse": _co_browse,
    "remote_support": _remote_support,
    "knowledge": _knowledge,
    "chat": _chat,
    "bot": _bot,
}
"""By the kind's name; `from_columns` makes the sessions of all others."""
