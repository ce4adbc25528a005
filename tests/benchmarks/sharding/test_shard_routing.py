"""Which shards get a command: MongoDB's rules, case by case, and that no rule loses a document."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mongomock.filtering import filter_applies

from app.commands.recording import Command
from benchmarks.sharding.routing import (
    ID,
    KEYS,
    TENANT_ID,
    TENANT_TIME,
    Route,
    ShardKey,
    of_filter,
    route,
)
from tests.properties import examples

TENANT_THEN_ID = ShardKey((("tenant", 1), ("_id", 1)))
TIME = ShardKey((("startedAt", 1),))
ALL, RANGE, FEW, ONE = Route.ALL, Route.RANGE, Route.FEW, Route.ONE


@pytest.mark.parametrize(
    ("filter_", "routes"),
    [
        ({}, (ALL, ALL, ALL)),
        ({"channel": "x"}, (ALL, ALL, ALL)),
        ({"_id": "a"}, (ONE, ALL, ALL)),
        ({"_id": {"$eq": "a"}}, (ONE, ALL, ALL)),
        ({"_id": {"$in": ["a"]}}, (ONE, ALL, ALL)),
        ({"_id": {"$in": ["a", "b"]}}, (FEW, ALL, ALL)),
        ({"_id": {"$gt": "a"}}, (ALL, ALL, ALL)),
        ({"_id": {"$ne": "a"}}, (ALL, ALL, ALL)),
        ({"_id": re.compile("^a")}, (ALL, ALL, ALL)),
        ({"tenant": "x"}, (ALL, RANGE, RANGE)),
        ({"tenant": None}, (ALL, RANGE, RANGE)),
        ({"tenant": {"$exists": False}}, (ALL, RANGE, RANGE)),
        ({"tenant": {"$in": ["x", None]}}, (ALL, RANGE, RANGE)),
        ({"tenant": {"$gte": "x"}}, (ALL, RANGE, RANGE)),
        ({"tenant": {"$gte": "x", "$lte": "x"}, "_id": "a"}, (ONE, ONE, RANGE)),
        ({"tenant": {"$exists": True}}, (ALL, ALL, ALL)),
        ({"tenant": "x", "_id": "a"}, (ONE, ONE, RANGE)),
        ({"tenant": {"$in": ["x", "y"]}, "_id": "a"}, (ONE, FEW, RANGE)),
        ({"tenant": "x", "startedAt": 1}, (ALL, RANGE, ONE)),
        ({"tenant": "x", "startedAt": {"$lt": 1}}, (ALL, RANGE, RANGE)),
        ({"$and": [{"tenant": "x"}, {"$and": [{"_id": "a"}]}]}, (ONE, ONE, RANGE)),
        ({"$or": [{"_id": "a"}, {"_id": "b"}]}, (FEW, ALL, ALL)),
        ({"$or": [{"_id": "a"}, {"channel": "x"}]}, (ALL, ALL, ALL)),
        ({"tenant": "x", "$or": [{"_id": "a"}, {"_id": "b"}]}, (FEW, FEW, RANGE)),
        ({"$nor": [{"_id": "a"}]}, (ALL, ALL, ALL)),
    ],
)
def test_filters(filter_: dict[str, Any], routes: tuple[Route, ...]) -> None:
    """Equal values, lists, bounds, nulls, and what a router cannot use."""
    assert tuple(of_filter(key, filter_) for key in KEYS) == routes


def test_bounds_of_a_ranged_key() -> None:
    """A range of the first field leaves shards alone; of a hashed one it does not."""
    assert of_filter(TIME, {"startedAt": {"$gte": 1, "$lt": 2}}) is RANGE
    assert of_filter(ID, {"_id": {"$gte": "a", "$lt": "b"}}) is ALL


GUARD = {"_id": "a", "revision": 1}
OWN = {**GUARD, "tenant": "x"}


@pytest.mark.parametrize(
    ("name", "given", "routes"),
    [
        ("insert_one", {"document": {"_id": "a"}}, (ONE, ONE, ONE)),
        ("insert_many", {"documents": [{"_id": "a"}]}, (FEW, FEW, FEW)),
        ("find", {"filter": {"tenant": "x"}}, (ALL, RANGE, RANGE)),
        ("estimated_document_count", {}, (ALL, ALL, ALL)),
        ("count_documents", {"filter": {"tenant": "x"}}, (ALL, RANGE, RANGE)),
        ("aggregate", {"pipeline": [{"$match": {"tenant": "x"}}]}, (ALL, RANGE, RANGE)),
        ("aggregate", {"pipeline": [{"$group": {"_id": None}}]}, (ALL, ALL, ALL)),
        ("update_one", {"filter": GUARD, "update": {}}, (ONE, Route.EVERY, Route.EVERY)),
        ("update_one", {"filter": OWN, "update": {}}, (ONE, ONE, Route.EVERY)),
        ("delete_one", {"filter": OWN}, (ONE, ONE, Route.EVERY)),
        ("delete_one", {"filter": {"n": 1}}, (Route.TWO_PHASES,) * 3),
        ("find_one_and_delete", {"filter": GUARD}, (ONE, *[Route.TWO_PHASES] * 2)),
        ("find_one_and_update", {"filter": OWN, "update": {}}, (ONE, ONE, Route.TWO_PHASES)),
        (
            "update_one",
            {"filter": OWN, "update": {"$set": {"startedAt": 2}}},
            (ONE, ONE, Route.MOVES),
        ),
        ("delete_many", {"filter": {"tenant": "x"}}, (ALL, RANGE, RANGE)),
    ],
)
def test_commands(name: str, given: dict[str, Any], routes: tuple[Route, ...]) -> None:
    """Reads go where their documents may be; a change without a place costs every shard."""
    command = Command("bot_sessions", name, given)
    assert tuple(route(key, command) for key in KEYS) == routes


@pytest.mark.parametrize(
    ("key", "unique"),
    [(ID, "all sessions"), (TENANT_ID, "tenant"), (TENANT_THEN_ID, "tenant"), (TENANT_TIME, "no")],
)
def test_what_an_id_is_unique_within(key: ShardKey, unique: str) -> None:
    """Two sessions with equal values of the whole key are on one shard, which has one of an id."""
    assert unique in key.unique


TENANTS, IDS, TIMES = ("x", "y", None), ("a", "b", "c"), (1, 2, 3)
DOCUMENTS = [{"tenant": t, "_id": i, "startedAt": s} for t in TENANTS for i in IDS for s in TIMES]


def conditions(path: str, values: tuple[Any, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """A condition on one column that both MongoDB and mongomock understand alike."""
    value = st.sampled_from(values)
    bound = st.sampled_from([one for one in values if one is not None])
    compared = st.one_of(
        value,
        st.builds(lambda one: {"$eq": one}, value),
        st.builds(lambda some: {"$in": some}, st.lists(value, min_size=1, max_size=3)),
        st.builds(lambda one: {"$ne": one}, value),
        st.builds(lambda how, one: {how: one}, st.sampled_from(["$gt", "$lte"]), bound),
        st.builds(lambda one: {"$gte": one, "$lte": one}, bound),
    )
    return st.builds(lambda condition: {path: condition}, compared)


LEAVES = st.one_of(
    conditions("tenant", TENANTS), conditions("_id", IDS), conditions("startedAt", TIMES)
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda how, parts: {how: parts},
        st.sampled_from(["$and", "$or", "$nor"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)
EVERY_KEY = st.sampled_from([*KEYS, TENANT_THEN_ID, TIME])


@settings(max_examples=examples(300))
@given(filter_=FILTERS, key=EVERY_KEY)
def test_one_place_has_all_that_meet(filter_: dict[str, Any], key: ShardKey) -> None:
    """What goes to one shard finds nothing that another shard has."""
    if of_filter(key, filter_) is ONE:
        found = [one for one in DOCUMENTS if filter_applies(filter_, one)]
        assert len({tuple(one[path] for path in key.names) for one in found}) <= 1


@settings(max_examples=examples(200))
@given(filter_=FILTERS, more=FILTERS, key=EVERY_KEY)
def test_a_further_condition_asks_no_more_shards(
    filter_: dict[str, Any], more: dict[str, Any], key: ShardKey
) -> None:
    """Such as the tenant of a credential."""
    assert of_filter(key, {"$and": [filter_, more]}) <= of_filter(key, filter_)
