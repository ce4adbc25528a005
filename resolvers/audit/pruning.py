"""The oldest entries go; where a chain begins from now on is said in its head, and sealed.

First the head says where the chain begins, then what stood before it is removed: whenever a process
is killed, the chain is whole. The last entry of a chain stays, so a head always has one to lead to.
"""

from datetime import datetime, timedelta
from typing import Any

from resolvers.audit.entries import FIRST, Act, Mac, Outcome
from resolvers.audit.trail import Trail
from resolvers.context import utc_now
from resolvers.kind import Document
from resolvers.store import audit as stored
from resolvers.store.store import Store

BEGINNING: Document = {"seq": 1, "previous": FIRST}
"""Of a chain from which nothing was removed."""


def begins(head: Document) -> Document:
    """Where a chain begins: the place of its first entry, and the hash of the one before it."""
    found: Document = head.get("begins") or BEGINNING
    return found


def seal(mac: Mac, writer: str, begins_at: Document) -> str:
    """What shows that a beginning was moved by who has the key."""
    covered = {name: value for name, value in begins_at.items() if name != "seal"}
    return mac.of({"writer": writer, **covered})


async def prune(store: Store, mac: Mac, days: int, trail: Trail | None = None) -> int:
    """Remove the entries that are older than so many days, from each chain; how many they were.

    The trail gets an entry that says so.
    """
    cutoff, removed = utc_now() - timedelta(days=days), 0
    for head in await stored.heads(store):
        removed += await _pruned(store, mac, head, cutoff)
    if removed and trail is not None:
        more: dict[str, Any] = {"removed": removed, "before": cutoff}
        trail.note({"action": Act.PRUNED.value, "outcome": Outcome.DONE.value, **more}, must=True)
    return removed


async def _pruned(store: Store, mac: Mac, head: Document, cutoff: datetime) -> int:
    writer, known = head["_id"], begins(head)
    last = await stored.last_before(store, writer, known["seq"], cutoff)
    if last is None:
        return 0
    if last["seq"] >= head["seq"]:  # the head leads to an entry, always
        last = await stored.one(store, writer, head["seq"] - 1)
    if last is not None and last["seq"] >= known["seq"]:
        moved = {"seq": last["seq"] + 1, "previous": last["hash"], "before": cutoff}
        moved["seal"] = seal(mac, writer, moved)
        if not await stored.move_beginning(store, head, moved):
            return 0
        known = moved
    return await stored.remove_before(store, writer, known["seq"])
