"""Statistics against a fold over the documents one by one: groups, figures, refusals."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers import sessions as lists
from resolvers import statistics
from resolvers.access import EVERYBODY, Caller
from resolvers.context import Context
from resolvers.errors import Timeout
from resolvers.groups import (
    MOST_GROUPS,
    Figure,
    Leaf,
    Measure,
    Question,
    Ranking,
    groupable,
    measurable,
)
from resolvers.kind import Document
from resolvers.request import (
    EVERYTHING,
    All,
    Compare,
    Either,
    Filter,
    Not,
    Operator,
    Read,
    Window,
    both,
)
from resolvers.statistics import Statistics
from resolvers.store import groups as store
from resolvers.time_buckets import Every, Unit
from schema.all_kinds import all_kinds
from tests.conftest import KINDS_BY_NAME, mock_store
from tests.properties import examples
from tests.resolvers.asked_statistics import BOT, BY_BOT, DURATION, KEYS, Asker, sessions, started
from tests.resolvers.folded import Folded, Key, buckets, fold, nearest_rank
from tests.resolvers.test_time_buckets import LONGEST, MOMENTS, ZONES

CHAT = KINDS_BY_NAME["chat"]
NUMBERS = measurable(BOT.columns)
STARTED, BOT_ID = BOT.by_name["startedAt"], BOT.by_name["botId"]
DROPPED = Compare((BOT.by_name["containmentType"],), Operator.EQ, "DROP_OFF")
ONE_BOT = Caller("one", frozenset({"bot:read"}), frozenset({"a"}))

VALUES: dict[str, list[Any]] = {
    "startedAt": ["soon", None, 5],
    "botId": ["a", "b", "c", None, 7, ["a"]],
    "isDeveloper": [True, False, None, "yes"],
    "containmentType": ["DROP_OFF", "AGENT", None, "UNHEARD_OF"],
    "durationSeconds": [0.0, 1.5, 60.0, 3600.25, -2.0, 7, None, float("nan"), float("inf"), "long"],
    "labels": [[], ["a"], ["a", "ü"], ["ü", None, 5], None, "a", {"b": 1}],
    "noOfMessagesExchanged": [0, 1, 2, 3, 40, 1000, None, {}, float("-inf")],
}
COLUMNS = {name: st.sampled_from(values) for name, values in VALUES.items()}
DOCUMENTS = st.lists(
    st.fixed_dictionaries(
        {"startedAt": st.one_of(*[MOMENTS] * 9, COLUMNS["startedAt"])},
        optional={
            **{name: some for name, some in COLUMNS.items() if name != "startedAt"},
            "customer": st.fixed_dictionaries(
                {}, optional={"id": st.sampled_from(["x", "y", "a@x.example", "b@x.example"])}
            ),
        },
    ),
    max_size=25,
)


@st.composite
def questions(draw: Any) -> Question:
    """Any columns, buckets, figures and range."""
    names = draw(
        st.lists(
            st.sampled_from(["botId", "isDeveloper", "customerId", "label"]),
            unique=True,
            max_size=2,
        )
    )
    every = draw(st.none() | st.builds(Every, st.sampled_from(Unit), st.sampled_from(ZONES)))
    measures = draw(
        st.lists(st.sampled_from(["durationSeconds", "noOfMessagesExchanged"]), unique=True)
    )
    return Question(
        where=draw(ranges(every.unit if every else Unit.YEAR)),
        group_by=tuple(KEYS[name] for name in names),
        every=every,
        measures=tuple(
            Measure(NUMBERS[name], True, True, draw(st.booleans())) for name in measures
        ),
        rate_of=draw(st.sampled_from([None, DROPPED])),
        first=MOST_GROUPS,
    )


@st.composite
def ranges(draw: Any, unit: Unit) -> Filter:
    """All sessions, or those between two moments, or after one."""
    if draw(st.booleans()):
        return EVERYTHING
    start = draw(MOMENTS)
    if draw(st.booleans()):
        return started(draw(st.sampled_from([Operator.GT, Operator.GTE])), start)
    end = start + draw(st.floats(0, 1)) * timedelta(days=LONGEST.get(unit, 500))
    end = end.replace(microsecond=0)
    last = started(draw(st.sampled_from([Operator.LT, Operator.LTE])), end)
    return All((started(Operator.GTE, start), last))


def meets(document: Document, where: Filter) -> bool:
    """Whether a session started in a range."""
    match where:
        case All(parts):
            return all(meets(document, part) for part in parts)
        case Compare(_, operator, moment):
            found = document.get("startedAt")
            compared = {
                Operator.GT: "__gt__",
                Operator.GTE: "__ge__",
                Operator.LT: "__lt__",
                Operator.LTE: "__le__",
            }[operator]
            return isinstance(found, datetime) and bool(getattr(found, compared)(moment))
    raise AssertionError(where)


def expected(documents: list[Document], question: Question) -> dict[Key, Folded]:
    """The groups, with those that are empty."""
    leaves = [measure.leaf for measure in question.measures]
    groups = fold(
        documents,
        question.group_by,
        question.every,
        leaves,
        lambda document: document.get("containmentType") == "DROP_OFF",
    )
    keys = {keys for keys, _ in groups} | (set() if question.group_by else {()})
    starts = {start for _, start in groups} if question.every else {None}
    where = question.where
    if question.every and isinstance(where, All) and where.parts:
        low, high = where.parts
        assert isinstance(low, Compare)
        assert isinstance(high, Compare)
        after = timedelta(milliseconds=high.operator is Operator.LTE)
        if low.value < high.value + after:
            starts = buckets(low.value, high.value + after, question.every)
    elif question.every or question.group_by:
        return groups
    for key in keys:
        for start in starts:
            groups.setdefault((key, start), Folded(values=[[] for _ in leaves]))
    return groups


def compare(found: Statistics, documents: list[Document], question: Question) -> None:
    """Every group of the answer with the one that was folded."""
    groups = expected(documents, question)
    each_once = expected(documents, replace(question, group_by=()))
    total = sum(group.count for group in each_once.values())
    assert found.count == len(groups)
    assert len(found.groups) == min(len(groups), MOST_GROUPS)
    for group in found.groups:
        one = groups.pop((group.keys, group.period_start))
        assert group.count == one.count
        assert group.share == pytest.approx(one.count / total if total else 0)
        if question.rate_of:
            assert group.rate == (one.matching / one.count if one.count else None)
        for figures, measure, values in zip(
            group.figures, question.measures, one.values, strict=True
        ):
            assert figures.count == len(values)
            assert figures.sum == pytest.approx(sum(values), abs=0.001)
            assert figures.low == min(values, default=None)
            assert figures.high == max(values, default=None)
            if measure.percentiles and values:
                true = nearest_rank(values, 0.9)
                assert figures.percentile(0.9) == pytest.approx(true, rel=0.01)


@pytest.fixture(scope="module")
def ask() -> Iterator[Asker]:
    """Over a database in memory."""
    with asyncio.Runner() as runner:
        yield Asker(runner, Context(runner.run(mock_store())))


@pytest.mark.slow
@settings(max_examples=examples(300))
@given(documents=DOCUMENTS, question=questions())
def test_as_folded_one_by_one(ask: Asker, documents: list[Document], question: Question) -> None:
    """Groups, empty buckets, shares, rates and figures, over damaged values too."""
    ask.store(documents)
    matching = [document for document in documents if meets(document, question.where)]
    compare(ask(question), matching, question)


@settings(max_examples=examples(50))
@given(documents=DOCUMENTS, question=questions())
def test_a_caller_sees_its_own_bots(
    ask: Asker, documents: list[Document], question: Question
) -> None:
    """As if there were no others."""
    ask.store(documents)
    own = [
        document
        for document in documents
        if document.get("botId") in ("a", ["a"]) and meets(document, question.where)
    ]
    compare(ask(question, ONE_BOT), own, question)


def _compared(name: str, operator: Operator, value: Any) -> Filter:
    return Compare((BOT.by_name[name],), operator, value)


CONDITIONS: st.SearchStrategy[Filter] = st.sampled_from(
    [
        _compared("botId", Operator.NIN, ["a"]),
        _compared("botId", Operator.EQ, None),
        _compared("isDeveloper", Operator.NE, True),
        _compared("containmentType", Operator.IN, ["AGENT", "DROP_OFF"]),
        _compared("durationSeconds", Operator.GT, 1.0),
        _compared("noOfMessagesExchanged", Operator.EQ, None),
        _compared("noOfMessagesExchanged", Operator.LTE, 3),
        Compare(KEYS["customerId"].columns, Operator.EQ, "x"),
    ]
)
FILTERS = st.recursive(
    CONDITIONS,
    lambda inner: (
        st.builds(Not, inner)
        | st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: Either(tuple(parts)))
    ),
    max_leaves=4,
)
CALLERS = st.sampled_from([EVERYBODY, ONE_BOT, Caller("masked", frozenset({"bot:read"}))])


@settings(max_examples=examples(50))
@given(documents=DOCUMENTS, question=questions(), more=FILTERS, caller=CALLERS)
def test_as_folded_over_what_the_caller_lists(
    ask: Asker, documents: list[Document], question: Question, more: Filter, caller: Caller
) -> None:
    """With any filter: the groups of the sessions that the list shows, as it shows them."""
    ask.store(documents)
    where = both(question.where, more)
    context = Context(ask.context.store, caller=caller)
    listed = ask.runner.run(lists.list_(context, Read(BOT, where, window=Window(first=100))))
    compare(ask(replace(question, where=where), caller), listed.documents, question)


def names(found: Statistics) -> list[Any]:
    """The first key of each group."""
    return [group.keys[0] for group in found.groups]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ((), ["a", None, "b"]),
        ((Ranking(Figure.KEY),), [None, "a", "b"]),
        ((Ranking(Figure.KEY, True),), ["b", "a", None]),
        ((Ranking(Figure.COUNT),), [None, "b", "a"]),
        ((Ranking(Figure.AVERAGE, True, DURATION),), ["b", "a", None]),
        ((Ranking(Figure.MINIMUM, False, DURATION),), [None, "a", "b"]),
        ((Ranking(Figure.MAXIMUM, True, DURATION),), ["a", "b", None]),
        ((Ranking(Figure.SUM, False, DURATION),), [None, "b", "a"]),
        ((Ranking(Figure.PERCENTILE, True, DURATION, 0.5),), ["b", "a", None]),
        ((Ranking(Figure.RATE, True),), ["b", "a", None]),
        ((Ranking(Figure.COUNT), Ranking(Figure.KEY, True)), ["b", None, "a"]),
    ],
)
def test_order(ask: Asker, order: tuple[Ranking, ...], expected: list[Any]) -> None:
    """By each figure; null is the smallest value, and the key decides between equal ones."""
    ask.store(
        [
            {"botId": "a", "durationSeconds": 1.0},
            {"botId": "a", "durationSeconds": 1.0, "containmentType": "DROP_OFF"},
            {"botId": "a", "durationSeconds": 30.0},
            {"botId": "b", "durationSeconds": 20.0, "containmentType": "DROP_OFF"},
            {"botId": None, "durationSeconds": None},
        ]
    )
    question = Question(where=EVERYTHING, group_by=BY_BOT, order=order, rate_of=DROPPED)
    assert names(ask(question)) == expected


def test_first_cuts_after_ordering(ask: Asker) -> None:
    """The number of groups stays what it is."""
    ask.store(sessions(30))
    found = ask(
        Question(where=EVERYTHING, group_by=BY_BOT, order=(Ranking(Figure.KEY, True),), first=2)
    )
    assert (names(found), found.count) == (["b00029", "b00028"], 30)


def test_several_kinds_together(ask: Asker) -> None:
    """Their numbers are put together; the kind itself is a column to group by."""
    kinds = (BOT, CHAT)
    common = all_kinds(tuple(kinds)).common
    ask.store([{"status": "ACTIVE", "durationSeconds": 1.0}, {"status": "CLOSED"}])
    ask.store([{"status": "CLOSED", "durationSeconds": 4.0}] * 2, "chat")
    keys = groupable(common.columns)

    def asked(*group_by: str, where: Filter = EVERYTHING) -> dict[Any, Any]:
        leaves: tuple[Leaf, ...] = tuple(keys[name] for name in group_by)
        measure = Measure(measurable(common.columns)["durationSeconds"], True)
        question = Question(where=where, group_by=leaves, measures=(measure,))
        found = ask.runner.run(statistics.of_kinds(ask.context, kinds, question))
        return {group.keys: (group.count, group.figures[0].sum) for group in found.groups}

    assert asked() == {(): (4, 9.0)}
    assert asked("kind") == {("BOT",): (2, 1.0), ("CHAT",): (2, 8.0)}
    assert asked("status") == {("ACTIVE",): (1, 1.0), ("CLOSED",): (3, 8.0)}
    assert asked("status", "kind") == {
        ("ACTIVE", "BOT"): (1, 1.0),
        ("CLOSED", "BOT"): (1, 0.0),
        ("CLOSED", "CHAT"): (2, 8.0),
    }
    only = Compare((common.by_name["kind"],), Operator.EQ, "CHAT")
    assert asked("kind", where=only) == {("CHAT",): (2, 8.0)}


def test_a_session_is_in_the_group_of_each_label(ask: Asker) -> None:
    """Over kinds, too; shares are of the sessions, each counted once."""
    kinds = (BOT, CHAT)
    label = groupable(all_kinds(tuple(kinds)).common.columns)["label"]
    ask.store([{"labels": ["vip", "late"]}, {"labels": ["vip"]}, {"labels": []}])
    ask.store([{"labels": ["late"]}], "chat")
    question = Question(where=EVERYTHING, group_by=(label,), first=2)
    found = ask.runner.run(statistics.of_kinds(ask.context, kinds, question))
    assert [(group.keys, group.count, group.share) for group in found.groups] == [
        (("late",), 2, 0.5),
        (("vip",), 2, 0.5),
    ]
    assert found.count == 3


def test_a_kind_that_cannot_be_read(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal names it: without its sessions, any group might be wrong."""
    read = store.read

    async def slow_chats(context_store: Any, kind: Any, *rest: Any) -> Any:
        if kind is CHAT:
            raise Timeout("Too slow.")
        return await read(context_store, kind, *rest)

    monkeypatch.setattr(store, "read", slow_chats)
    question = Question(where=EVERYTHING)
    with pytest.raises(Timeout, match="The chat sessions could not be read"):
        ask.runner.run(statistics.of_kinds(ask.context, (BOT, CHAT), question))
    with pytest.raises(Timeout, match=r"^Too slow\.$"):
        ask.runner.run(statistics.of_kinds(ask.context, (CHAT,), question))
