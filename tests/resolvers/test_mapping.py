"""Map files are checked: a refusal names the entry, and what would be right."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.errors import BadInput
from resolvers.kind import stored_value
from resolvers.mapping import read
from tests.conftest import KINDS_BY_NAME

BY_ENUM = {kind.enum_name: kind for kind in KINDS_BY_NAME.values()}
COLUMNS: dict[str, Any] = {
    "botId": {"constant": "shop"},
    "channel": {"constant": "web"},
    "userId": "user.id",
    "startTime": {"from": "t", "format": "epoch-seconds"},
    "sessionType": {"from": "mode", "values": {"robot": "NON_INTERACTIVE"}},
    "isDeveloper": {"constant": False},
    "noOfMessagesExchanged": {"constant": 0},
    "noOfTasksExecuted": "tasks",
    "tags.userTags": {"from": "labels", "columns": {"name": "key"}},
}


def map_of(**columns: Any) -> dict[str, Any]:
    """A map of bot sessions, some entries replaced; None leaves one out."""
    known = {name: value for name, value in {**COLUMNS, **columns}.items() if value is not None}
    return {"kind": "BOT", "collection": "theirs", "columns": known}


def test_sources() -> None:
    """Each column has its source, and what follows from others has one too."""
    found = read(map_of(), BY_ENUM).by_path
    assert (found["userId"].stored, found["botId"].constant) == ("user.id", "shop")
    assert found["startedAt"].stored == found["createdAt"].stored == "t"
    assert found["_id"].stored == "_id"
    assert found["tags.userTags"].columns[0].native == "name"
    assert found["sessionType"].values == {"robot": "NON_INTERACTIVE"}


def test_the_gateways_own_shape() -> None:
    """A map without columns only names a collection."""
    assert read({"kind": "BOT", "collection": "theirs"}, BY_ENUM).sources == ()


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "kind: write a name"),
        ({"kind": "BOT"}, "collection: write a name"),
        ({"kind": "BOTS", "collection": "c"}, "Did you mean BOT?"),
        ({**map_of(), "colums": {}}, "Did you mean columns?"),
        ({**map_of(), "columns": []}, "columns: write a table"),
        (map_of(botID="x"), "columns.botID: there is no such column. Did you mean botId?"),
        (map_of(botId=7), "columns.botId: write a path"),
        (map_of(botId={}), "columns.botId: give either from or constant"),
        (map_of(botId={"from": "x", "constant": "y"}), "columns.botId: give either"),
        (map_of(botId={"fom": "x"}), "Did you mean from?"),
        (map_of(botId={"constant": True}), "columns.botId.constant: True is not a valid text"),
        (map_of(botId={"constant": "x", "format": "date"}), "a constant stands alone"),
        (map_of(botId="$where"), "columns.botId.from"),
        (map_of(botId="a..b"), "without empty parts"),
        (map_of(botId={"from": "x", "format": "date"}), "only dates have one"),
        (map_of(startTime={"from": "t", "format": "epoch"}), "columns.startTime.format"),
        (map_of(sessionType={"from": "m", "values": {"a": "ROBOT"}}), "there is no 'ROBOT'"),
        (map_of(botId={"from": "m", "values": {"a": "b"}}), "only names and flags"),
        (map_of(isDeveloper={"from": "m", "values": {"Y": "yes"}}), "write true or false"),
        (map_of(botId={"from": "m", "columns": {}}), "columns.botId.columns"),
        (map_of(**{"tags.userTags": "labels"}), "columns.tags.userTags.columns"),
        (
            map_of(**{"tags.userTags": {"from": "l", "columns": {"value": "v"}}}),
            "columns.tags.userTags.columns.name: every session has one",
        ),
        (map_of(userId=None), "columns.userId: every session has one"),
        (map_of(startTime=None), "columns.startTime: every session has one"),
        (
            {"kind": "KNOWLEDGE", "collection": "c", "columns": {"agentId": "a"}},
            "columns.startedAt: give the source",
        ),
    ],
)  # fmt: skip
def test_refusals(document: dict[str, Any], message: str) -> None:
    """The entry is named, and the nearest name that is allowed."""
    with pytest.raises(BadInput) as error:
        read(document, BY_ENUM)
    assert message in error.value.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=5,
)


@given(st.sampled_from([*COLUMNS, "endTime", "labels"]), JSON)
def test_any_entry(name: str, entry: Any) -> None:
    """Whatever stands in an entry: it is read or refused, never an error of another kind."""
    with suppress(BadInput):
        assert read(map_of(**{name: entry}), BY_ENUM).by_path


def test_stored_values() -> None:
    """A path leads through objects; elsewhere there is nothing."""
    document = {"a": {"b": 7}, "l": [{"b": 7}]}
    assert stored_value(document, ["a", "b"]) == 7
    assert stored_value(document, ["l", "b"]) is None
    assert stored_value(document, ["a", "b", "c"]) is None
