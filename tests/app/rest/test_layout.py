"""Every vendor's layout table: what it reads, what it shows, and what its schema says, are one."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, SearchStrategy
from jsonschema import Draft202012Validator

from app.rest import VENDORS, samples
from app.rest.docs import schema_of
from app.rest.layout import INSTANT, Codec, Field, Layout, words
from resolvers.errors import CorruptDocument
from resolvers.kind import Column, Document, Kind
from resolvers.value_types import (
    BOOLEAN,
    DATETIME,
    FLOAT,
    INT_MAX,
    INTEGER,
    LOCAL_DATETIME,
    TEXT,
    ValueType,
)
from schema.kinds.bot import BOT
from schema.kinds.chat import CHAT
from tests.properties import examples

TABLES: dict[str, Layout] = {
    vendor.name: import_module(f"app.rest.{vendor.name}.layout").SESSION for vendor in VENDORS
}
every_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)

OWN = {"labels", "note", "assignee", "relatedSessions"}
"""What the team adds here; it is no vendor's."""

DAMAGE = (5, 2**40, "x", True, 0.5, float("nan"), None, b"x", [], [5], {}, {"a": 1}, datetime.min)


def milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


VALUES: Mapping[ValueType, SearchStrategy[Any]] = {
    TEXT: st.text(max_size=20),
    INTEGER: st.integers(0, INT_MAX),
    FLOAT: st.floats(0, 1e9),
    BOOLEAN: st.booleans(),
    DATETIME: st.datetimes().map(milliseconds),
    LOCAL_DATETIME: st.datetimes().map(milliseconds),
}


def one_of(kind: Kind, column: Column) -> SearchStrategy[Any]:
    """Values that a column promises."""
    if column.columns:
        return stored(kind, column.columns)
    if column.values:
        return st.sampled_from(column.values)
    pattern = kind.session_ids.pattern if column.path == "_id" else column.pattern
    return st.from_regex(pattern, fullmatch=True) if pattern else VALUES[column.type]


@cache
def stored(kind: Kind, columns: tuple[Column, ...]) -> SearchStrategy[Document]:
    """Sessions, or parts of them, as they may be stored: what may be null may also be missing."""
    always = TABLES[kind.name]._given
    needed, optional = {}, {}
    for column in columns:
        values = one_of(kind, column)
        if column.many:
            optional[column.path] = st.none() | st.lists(values, max_size=2)
        elif column.nullable and column.name not in always:
            optional[column.path] = st.none() | values
        else:
            needed[column.path] = values
    return st.fixed_dictionaries(needed, optional=optional)


class Watched(dict[str, Any]):
    """A document that notes what is read of it."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)


@every_table
def test_the_projection_is_what_a_row_is_rendered_from(table: Layout) -> None:
    """All of it, and nothing else."""
    watched = Watched(samples.stored(table.kind)[0])
    table.row(watched)
    assert watched.read == table.paths


@every_table
@given(data=st.data())
@settings(max_examples=examples(50), deadline=None)
def test_rows_are_what_the_schema_says(table: Layout, data: DataObject) -> None:
    """Names, order, presence, types and limits."""
    row = table.row(data.draw(stored(table.kind, table.kind.columns)))
    schema = schema_of(table.members)
    shown = orjson.loads(orjson.dumps(row))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(shown)] == []
    assert list(shown) == [name for name in schema["properties"] if name in shown]
    assert [one.field.name for one in table.members] == list(schema["properties"])


@every_table
@given(data=st.data())
@settings(max_examples=examples(50), deadline=None)
def test_both_functions_render_the_same(table: Layout, data: DataObject) -> None:
    """The one for sound rows is only the faster one."""
    document = data.draw(stored(table.kind, table.kind.columns))
    damaged: list[str] = []
    with patch.dict(table.row.__globals__, repaired=pytest.fail):
        assert table.row(document) == table._careful(document, damaged)
    assert damaged == []


@every_table
@given(data=st.data())
@settings(max_examples=examples(100), deadline=None)
def test_damage_is_refused_or_null(table: Layout, data: DataObject) -> None:
    """A damaged column is CorruptDocument or null, never another failure or another value."""
    document = data.draw(stored(table.kind, table.kind.columns))
    path = data.draw(st.sampled_from(sorted(table.paths)))
    damage = data.draw(st.sampled_from(DAMAGE))
    before = orjson.loads(orjson.dumps(table.row(document)))
    try:
        after = orjson.loads(orjson.dumps(table.row({**document, path: damage})))
    except CorruptDocument:
        assert table._strict
        return
    others = [one.field.name for one in table.members if path not in columns_of(one)]
    assert [after.get(name) for name in others] == [before.get(name) for name in others]


def columns_of(member: Any) -> set[str]:
    """The stored paths of the session that a member depends on, its parts' included."""
    inner = (path for part in member.members if part.field.of_session for path in columns_of(part))
    return {member.column.path, *(column.path for column in member.when), *inner}


