"""What a field of statistics means to the core, and its answer as GraphQL shows it.

    botSessionStatistics(groupBy: [BOT_ID], every: DAY) { groups { key { botId } count } }

is `Question(group_by=(botId,), every=Every(DAY))`; the answer is a document of the types in
schema.statistics_types.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import ValueNode, value_from_ast_untyped

from resolvers.errors import BadInput, LimitExceeded
from resolvers.groups import Figure, Leaf, Measure, Question, Ranking, groupable, measurable
from resolvers.kind import Document, Kind
from resolvers.percentiles import check_p
from resolvers.request import Filter
from resolvers.statistics import Statistics, check_lengths
from resolvers.tally import Group
from resolvers.time_buckets import Every, Unit
from schema import filters
from schema.execution.selections import ByVariables, Selected
from schema.root_field import Arguments
from schema.statistics_types import FIGURES


@dataclass(frozen=True, slots=True)
class StatisticsRead:
    """What a selection needs to have worked out."""

    measures: tuple[Measure, ...]
    rate: bool
    shares: tuple[float, ...]
    """Every `p` of a percentile."""


def wanted(selected: Selected, kind: Kind) -> ByVariables:
    """What a field of statistics selects."""
    groups = selected.named("groups")
    names = {node.name.value for node in groups.fields()}
    found = {
        leaf: groups.named(name) for name, leaf in measurable(kind.columns).items() if name in names
    }
    shares = [share for inner in found.values() for share in _shares(inner)]
    measures = tuple(_measure(leaf, inner) for leaf, inner in found.items())
    return lambda variables: StatisticsRead(
        measures,
        "rate" in names,
        tuple(value_from_ast_untyped(share, dict(variables)) for share in shares),
    )


def _shares(selected: Selected) -> Iterator[ValueNode]:
    """The `p` of every percentile."""
    for node in selected.fields():
        for argument in node.arguments or ():
            yield argument.value


def _measure(leaf: Leaf, selected: Selected) -> Measure:
    names = {node.name.value for node in selected.fields()}
    return Measure(
        leaf,
        sums=not names.isdisjoint(("average", "sum")),
        ends=not names.isdisjoint(("minimum", "maximum")),
        percentiles="percentile" in names,
    )


def question(kind: Kind, where: Filter, read: StatisticsRead, arguments: Arguments) -> Question:
    """What the arguments mean; BadInput or LimitExceeded if they cannot be meant."""
    for p in read.shares:
        check_p(p)
    group_by, ordered = arguments.get("groupBy") or (), arguments.get("orderBy") or ()
    check_lengths(len(group_by), len(ordered))
    keys = groupable(kind.columns)
    order = tuple(_ranking(kind, given) for given in ordered)
    return Question(
        where=where,
        group_by=tuple(keys[name] for name in group_by),
        every=_every(arguments),
        measures=read.measures,
        rate_of=_rate_of(kind, arguments.get("rateOf")),
        rated=read.rate or any(ranking.figure is Figure.RATE for ranking in order),
        order=order,
        first=arguments.get("first"),
    )


def _every(arguments: Arguments) -> Every | None:
    unit, zone = arguments.get("every"), arguments.get("timeZone")
    if unit is not None:
        return Every(Unit(unit), "UTC" if zone is None else zone)
    if zone is not None:
        raise BadInput("timeZone: only `every` has a use for it.", argument="timeZone")
    return None


def _rate_of(kind: Kind, given: Any) -> Filter | None:
    try:
        return None if given is None else filters.where(given, kind)
    except (BadInput, LimitExceeded) as error:
        message = error.message.replace("filter", "rateOf", 1)
        raise type(error)(message, argument="rateOf") from None


def _ranking(kind: Kind, given: Mapping[str, Any]) -> Ranking:
    of = given.get("of")
    return Ranking(
        Figure(given["field"]),
        given["direction"] == "DESC",
        None if of is None else measurable(kind.columns)[of],
        given.get("p"),
    )


def document(asked: Question, found: Statistics) -> Document:
    """The answer as its types see it."""
    names = [leaf.name for leaf in asked.group_by]
    measures = [measure.leaf.name for measure in asked.measures]
    return {
        "groups": [_group(group, names, measures, asked) for group in found.groups],
        "groupCount": found.count,
    }


def _group(
    group: Group, names: Sequence[str], measures: Sequence[str], asked: Question
) -> Document:
    shown: Document = {
        "key": {**dict(zip(names, group.keys, strict=True)), "periodStart": group.period_start},
        "count": group.count,
        "share": group.share,
        "rate": None if asked.rate_of is None else group.rate,
    }
    for name, figures in zip(measures, group.figures, strict=False):  # the ordering may need more
        shown[name] = {
            "count": figures.count,
            "average": figures.average,
            "minimum": figures.low,
            "maximum": figures.high,
            "sum": figures.sum,
            FIGURES: figures,
        }
    return shown
