"""Statistics: sessions grouped, counted and measured, of one kind or of several together.

    Question(where=…, group_by=(botId,), measures=(Measure(durationSeconds, sums=True),))

is one command a kind (resolvers.store.groups). Its rows are put together here: buckets of time on
a zone's clocks, numbers of several kinds, groups without sessions (resolvers.tally).
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from resolvers import masks
from resolvers.access import Action
from resolvers.across import for_kind, needed
from resolvers.audit.entries import Act
from resolvers.context import Context
from resolvers.errors import BadInput, Invalid, LimitExceeded
from resolvers.groups import (
    KIND,
    MOST_GROUPS,
    MOST_KEYS,
    MOST_MEASURES,
    MOST_RANKINGS,
    MOST_ROWS,
    OF_NUMBERS,
    Figure,
    Measure,
    Question,
    Ranking,
    bounds,
)
from resolvers.kind import Column, Kind
from resolvers.percentiles import check_p
from resolvers.request import EVERYTHING, NEVER, Filter, both
from resolvers.store import groups as store
from resolvers.store.groups import Grouping, Part, Row
from resolvers.tally import Statistics as Statistics  # the answer, for who asks
from resolvers.tally import Tally, too_many
from resolvers.texts import check_timezone
from resolvers.time_buckets import MONTHS, Calendar


class Asked(NamedTuple):
    """What is read of one kind."""

    kind: Kind
    where: Filter
    rate_of: Filter | None
    known: Sequence[Any]
    """The values of the columns to group by that are not read; None for the others."""


async def of_kind(context: Context, kind: Kind, question: Question) -> Statistics:
    """The answer over the sessions of one kind; the question has filters and columns of its own."""
    context.caller.require(kind, Action.READ)
    known = [None] * len(question.group_by)
    return await _answer(context, [Asked(kind, question.where, question.rate_of, known)], question)


async def of_kinds(
    context: Context, kinds: Sequence[Kind], question: Question, within: Filter = EVERYTHING
) -> Statistics:
    """The answer over the sessions of several kinds, all of which the caller may read.

    The question has filters and columns of `resolvers.across.common_kind`; `within` is a further
    condition, which the gateway sets. A kind that cannot be read costs the whole answer: its
    sessions may be in any group.
    """
    for kind in kinds:
        context.caller.require(kind, Action.READ)
    asked = [
        Asked(
            kind,
            both(where, within),
            None if question.rate_of is None else for_kind(question.rate_of, kind),
            [kind.enum_name if leaf.name == KIND else None for leaf in question.group_by],
        )
        for kind in kinds
        if (where := for_kind(question.where, kind)) != NEVER
    ]
    return await _answer(context, asked, question)


async def _answer(context: Context, asked: Sequence[Asked], question: Question) -> Statistics:
    question = question.with_measures(_ordered_by(question))
    _check(question)
    _require_answerable(context, question)
    calendar = _calendar(question)
    reads = [_read(context, one, question, calendar) for one in asked]
    if len(asked) > 1:
        whole = "statistics over several kinds are whole or not at all"
        reads = [needed(one.kind, read, whole) for one, read in zip(asked, reads, strict=True)]
    tally = Tally(question, calendar)
    for one, rows in zip(asked, await asyncio.gather(*reads), strict=True):
        tally.add(_shown(context, question, one, rows), one.known)
    return tally.ended()


async def _read(
    context: Context, asked: Asked, question: Question, calendar: Calendar | None
) -> list[Row]:
    """The rows of one kind, by one command; a second one counts the groups that are too many."""
    if calendar is not None and calendar.empty:
        return []
    leaves = [
        leaf for leaf, known in zip(question.group_by, asked.known, strict=True) if known is None
    ]
    grouping = Grouping(
        tuple(leaf.path for leaf in leaves),
        calendar,
        tuple(_parts(question, asked.rate_of)),
        lists=tuple(leaf.path for leaf in leaves if leaf.column.many),
    )
    where = both(asked.where, context.visible(asked.kind))
    most = _most_rows(question, calendar)
    rows = await store.read(context.store, asked.kind, where, grouping, most)
    if len(rows) <= most:
        return rows
    count = await store.count(context.store, asked.kind, where, grouping)
    if count > question.most_groups:
        raise too_many(count, question.most_groups, about=calendar is not None)
    raise LimitExceeded(
        f"The percentiles of {count:,} groups are too many different numbers. Narrow the filter, "
        "group by fewer columns or longer periods, or ask for averages.",
        limit="groups",
    )


def _most_rows(question: Question, calendar: Calendar | None) -> int:
    """How many rows of a kind are read: more can only be of groups that are too many.

    An hour, day or week begins a new row where a slot of any phase does; one more for each group is
    for damaged keys, which are null together. Longer buckets and percentiles need many rows.
    """
    long = calendar is not None and calendar.unit in MONTHS
    if long or any(measure.percentiles for measure in question.measures):
        return MOST_ROWS
    phases = len(calendar.phases) if calendar is not None else 0
    return min(MOST_ROWS, question.most_groups * (2 + phases))


def _parts(question: Question, rate_of: Filter | None) -> Iterator[Part]:
    """A part that counts, one for each measure in that order, and one for the rate.

    Where sessions are in several groups, one that counts each once comes second.
    """
    yield Part()
    if question.overlapping:
        yield Part(whole=True)
    for measure in question.measures:
        ends = measure.ends or measure.percentiles
        yield Part(measure.leaf.path, measure.sums, ends, measure.percentiles)
    if question.rated and rate_of is not None and rate_of != NEVER:
        yield Part(where=rate_of)


def _calendar(question: Question) -> Calendar | None:
    """The buckets of time; LimitExceeded if a bounded range has too many, before any is made.

    Its spans are of two centuries at most, whatever the range.
    """
    if question.every is None:
        return None
    calendar = Calendar(question.every, *bounds(question.where))
    size = calendar.size()
    if size is not None and size > question.most_groups:
        raise too_many(size, question.most_groups)
    return calendar


def _ordered_by(question: Question) -> Iterator[Measure]:
    """What the ordering needs besides what is selected."""
    for ranking in question.order:
        if ranking.of is not None:
            yield Measure(
                ranking.of,
                sums=ranking.figure in (Figure.AVERAGE, Figure.SUM),
                ends=ranking.figure in (Figure.MINIMUM, Figure.MAXIMUM),
                percentiles=ranking.figure is Figure.PERCENTILE,
            )


def _require_answerable(context: Context, question: Question) -> None:
    """Forbidden if the groups would give away what is masked."""
    masks.require_answerable(context.caller, question.where)
    if question.rate_of is not None:
        masks.require_answerable(context.caller, question.rate_of)
    for leaf in (*question.group_by, *(measure.leaf for measure in question.measures)):
        masks.require_groupable(context.caller, leaf.columns)


def _shown(context: Context, question: Question, asked: Asked, rows: list[Row]) -> list[Row]:
    """The rows as the caller may see them: those whose keys are masked make one group."""
    columns = [
        leaf.column
        for leaf, known in zip(question.group_by, asked.known, strict=True)
        if known is None
    ]
    if context.caller.sees_personal:
        _note(context, asked.kind, columns, rows)
        return rows
    if not any(column.identifier for column in columns):
        return rows
    return [
        row._replace(
            keys=tuple(
                masks.masked(context.caller, column, value)
                for column, value in zip(columns, row.keys, strict=True)
            )
        )
        for row in rows
    ]


def _note(context: Context, kind: Kind, columns: Sequence[Column], rows: Sequence[Row]) -> None:
    """Note that values of personal columns are shown, of no session in particular."""
    names = [column.name for column in columns if column.personal or column.identifier]
    if rows and names and context.store.witness and context.store.witness.reads:
        context.store.witness.shown(Act.READ, kind, (), names)


def check_lengths(group_by: int, order: int) -> None:
    """LimitExceeded if these are too many columns or levels of an ordering: before any is made."""
    if group_by > MOST_KEYS:
        raise LimitExceeded(
            f"groupBy: {group_by} columns are too many: at most {MOST_KEYS}.", argument="groupBy"
        )
    if order > MOST_RANKINGS:
        raise LimitExceeded(
            f"orderBy: {order} levels are too many: at most {MOST_RANKINGS}.", argument="orderBy"
        )


def _check(question: Question) -> None:
    """BadInput or LimitExceeded for what cannot be meant, or is too much, before any work."""
    check_lengths(len(question.group_by), len(question.order))
    if len({*question.group_by}) < len(question.group_by):
        raise BadInput("groupBy: a column can be given only once.", argument="groupBy")
    levels = {ranking._replace(descending=False) for ranking in question.order}
    if len(levels) < len(question.order):
        raise BadInput("orderBy: a figure can be given only once.", argument="orderBy")
    if len(question.measures) > MOST_MEASURES:
        raise LimitExceeded(
            f"Figures of {len(question.measures)} columns are too many: at most {MOST_MEASURES}. "
            "Split the question."
        )
    if question.first is not None and not 0 <= question.first <= MOST_GROUPS:
        raise BadInput(
            f"first: {question.first} is out of range: from 0 to {MOST_GROUPS}.", argument="first"
        )
    if question.every is not None:
        _check_zone(question.every.zone)
    for ranking in question.order:
        _check_ranking(ranking, question)


def _check_zone(zone: str) -> None:
    try:
        check_timezone(zone)
    except Invalid as error:
        raise BadInput(f"timeZone: {error.message}", argument="timeZone") from None


def _check_ranking(ranking: Ranking, question: Question) -> None:
    figure = ranking.figure
    missing = {
        Figure.KEY: not question.group_by and "groupBy",
        Figure.PERIOD_START: question.every is None and "every",
        Figure.RATE: question.rate_of is None and "rateOf",
    }.get(figure)
    if missing:
        raise BadInput(f"orderBy: {figure} needs {missing}.", argument="orderBy")
    if (ranking.of is not None) is not (figure in OF_NUMBERS):
        needs = "needs `of`, the column" if ranking.of is None else "has no use for `of`"
        raise BadInput(f"orderBy: {figure} {needs}.", argument="orderBy")
    if (ranking.p is not None) is not (figure is Figure.PERCENTILE):
        needs = "needs `p`, such as 0.95" if ranking.p is None else "has no use for `p`"
        raise BadInput(f"orderBy: {figure} {needs}.", argument="orderBy")
    if ranking.p is not None:
        check_p(ranking.p)
