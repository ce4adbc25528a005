"""What an engine that walks no index looks at for a query, and what is too much to begin.

Such an engine reads every row that the bounds on one index leave. Some go on with it when nobody
waits any longer: to order a million sessions by their durations takes SecantusDB a minute, in which
it serves nobody else. So a query is refused that would look at far more rows than there is time
for; a survey says about how many there are. What is left runs to its end, a few at a time.
"""

from collections.abc import Coroutine
from enum import Enum
from typing import Any, Final, TypeVar

from resolvers.errors import Timeout
from resolvers.kind import Kind
from resolvers.paging import default_order
from resolvers.store.branches import branches
from resolvers.store.capabilities import Capability
from resolvers.store.operators import Query
from resolvers.store.riding import Riding, equalities, riding
from resolvers.store.store import Store
from resolvers.store.surveys import is_large, is_quick, share_of, timeline_of
from resolvers.store.timeline import AHEAD, OLDEST, Span, now
from resolvers.value_types import BOOLEAN, ENUM

T = TypeVar("T")


class Look(Enum):
    """What is done with each row, and the microseconds of CPU that SecantusDB takes for it."""

    SORT = 46
    SCAN = 27
    """For groups, and for a count by a filter."""
    COUNT = 7
    """Of a whole collection."""
    LITTLE = 0
    """Of what an index is known to find, which is little."""


HOPELESS: Final = 2
"""What takes so many times the deadline is not begun. Other machines are quicker."""
TOO_MANY: Final = (
    "The database would look at about {rows:,} sessions for this, and has time for {most:,}. "
    "Filter by startedAt or by a column that few sessions agree in, or order by startedAt, "
    "endedAt, createdAt or updatedAt."
)


async def bounded(
    store: Store, kind: Kind, match: Query, look: Look, work: Coroutine[Any, Any, T]
) -> T:
    """Do what may look at every row of a large collection, a few at a time.

    Timeout, and `work` is not begun, where it would look at far too many.
    """
    try:
        quick = Capability.TIME_LIMIT in store.capabilities or not await is_large(store, kind)
        if not quick and look is not Look.LITTLE:
            await _require_few(store, kind, match, look)
    except BaseException:  # also one whose client goes meanwhile
        work.close()
        raise
    return await (work if quick else store.places.run(work, store.left / 2))


async def _require_few(store: Store, kind: Kind, match: Query, look: Look) -> None:
    rows, seconds = await rows_read(store, kind, match), HOPELESS * store.deadline
    if rows * look.value > seconds * 1e6:
        raise Timeout(TOO_MANY.format(rows=rows, most=round(seconds * 1e6 / look.value)))


async def rows_read(store: Store, kind: Kind, match: Query) -> int:
    """How many rows a query looks at, about; 0 where an index leaves few of them."""
    along = await along_time(store, kind, match)
    if along is None or (along.prefixes == ({},) and _leaves_few(kind, match)):
        return 0
    timeline = await timeline_of(store, kind, along.path)
    rows = sum(span.rows for span in await spans_of(store, kind, along))
    return round(rows * await share_of(store, kind, timeline, along))


def _leaves_few(kind: Kind, match: Query) -> bool:
    """Whether another index finds it by a value of which there are many, such as a token."""
    coarse = {column.path for column in kind.columns if column.type in (ENUM, BOOLEAN)}
    paths = {index.keys[0] for index in kind.indexes} - coarse
    return any(equalities(match.get(path, {})) for path in paths) or bool(branches(kind, match))


async def along_time(store: Store, kind: Kind, match: Query) -> Riding | None:
    """The query along time; None where it is left to the engine, or asks for one moment."""
    if kind.name in store.unruled or kind.name in store.maps or await is_quick(store, kind):
        return None
    return riding(kind, match, default_order(kind)[0].path)


async def spans_of(store: Store, kind: Kind, along: Riding) -> list[Span]:
    """Where in time the query has rows, the newest first."""
    timeline = await timeline_of(store, kind, along.path)
    low = along.least or OLDEST
    high = max(low, along.until or now() + AHEAD)
    return [span for span in timeline.between(low, high, falling=True) if span.rows]
