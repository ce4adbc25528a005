"""Values that only one live session may hold at a time, such as a co-browse session's token."""

from datetime import timedelta

from resolvers.context import Context
from resolvers.errors import AlreadyExists
from resolvers.kind import Claim, Document, Kind
from resolvers.request import EVERYTHING
from resolvers.store import read as reads
from resolvers.store import write as writes

GRACE = timedelta(seconds=60)
"""How long a claim without a session is respected: its session may be about to be stored."""


def of(kind: Kind, document: Document) -> Claim | None:
    """What a stored session holds; None also for a document too broken to tell."""
    try:
        return kind.claim(document)
    except (KeyError, TypeError):
        return None


async def take(context: Context, kind: Kind, wanted: Claim | None, document: Document) -> None:
    """Hold `wanted` for the session; AlreadyExists if another live session has it."""
    if wanted is None:
        return
    session_id = document["_id"]
    for _ in range(2):
        row = await writes.claim(context.store, kind, wanted, session_id, context.now())
        if row is None or row["sessionId"] == session_id:
            return
        if not await _abandoned(context, kind, wanted, row):
            break
        await writes.release(context.store, kind, wanted, row["sessionId"])
    raise AlreadyExists(
        f"Another live session holds the {wanted.column} {wanted.value!r}.", (wanted.column,)
    )


async def release(context: Context, kind: Kind, held: Claim | None, document: Document) -> None:
    """Give `held` back if the session has it."""
    if held is not None:
        await writes.release(context.store, kind, held, document["_id"])


async def _abandoned(context: Context, kind: Kind, wanted: Claim, row: Document) -> bool:
    """Whether a process died between two steps and left the claim without a session."""
    holder = await reads.one(context.store, kind, row["sessionId"], EVERYTHING, None)
    if holder is not None:
        return of(kind, holder) != wanted
    return bool(context.now() - row["claimedAt"] > GRACE)
