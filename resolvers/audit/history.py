"""The entries of the trail about the writes of one session, as an auditor sees them."""

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from resolvers.access import AUDITING
from resolvers.audit.entries import Entry, Outcome, digest, print_time, shown_id
from resolvers.context import Context
from resolvers.errors import BadInput
from resolvers.kind import Kind
from resolvers.store import audit as stored

CURSOR: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z ([0-9a-f]{16}:\d{12})")


class History(NamedTuple):
    """Some entries, the newest first, each with its outcome."""

    entries: list[Entry]
    more: bool
    """Whether older ones follow."""
    after: bool
    """Whether newer ones precede."""


async def history(
    context: Context, kind: Kind, session_id: str, first: int, after: str | None
) -> History:
    """The entries about a session after a cursor. Forbidden without the scope AUDITING.

    A write that was begun and has no other outcome was cut off by a kill: it stays BEGUN.
    """
    context.caller.require_scope(AUDITING)
    place = None if after is None else _place(after)
    names = (shown_id(session_id), digest(session_id))
    rows = await stored.of_session(context.store, kind.name, names, place, first + 1)
    begun = [row["_id"] for row in rows if row["outcome"] == Outcome.BEGUN]
    ended = await stored.ended(context.store, begun) if begun else {}
    entries = [_settled(row, ended, names) for row in rows[:first]]
    return History(entries, len(rows) > first, place is not None)


def _settled(row: Entry, ended: dict[str, Entry], names: Sequence[str]) -> Entry:
    """An entry with the outcome of its write."""
    end = ended.get(row["_id"])
    if end is None:
        return row
    left_out = not set(names).isdisjoint(end.get("skipped", ()))
    outcome = Outcome.NOT_DONE.value if left_out else end["outcome"]
    return {**row, "outcome": outcome, "code": end.get("code")}


def cursor(row: Entry) -> str:
    """The place of an entry among those of a session."""
    text = f"{print_time(row['at'])} {row['_id']}"
    return base64.b64encode(text.encode()).decode()


def _place(text: str) -> tuple[datetime, str]:
    try:
        found = CURSOR.fullmatch(base64.b64decode(text.encode("ascii"), validate=True).decode())
        if found:
            return datetime.fromisoformat(found[1]), found[2]
    except (binascii.Error, ValueError):
        pass
    raise BadInput(
        "after: this is not a valid cursor. Use the endCursor or cursor of a page of changes "
        "exactly as it was returned.",
        argument="after",
    )
