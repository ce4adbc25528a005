"""Whether the stored trail is whole: each chain, its head, and what other chains say of it.

    async for problem in problems(store, Mac(key), report): ...

Entries are read in batches, chain after chain; what a problem is about is named by chain and place.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from resolvers.audit.entries import Act, Entry, Mac, entry_id
from resolvers.audit.pruning import begins, seal
from resolvers.kind import Document
from resolvers.store import audit as stored
from resolvers.store.store import Store

Place = tuple[str, int]
"""A chain and a place in it."""


class Problem(NamedTuple):
    """Something that is otherwise than it was written."""

    writer: str
    seq: int
    what: str

    def __str__(self) -> str:
        """A sentence with its place."""
        return f"chain {self.writer}, entry {self.seq}: {self.what}"


@dataclass(slots=True)
class Report:
    """What was looked at."""

    entries: int = 0
    chains: int = 0
    unkeyed: int = 0
    """Chains without a key, begun before any with one."""
    since: datetime | None = None
    """The time of the oldest entry."""
    removed_before: datetime | None = None
    """Entries older than that were removed, as the retention says; None: none were."""
    open: int = 0
    """Chains whose process has not ended: it runs, or was killed."""
    heads: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Of each chain its last entry's `seq` and `hash`: an anchor for the next time."""


Advance = Callable[[int], object]


async def problems(
    store: Store,
    mac: Mac,
    report: Report,
    anchor: Mapping[str, Mapping[str, Any]] | None = None,
    advance: Advance = lambda _number: None,
) -> AsyncIterator[Problem]:
    """Everything that is wrong; `report` is filled meanwhile, `advance` called with numbers.

    `anchor` has the heads of an earlier time: each must still be in its chain.
    """
    heads = {head["_id"]: head for head in await stored.heads(store)}
    for problem in _unkeyed(heads, mac, report):
        yield problem
    for head in heads.values():
        report.chains += 1
        async for problem in _chain(store, mac, head, heads, report, advance):
            yield problem
    async for writer in stored.writers(store):
        if writer not in heads:
            yield Problem(writer, 0, "the chain has entries, and no head: the head was removed")
    for writer, known in (anchor or {}).items():
        async for problem in _named(store, heads, writer, known, "the anchor"):
            yield problem


def _unkeyed(heads: Mapping[str, Document], mac: Mac, report: Report) -> list[Problem]:
    """Chains without a key that began after one with a key: nobody would have made them."""
    keyed = [head["startedAt"] for head in heads.values() if head.get("keyed")]
    without = [head for head in heads.values() if not head.get("keyed")]
    later = [one for one in without if keyed and one["startedAt"] > min(keyed)]
    report.unkeyed = len(without) - len(later)
    found = [
        Problem(one["_id"], 0, "the chain has no key, although others before it have one")
        for one in later
    ]
    if keyed and not mac.keyed:
        found.append(Problem("", 0, "chains were written with a key: set GATEWAY_AUDIT_KEY"))
    return found


async def _chain(
    store: Store,
    mac: Mac,
    head: Document,
    heads: Mapping[str, Document],
    report: Report,
    advance: Advance,
) -> AsyncIterator[Problem]:
    """One chain from its beginning to its end."""
    writer, start = head["_id"], begins(head)
    own = mac if head.get("keyed") else Mac()
    for what in _sealed(own, head):
        yield Problem(writer, head["seq"], what)
    seq, previous, last = start["seq"] - 1, start["previous"], None
    async for batch in stored.walk(store, writer, start["seq"]):
        for row in batch:
            for what in _linked(own, row, seq, previous):
                yield Problem(writer, row["seq"], what)
            if row["seq"] == head["seq"] and row["hash"] != head["hash"]:
                yield Problem(writer, row["seq"], "it is not the entry that the head names")
            seq, previous, last = row["seq"], row["hash"], row
            async for problem in _seen(store, heads, row):
                yield problem
        _count(report, batch)
        advance(len(batch))
    if seq < head["seq"]:
        yield Problem(writer, seq + 1, f"entries to {head['seq']} are missing at the end")
    report.open += last is None or last["action"] != Act.STOPPED
    report.heads[writer] = {"seq": seq, "hash": previous}
    if before := start.get("before"):
        report.removed_before = max(before, report.removed_before or before)


def _sealed(mac: Mac, head: Document) -> list[str]:
    """What is wrong with a head, and with where it says that the chain begins."""
    found = []
    reached = {name: head.get(name) for name in ("seq", "hash", "at")}
    if mac.of({"writer": head["_id"], **reached}) != head.get("seal"):
        found.append("the chain's head was changed, or made with another key")
    if (moved := head.get("begins")) and seal(mac, head["_id"], moved) != moved.get("seal"):
        found.append("the chain's beginning was changed, or moved with another key")
    return found


def _linked(mac: Mac, row: Entry, seq: int, previous: str) -> list[str]:
    """What is wrong with an entry after the one at `seq`, whose hash is `previous`."""
    found = []
    if row["seq"] != seq + 1:
        found.append(f"the entries from {seq + 1} to {row['seq'] - 1} are missing")
    elif row["previous"] != previous:
        found.append("it does not follow from the entry before it")
    if row["_id"] != entry_id(row["writer"], row["seq"]):
        found.append("its id is that of another place")
    if mac.of(row) != row["hash"]:
        found.append("it was changed, or made with another key")
    return found


async def _seen(store: Store, heads: Mapping[str, Document], row: Entry) -> AsyncIterator[Problem]:
    """What is wrong with other chains, as an entry saw them."""
    for known in row.get("heads", ()):
        by = f"entry {row['seq']} of chain {row['writer']}"
        async for problem in _named(store, heads, known["writer"], known, by):
            yield problem


async def _named(
    store: Store, heads: Mapping[str, Document], writer: str, known: Mapping[str, Any], by: str
) -> AsyncIterator[Problem]:
    """What is wrong with a chain of which somebody knows an entry."""
    seq, head = known["seq"], heads.get(writer)
    if head is None:
        yield Problem(writer, seq, f"the whole chain is missing: {by} names it")
    elif seq >= begins(head)["seq"] and seq:
        row = await stored.one(store, writer, seq)
        if row is None:
            yield Problem(writer, seq, f"it is missing: {by} names it")
        elif row["hash"] != known["hash"]:
            yield Problem(writer, seq, f"it is not the one that {by} names")


def _count(report: Report, batch: list[Entry]) -> None:
    report.entries += len(batch)
    oldest = min(row["at"] for row in batch)
    report.since = min(oldest, report.since or oldest)
