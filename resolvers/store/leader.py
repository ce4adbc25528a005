"""Which key of a search the index is asked for: the rarest one, of several.

A search for `the printer` looks at the sessions that one of the keys leads to, and compares the
rest with the texts of each. Planners cannot weigh keys of one index against each other alike on
every engine, so the rarest is found by counting, no further than MOST, the longest key first.
"""

from dataclasses import replace

from resolvers.errors import Timeout, Unavailable
from resolvers.kind import Kind
from resolvers.request import All, Filter, Search
from resolvers.store.operators import Query, key_condition
from resolvers.store.session_ids import of_any_type
from resolvers.store.store import Store

MOST = 1000
"""Sessions that are counted of a key; keys with more are equally frequent."""
FEW = 50
"""A key with no more sessions leads without a look at the others."""
CANDIDATES = 5
"""Keys that are counted, the longest ones: they are the rarest, mostly."""
SHARE_OF_TIME = 10
"""A count may take this part of the time of a read; a key that takes longer counts as frequent."""


async def led(store: Store, kind: Kind, where: Filter) -> Filter:
    """The filter with the leaders of the searches that every session has to meet."""
    if kind.name in store.unruled:
        where = of_any_type(where)
    return await _with_leaders(store, kind, where)


async def _with_leaders(store: Store, kind: Kind, where: Filter) -> Filter:
    match where:
        case Search():
            return await _led(store, kind, where)
        case All(parts) if any(isinstance(part, Search | All) for part in parts):
            return All(tuple([await _with_leaders(store, kind, part) for part in parts]))
    return where


async def _led(store: Store, kind: Kind, where: Search) -> Search:
    keys = dict.fromkeys(key for term in where.terms for key in term.keys)
    # Beginnings of words lead only where there is nothing else: many keys begin alike.
    whole = [key for key in keys if not key.endswith("*")] or keys
    candidates = sorted(whole, key=len, reverse=True)[:CANDIDATES]
    if len(candidates) == 1:
        return where
    counts = dict.fromkeys(candidates, MOST)
    for key in candidates:
        try:
            counts[key] = await _count(store, kind, key_condition(where, key))
        except Unavailable:  # or only busy for so short a time: the read itself finds that out
            break
        if counts[key] <= FEW:
            break
    return replace(where, leader=min(counts, key=lambda key: counts[key]))


async def _count(store: Store, kind: Kind, wanted: Query) -> int:
    counting = store.collection(kind).count_documents(wanted, limit=MOST)
    try:
        return int(await store.run(counting, 1 / SHARE_OF_TIME))
    except Timeout:
        return MOST
