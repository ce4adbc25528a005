"""Computing anew what follows from stored sessions and is stored with them.

A new version may compute more than the one that stored a session, such as a count of messages.
`rebuild` goes through all sessions of a kind, the first created first, and computes and stores what
`resolvers.changes.derived` says. Nothing that a client gave changes, `updatedAt` included;
`revision` rises, because the guards of others must notice (docs/adr/0003-guarded-updates.md).
Sessions whose UUID is stored in capitals are moved to the same id in lower case.

A mark says how far a kind is: `4f1c` (done by the version 4f1c), or `4f1c@AbC3` (done up to the
cursor AbC3). So a rebuild that was ended early goes on where it was.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from resolvers import reservations
from resolvers.access import Action
from resolvers.changes import DERIVATION, rederived
from resolvers.context import Context
from resolvers.errors import AlreadyExists, Conflict, CorruptDocument, GatewayError, Invalid
from resolvers.kind import Document, Kind, walk
from resolvers.paging import cursors
from resolvers.request import EVERYTHING, Order, Read, Window
from resolvers.store import read as reads
from resolvers.store import write as writes
from resolvers.store.store import Store

BATCH = 100
"""Sessions that are read and stored at once: long chats are large."""
ATTEMPTS = 100
"""How often a session is computed again because others changed it meanwhile."""


@dataclass(slots=True)
class Rebuilt:
    """What became of the sessions of one kind."""

    seen: int = 0
    changed: int = 0
    problems: list[str] = field(default_factory=list)
    """Sessions that stay as they are, and why: one sentence each."""

    def add(self, kind: Kind, session: Document, error: GatewayError) -> None:
        """Note a session that stays as it is."""
        named = isinstance(error, CorruptDocument)  # its message says which session it is
        whose = "" if named else f"{kind.type_name} {session['_id']!r}: "
        self.problems.append(whose + error.message)


def version(kind: Kind) -> str:
    """What is computed for a kind, as a short text that is another one when that changes."""
    columns = list(walk(kind.columns))
    paths = [path for path, column in columns if column.derived or column.searched]
    paths += [f"{path} folded" for path, column in columns if column.folded]
    paths += ["ids in one case"] * kind.session_ids.any_case
    return hashlib.sha256("\n".join([str(DERIVATION), *paths]).encode()).hexdigest()[:12]


async def outdated(store: Store, kinds: Iterable[Kind]) -> list[Kind]:
    """The kinds with sessions that may lack computed values; it costs a lookup each.

    A kind without sessions is marked as done: all that come will be complete.
    """
    found = []
    for kind in kinds:
        if await _is_done(store, kind):
            continue
        if await reads.has_any(store, kind):
            found.append(kind)
        else:
            await writes.set_mark(store, _mark(kind), version(kind))
    return found


async def is_outdated(store: Store, kind: Kind) -> bool:
    """Whether a kind has sessions that may lack computed values; nothing is marked."""
    return not await _is_done(store, kind) and await reads.has_any(store, kind)


async def _is_done(store: Store, kind: Kind) -> bool:
    return await writes.mark(store, _mark(kind)) == version(kind)


async def rebuild(context: Context, kind: Kind, advance: Callable[[int], object]) -> Rebuilt:
    """Bring every stored session of a kind up to date, expired ones included.

    It starts with the first session, or where a rebuild of the same version was ended early.
    """
    context.caller.require(kind, Action.WRITE)
    store, found = context.store, Rebuilt()
    order = (Order(kind.by_name["createdAt"]),)
    window = Window(first=BATCH, after=await _place(store, kind))
    while True:
        read = Read(kind, EVERYTHING, order, window)
        rows = (await reads.list_(store, read)).documents
        if not rows:
            break
        window = window._replace(after=cursors(read, rows[-1:])[0])
        await asyncio.gather(*(_update(context, kind, row, found) for row in rows))
        await writes.set_mark(store, _mark(kind), f"{version(kind)}@{window.after}")
        found.seen += len(rows)
        advance(len(rows))
    await writes.set_mark(store, _mark(kind), version(kind))
    return found


def _mark(kind: Kind) -> str:
    return f"derived:{kind.name}"


async def _place(store: Store, kind: Kind) -> str | None:
    """The cursor of the last session that an earlier run of this version did."""
    done, _, last = (await writes.mark(store, _mark(kind)) or "").partition("@")
    return last if last and done == version(kind) else None


async def _update(context: Context, kind: Kind, session: Document, found: Rebuilt) -> None:
    """Bring one session up to date; it is read again if others change it meanwhile."""
    if kind.session_ids.canonical(session["_id"]) != session["_id"]:
        await _respell(context, kind, session, found)
        return
    before: Document | None = session
    for _ in range(ATTEMPTS):
        after = _after(kind, before, found) if before else None
        if before is None or after is None:
            return
        try:
            if await writes.update(context.store, kind, before, after):
                found.changed += 1
                return
        except Invalid as error:
            found.add(kind, before, error)
            return
        before = await reads.get(context.store, kind, session["_id"], EVERYTHING, None)
    found.add(kind, session, Conflict("Other writers keep changing it."))


async def _respell(context: Context, kind: Kind, session: Document, found: Rebuilt) -> None:
    """Move a session to its id in lower case, where the rebuild comes by later: of those created at
    one moment, letters in capitals are sorted before the others."""
    before: Document | None = session
    for _ in range(ATTEMPTS):
        if before is None:
            return
        moved = {**before, "_id": kind.session_ids.canonical(session["_id"])}
        try:
            await writes.create(context.store, kind, moved)
        except AlreadyExists:
            # An earlier run may have ended between the copy and the removal.
            if await reads.get(context.store, kind, moved["_id"], EVERYTHING, None) != moved:
                found.add(kind, session, Conflict(TWICE.format(moved["_id"])))
                return
        if held := reservations.of(kind, before):
            await writes.hand_over(context.store, kind, held, before["_id"], moved["_id"])
        if await writes.delete_unchanged(context.store, kind, before):
            found.changed += 1
            return
        await writes.delete_unchanged(context.store, kind, moved)
        before = await reads.get(context.store, kind, session["_id"], EVERYTHING, None)
    found.add(kind, session, Conflict("Other writers keep changing it."))


TWICE = (
    "Another session is stored as {!r}, which is the same id. Compare the two, and delete one of "
    "them."
)


def _after(kind: Kind, before: Document, found: Rebuilt) -> Document | None:
    """What is to be stored in the place of `before`; None if nothing is."""
    try:
        after = rederived(kind, before)
    except (CorruptDocument, Invalid) as error:
        found.add(kind, before, error)
        return None
    return None if after is before else after
