"""The model of a sharded database: its measured part, what follows from what, its command line."""

from dataclasses import replace

import bson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.sharding import sizes
from benchmarks.sharding.__main__ import parse
from benchmarks.sharding.model import Cluster, figures, page, shares
from benchmarks.sharding.routing import ID, KEYS, TENANT_ID, TENANT_TIME, ShardKey
from schema.kinds.bot import BOT
from tests.properties import examples

CLUSTERS = st.builds(
    Cluster,
    sessions=st.integers(1, 10**11),
    shards=st.integers(1, 200),
    tenants=st.integers(1, 300),
    skew=st.floats(0, 3),
    limited=st.floats(0, 1),
    reads=st.integers(0, 10**6),
    writes=st.integers(0, 10**6),
)
RECOMMENDED = st.sampled_from([ID, TENANT_ID])
SLACK = 1 + 1e-9


@settings(max_examples=examples(60))
@given(cluster=CLUSTERS, more=st.integers(1, 50), key=RECOMMENDED)
def test_a_further_shard_takes_load_off_the_others(
    cluster: Cluster, more: int, key: ShardKey
) -> None:
    """No shard has more to do, or a larger share of the new sessions."""
    before = figures(cluster, key)
    after = figures(replace(cluster, shards=cluster.shards + more), key)
    assert after.commands <= before.commands * SLACK
    assert after.served * SLACK >= before.served
    assert after.busiest <= before.busiest * SLACK
    assert max(after.grouped_seconds) <= max(before.grouped_seconds) * SLACK


@settings(max_examples=examples(60))
@given(cluster=CLUSTERS, key=st.sampled_from(KEYS))
def test_figures_are_within_the_cluster(cluster: Cluster, key: ShardKey) -> None:
    """A tenant is on one shard at least, and a share is one."""
    found = figures(cluster, key)
    assert 1 / SLACK <= found.tenant_shards <= cluster.shards * SLACK
    assert 1 / cluster.shards / SLACK <= found.busiest <= SLACK
    assert sum(shares(cluster)) == pytest.approx(1)


def test_tenants_that_fit_into_a_range_are_asked_for_on_one_shard() -> None:
    """A list of a small tenant costs one command, and twelve under a key of ids."""
    small = Cluster(sessions=10**7, limited=1, skew=0)
    assert figures(small, TENANT_ID).amplification["botSessions"] == pytest.approx(1)
    assert figures(small, ID).amplification["botSessions"] == 12


def test_newest_end() -> None:
    """Under a key of time, a tenant's new sessions all go to one shard."""
    one = Cluster(tenants=1)
    assert [figures(one, key).busiest for key in KEYS] == [1 / 12, 1 / 12, 1]
    assert figures(Cluster(), TENANT_TIME).busiest == shares(Cluster())[0]


def test_measured_bytes() -> None:
    """A session as BSON has it, and an index entry for each element of a list."""
    size = sizes.measured(BOT, 20)
    rows = list(sizes._sessions(BOT, 20))
    assert size.document == sum(len(bson.encode(row)) for row in rows) / 20
    assert size.indexes.keys() == {"_id_", *(index.name for index in BOT.indexes)}
    ids = [sizes.RECORD_ID + len(bson.encode({"": row["_id"]})) - sizes.EMPTY for row in rows]
    assert size.indexes["_id_"] == sum(ids) / 20


@pytest.mark.parametrize(
    ("document", "path", "values"),
    [
        ({"a": 1}, "a", [1]),
        ({}, "a.b", [None]),
        ({"a": []}, "a", [None]),
        ({"a": ["x", "y"]}, "a", ["x", "y"]),
        ({"a": [{"b": 1}, {}]}, "a.b", [1, None]),
    ],
)
def test_indexed_values(document: dict[str, object], path: str, values: list[object]) -> None:
    """Lists have an entry for each element, and what is missing is a null."""
    assert sizes.values(document, path.split(".")) == values


def test_page_names_what_is_assumed() -> None:
    """Each option has its line, and each key its column."""
    text = page(Cluster(shards=3))
    for option in ("--sessions", "--shards", "--limited", "--range-mb", "--group-us"):
        assert f"`{option}`" in text
    assert all(key.text in text for key in KEYS)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--shards", "0"],
        ["--shards", "many"],
        ["--tenants", "1.5"],
        ["--limited", "1.1"],
        ["--sessions", "nan"],
        ["--range-mb", "0"],
        ["--reads", "-1"],
    ],
)
def test_refused_options(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the option, the value and what would be right."""
    with pytest.raises(SystemExit):
        parse(arguments)
    said = capsys.readouterr().err
    assert f"argument {arguments[0]}: {arguments[1]!r} is not a" in said
    assert "write one such as" in said


def test_numbers_may_be_written_short() -> None:
    """A billion is 1e9."""
    assert parse(["--sessions", "1e9"]).sessions == 1e9
