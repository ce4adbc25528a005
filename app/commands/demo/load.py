"""Loading the demo data, once in the life of a database."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from itertools import islice
from typing import TypeVar

from app.commands.demo.generate import generate
from app.commands.demo.journey import IDENTIFIERS, LENGTH, journey
from app.commands.progress import Advance, unseen
from app.rest import VENDORS, samples
from resolvers import bulk, customers
from resolvers.bulk import Draft
from resolvers.context import Context
from resolvers.kind import Kind
from resolvers.store import indexes, preparation, surveys
from resolvers.store import read as reads
from resolvers.store import write as writes
from resolvers.store.capabilities import Capability
from resolvers.store.store import Store
from schema.kinds import KINDS

OF_EACH_KIND = 300
SEED = 0
BATCH = 1000
SIZE = sum(len(samples.lines(one.kind)) for one in VENDORS) + LENGTH + OF_EACH_KIND * len(KINDS)
"""How many sessions the demo has."""

MARK = "demo"
LOADING, LOADED, DECLINED = "loading", "loaded", "declined"

T = TypeVar("T")
Said = Callable[[str, int], AbstractContextManager[Advance]]
"""Shows the progress of something with a name and a size."""
LATE_INDEXES = 20_000
"""Sessions for which it is quicker to build indexes afterwards: measured, docs/performance.md."""


def unsaid(_name: str, _size: int) -> AbstractContextManager[Advance]:
    """Nobody looks at any progress."""
    return nullcontext(unseen)


async def load_demo(store: Store, now: datetime, advance: Advance = unseen) -> int:
    """Load the demo data into a new database; how many sessions were stored.

    It happens once: a mark stays in the database, so what is deleted does not come back, and a
    database with sessions of others gets none. What was interrupted is completed next time.
    `now` is in UTC without an offset.
    """
    state = await writes.mark(store, MARK)
    if state in (LOADED, DECLINED):
        return 0
    if state is None:
        fresh = await _is_empty(store)
        await writes.set_mark(store, MARK, LOADING if fresh else DECLINED)
        if not fresh:
            return 0
    context = Context(store, now=lambda: now)
    stored = await store_drafts(context, _drafts(now), advance)
    await customers.link(context, IDENTIFIERS)
    await writes.set_mark(store, MARK, LOADED)
    return stored


async def has_demo(store: Store) -> bool:
    """Whether the demo data was loaded into this database, whatever is left of it."""
    return await writes.mark(store, MARK) == LOADED


async def store_many(
    context: Context, kind: Kind, drafts: Iterable[Draft], count: int, said: Said = unsaid
) -> int:
    """Store a large number of sessions of one kind; how many of them did not exist yet.

    Where each index costs a write as much as the session itself, and most sessions will be new,
    the indexes are dropped before and built afterwards.
    """
    later = count >= LATE_INDEXES and await _better_later(context.store, kind)
    if later:
        await indexes.drop(context.store, kind)
    with said(f"Storing {kind.enum_name}", count) as advance:
        stored = await store_drafts(context, drafts, advance)
    if later:
        with said("Building indexes", len(kind.indexes)) as advance:
            await indexes.build_each(context.store, kind, advance)
    return stored


async def _better_later(store: Store, kind: Kind) -> bool:
    if Capability.ORDERED_WALK in store.capabilities or kind.name in store.maps:
        return False
    missing, changed = await indexes.differing(store, kind)
    own = not (missing or changed) and await preparation.owns(store, kind)
    return own and not await surveys.is_large(store, kind)


async def store_drafts(context: Context, drafts: Iterable[Draft], advance: Advance = unseen) -> int:
    """Store sessions in large steps; how many of them did not exist yet."""
    stored = 0
    for batch in batches(drafts):
        for kind in dict.fromkeys(draft.kind for draft in batch):
            documents = [bulk.prepare(context, draft) for draft in batch if draft.kind is kind]
            refused = await bulk.create(context, kind, documents)
            stored += len(documents) - len(refused)
        advance(len(batch))
    return stored


def batches(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def _drafts(now: datetime) -> Iterator[Draft]:
    for vendor in VENDORS:
        yield from samples.drafts(vendor.kind)
    yield from journey(now)
    for entry in KINDS:
        yield from generate(entry.kind, OF_EACH_KIND, SEED, now)


async def _is_empty(store: Store) -> bool:
    return not any([await reads.has_any(store, entry.kind) for entry in KINDS])
