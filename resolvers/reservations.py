"""Values that only one live session may have at a time, such as a co-browse session's token.

A reservation is a row of its own, taken before the session is stored and given back after it no
longer has the value. A process may die in between, and two may work on one session at once: so
nobody releases what the stored session has, and a row without such a session counts for GRACE
only. A row whose session has expired does not count at all.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from resolvers import tenants
from resolvers.context import Context
from resolvers.errors import AlreadyExists, Timeout, Unavailable
from resolvers.kind import Document, Kind, Reservation
from resolvers.request import EVERYTHING, Filter, both
from resolvers.store import read as reads
from resolvers.store import write as writes

GRACE = timedelta(seconds=60)
"""How long a reservation counts without a session that has it: one may be about to be stored."""


def of(kind: Kind, document: Document) -> Reservation | None:
    """What a stored session reserves; None also for a document too broken to say."""
    try:
        return kind.reservation(document)
    except (KeyError, TypeError):
        return None


async def take(context: Context, kind: Kind, wanted: Reservation | None, session_id: str) -> None:
    """Reserve `wanted` for the session; AlreadyExists if another live session has it."""
    if wanted is None:
        return
    for _ in range(2):
        row = await writes.reserve(context.store, kind, wanted, session_id, context.now())
        if row["sessionId"] == session_id:
            return
        if not await _abandoned(context, kind, wanted, row):
            break
        await writes.release(context.store, kind, wanted, row["sessionId"])
    raise held_by_another(wanted)


async def check(context: Context, kind: Kind, wanted: Reservation | None, session_id: str) -> None:
    """AlreadyExists if another live session has `wanted`; nothing is taken."""
    row = await writes.holder(context.store, kind, wanted) if wanted else None
    if wanted is None or row is None or row["sessionId"] == session_id:
        return
    if not await _abandoned(context, kind, wanted, row):
        raise held_by_another(wanted)


def held_by_another(wanted: Reservation) -> AlreadyExists:
    """The refusal of a value that only one live session may have."""
    return AlreadyExists(
        f"Another live session has the {wanted.column} {wanted.value!r}.", (wanted.column,)
    )


async def release(context: Context, kind: Kind, held: Reservation | None, session_id: str) -> None:
    """Release `held`, unless the session as it is stored now has it.

    It comes after the write that counts: where there is no time for it, nothing is reported, and
    the value is free after GRACE.
    """
    if held is None:
        return
    with suppress(Timeout, Unavailable):
        if not await _holds(context, kind, held, session_id):
            await writes.release(context.store, kind, held, session_id)


async def _abandoned(context: Context, kind: Kind, wanted: Reservation, row: Document) -> bool:
    """Whether the row's session has expired, or a process died and left the reservation behind."""
    session_id, over = row["sessionId"], context.expired(kind)
    if over is not None and await _holds(context, kind, wanted, session_id, over):
        return True
    if context.now() - row["claimedAt"] <= GRACE:
        return False
    return not await _holds(context, kind, wanted, session_id)


async def is_orphan(context: Context, kind: Kind, row: Document) -> bool:
    """Whether no session that is stored has what a row reserves, and none is about to be stored."""
    taken = row.get("claimedAt")
    if isinstance(taken, datetime) and context.now() - taken <= GRACE:
        return False
    _, _, key = str(row["_id"]).partition(":")
    return not await _holds(context, kind, Reservation.of_key(key), str(row.get("sessionId")))


async def _holds(
    context: Context,
    kind: Kind,
    wanted: Reservation,
    session_id: str,
    where: Filter = EVERYTHING,
) -> bool:
    """Whether the session is stored with the value of `wanted`, and meets `where`."""
    own = tenants.visible(frozenset({wanted.tenant or tenants.NONE}))
    stored = await reads.get(context.store, kind, session_id, both(own, where), None)
    return stored is not None and of(kind, stored) == wanted
