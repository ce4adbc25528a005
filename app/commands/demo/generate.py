"""Believable sessions: the same ones for the same kind, number, seed and time.

Ids depend on the kind, the seed and the place in the sequence alone, so that loading again after an
interruption finds what is there already. Sessions come in the order of their start.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.commands.demo.dice import RECENT, Dice
from app.commands.demo.from_columns import make
from resolvers.bulk import Draft
from resolvers.kind import Kind
from resolvers.moments import milliseconds

SPAN = timedelta(days=30)
RECENT_SHARE = 0.04
"""This share of the sessions starts within the last RECENT; most of those go on."""
HIGHEST_SEED = 9_999_999
IDS_PER_SEED = 10_000_000
KNOWN = ("createdAt", "updatedAt", "status")
"""What clients do not give."""


def generate(kind: Kind, count: int, seed: int, now: datetime) -> Iterator[Draft]:
    """`count` sessions of a kind that began in the thirty days before `now` (UTC, no offset)."""
    ids = Dice(f"{kind.name}:{seed}", seed, now)  # apart: they depend on nothing else
    dice = Dice(f"{kind.name}:{seed}:values", seed, now)
    for place, start in enumerate(_starts(dice, count, now)):
        ids.place = dice.place = place
        dice.start = start
        made = make(kind, dice) | {"createdAt": start}
        known = {name: made.pop(name) for name in KNOWN if name in made}
        yield Draft(kind, {"sessionId": _session_id(kind, ids), **made}, known)


def _starts(dice: Dice, count: int, now: datetime) -> Iterator[datetime]:
    """When sessions begin, in order: evenly with some chance, and more of them lately."""
    recent = max(1, round(count * RECENT_SHARE))
    for number, begin, span in (
        (count - recent, now - SPAN, SPAN - RECENT),
        (recent, now - RECENT, RECENT),
    ):
        for place in range(number):
            share = (place + dice.random()) / number
            yield milliseconds(begin + span * share)


def _session_id(kind: Kind, ids: Dice) -> str:
    if kind.session_ids.make is None:
        return str(20_000 + ids.number * IDS_PER_SEED + ids.place)
    made = ids.uuid()
    for text in (made.replace("-", "")[-24:], made):
        if kind.session_ids.fits(text):
            return text
    raise ValueError(f"Nothing here makes session ids of {kind.type_name}s: write it here.")