def test_a_field_is_left_out_when_a_column_is_null() -> None:
    """`when` names all the columns that must have a value."""
    table = Layout(BOT, [Field("bot", "botId"), Field("end", "endTime", INSTANT, ("endTime",))])
    assert table.row({"botId": "b", "endTime": None}) == {"bot": "b"}
    ended = table.row({"botId": "b", "endTime": datetime(2026, 3, 1)})
    assert ended == {"bot": "b", "end": "2026-03-01T00:00:00.000Z"}
    assert schema_of(table.members)["required"] == ["bot"]


def test_a_column_of_the_session_is_shown_in_its_parts() -> None:
    """`of_session` reads beside the list; the id that is in a part is another."""
    part = (Field("chat", "sessionId", of_session=True), Field("id", "messageId"))
    table = Layout(CHAT, [Field("messages", fields=part)])
    message = {"id": "m1", "message": "", "source": "VISITOR"}
    row = table.row({"_id": "c1", "messages": [message]})
    assert row == {"messages": [{"chat": "c1", "id": "m1"}]}
    assert table.paths == {"_id", "messages"}


def test_null_has_a_form_of_its_own() -> None:
    """The codec's, also where the column is missing."""
    table = Layout(BOT, [Field("ended", "endTime", Codec(lambda _: "yes", null="no"))])
    assert table.row({}) == {"ended": "no"}
    assert table.row({"endTime": datetime(2026, 3, 1)}) == {"ended": "yes"}


def test_null_is_one_of_the_words() -> None:
    """The schema of a column that has few words and may be null has null among them."""
    table = Layout(BOT, [Field("type", "containmentType", words({"AGENT": "agent"}))])
    shown = schema_of(table.members)["properties"]["type"]
    assert (shown["type"], shown["enum"]) == (["string", "null"], ["agent", None])


def test_an_unknown_column_is_refused() -> None:
    """When the table is made, with the nearest name."""
    with pytest.raises(ValueError, match=r"BotSession has no column 'botid' here.*botId"):
        Layout(BOT, [Field("botid")])


def test_a_date_needs_a_codec() -> None:
    """JSON has no dates."""
    with pytest.raises(ValueError, match="start_time: a date is shown by a codec"):
        Layout(BOT, [Field("start_time", "startTime")])


def test_an_object_needs_fields() -> None:
    """What is stored of it beside them is not the vendor's."""
    with pytest.raises(ValueError, match="tags: an object is shown by its fields"):
        Layout(BOT, [Field("tags")])


def test_a_warning_names_session_and_columns(caplog: pytest.LogCaptureFixture) -> None:
    """Each damaged column once, with the path to it."""
    bot, *_ = samples.stored(BOT)
    TABLES["bot"].row({**bot, "endTime": 5, "tags": {"userTags": [{"name": 5}, 5]}})
    assert caplog.messages == [
        f"bot session {bot['_id']!r}: stored values of the wrong type, shown as null: endTime, "
        "tags.userTags, tags.userTags.name"
    ]


@every_table
def test_the_teams_own_columns_are_not_shown(table: Layout) -> None:
    """No vendor's answer has labels, a note and the like: they are not even read."""
    assert table.kind.by_name.keys() >= OWN
    assert not table.paths & OWN


def test_damaged_json_of_a_tag_is_shown_as_its_text() -> None:
    """As JSON it would break the whole answer."""
    bot = samples.stored(BOT)[0]
    damaged = {"name": "n", "value": '{"a":', "valueType": "OBJECT"}
    shown = TABLES["bot"].row({**bot, "tags": {"userTags": [damaged]}})
    assert orjson.loads(orjson.dumps(shown))["tags"]["userTags"][0]["value"] == '{"a":'
