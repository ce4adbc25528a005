"""What a vendor's URL said, it says again after an import into an empty database."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, SearchStrategy

from resolvers import bulk
from resolvers.bulk import Draft
from resolvers.kind import Column, Document
from resolvers.texts import FORMATS
from resolvers.value_types import BOOLEAN, DATETIME, INTEGER, LOCAL_DATETIME, TEXT
from tests.app.commands.imports.conftest import CASES, Desk
from tests.app.commands.imports.service import EXPORTS, service
from tests.properties import examples

pytestmark = pytest.mark.anyio

START = datetime(2024, 2, 29, 23, 59, 59, 5000)


@pytest.mark.parametrize(
    ("vendor", "names", "session_id", "as_json"),
    [
        ("agendize", ["agendize.json"], "chat-777", True),
        ("genesys-co-browse", ["genesys.json"], "93d03970-c959-11e2-857d-082e5f12b9a1", True),
        ("genesys-knowledge", ["gkc.json"], "3f0a6b52-9c1d-4e7a-8b35-d2c94a7e1f61", True),
        ("n-able", ["nable.json"], "90003", True),
        ("n-able", ["nable.xml"], "90001", False),
        ("kore", ["kore-page1.json", "kore-page2.json"], "0a1b2c3d4e5f607182930001", True),
    ],
)
async def test_samples_come_back(
    desk: Desk, vendor: str, names: list[str], session_id: str, as_json: bool
) -> None:
    """Every field of a sample is in the body with its value, in its order but for what we add."""
    await desk.store(vendor, *(CASES / name for name in names))
    (body,) = await desk.service.bodies(vendor, [session_id], as_json)
    if not as_json:
        for line in (CASES / "nable.xml").read_text().splitlines():
            for field in line.replace("</", "\n</").split("\n"):
                assert field.rpartition("<")[2] in body.decode()
        return
    given, shown = orjson.loads((CASES / names[0]).read_bytes()), orjson.loads(body)
    rows = EXPORTS[vendor].rows
    if rows in given:
        given, shown = given[rows][0], shown[rows][0]
    assert_within(given, shown)


def assert_within(given: Any, shown: Any) -> None:
    """Each given value is shown; more may be."""
    if isinstance(given, dict):
        for name, value in given.items():
            assert_within(value, shown[name])
    elif isinstance(given, list):
        assert len(given) == len(shown)
        for one, other in zip(given, shown, strict=True):
            assert_within(one, other)
    else:
        assert (given, type(given)) == (shown, type(shown))


TEXTS = st.text(max_size=12).filter(lambda text: "\0" not in text)
MOMENTS = st.integers(0, 86_400_000).map(lambda number: START + timedelta(milliseconds=number))
SECONDS = st.integers(0, 86_400).map(
    lambda number: START.replace(microsecond=0) + timedelta(0, number)
)
JSON = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner | TEXTS | st.none(), max_size=2) | st.dictionaries(TEXTS, inner, max_size=2)
    ),
    max_leaves=4,
)


def tags() -> SearchStrategy[Document]:
    def typed(value: Any) -> Document:
        names = {bool: "BOOLEAN", dict: "OBJECT", list: "LIST"}
        kind = names.get(type(value), "NUMBER")
        return {"value": orjson.dumps(value).decode(), "valueType": kind}

    small = JSON.filter(lambda value: type(value) is not int or abs(value) < 2**53)
    values = TEXTS.map(lambda text: {"value": text}) | st.just({}) | small.map(typed)
    one = st.tuples(TEXTS, values).map(lambda pair: {"name": pair[0], **pair[1]})
    many = st.lists(one, max_size=2)
    return st.fixed_dictionaries({"userTags": many, "sessionTags": many, "altText": many})


def value_of(vendor: str, column: Column) -> SearchStrategy[Any]:
    """Values that a creation may give."""
    if column.name == "tags":
        return tags()
    if column.columns:
        return object_of(vendor, column.columns)
    if column.values:
        return st.sampled_from(column.values)
    if column.pattern:
        return st.from_regex(column.pattern, fullmatch=True)
    if column.format:
        return st.sampled_from(FORMATS[column.format].examples)
    moments = SECONDS if vendor == "n-able" else MOMENTS
    return {
        TEXT: TEXTS,
        INTEGER: st.integers(0, 2**31 - 1),
        BOOLEAN: st.booleans(),
        DATETIME: moments,
        LOCAL_DATETIME: moments,
    }[column.type]


def object_of(vendor: str, columns: tuple[Column, ...]) -> SearchStrategy[Document]:
    needed, optional = {}, {}
    for column in columns:
        if column.derived or column.name in ("labels", "note", "assignee", "relatedSessions"):
            continue
        values = value_of(vendor, column)
        if column.many:
            needed[column.name] = st.lists(values, max_size=3)
        elif column.nullable:
            optional[column.name] = values
        else:
            needed[column.name] = values
    return st.fixed_dictionaries(needed, optional=optional)


def possible(vendor: str, number: int, values: Document) -> Draft:
    """The values as a session that can be: it ends after it starts."""
    kind = EXPORTS[vendor].kind
    values = {**values, "sessionId": ids(vendor, number)}
    known = {"status": "CLOSED"} if vendor == "agendize" else {}
    started = {"kore": "startTime", "n-able": "dateStart"}.get(vendor)
    if started and kind.ended in values:
        values[started] = min(values[started], values[kind.ended])
    if vendor == "kore" and "endTime" not in values:
        values.pop("containmentType", None)
    if vendor == "agendize":
        values.pop("closedAt", None)
        for place, message in enumerate(values["messages"]):
            message["messageId"] = f"m{place}"
    if vendor == "genesys-co-browse":
        values |= {"creationTime": START, "deactivationTime": START + timedelta(days=1)}
    return Draft(kind, values, known)


def ids(vendor: str, number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}" if "genesys" in vendor else str(number + 1)


@pytest.mark.parametrize(
    ("vendor", "as_json"),
    [*((name, True) for name in EXPORTS), ("n-able", False)],
)
@given(data=st.data())
@settings(max_examples=examples(12))
def test_any_sessions_come_back_to_the_byte(vendor: str, as_json: bool, data: DataObject) -> None:
    """Stored, shown by the vendor's URL, imported elsewhere, and shown there."""
    kind = EXPORTS[vendor].kind
    rows = data.draw(st.lists(object_of(vendor, kind.own_columns), min_size=1, max_size=3))
    drafts = [possible(vendor, number, row) for number, row in enumerate(rows)]

    async def there_and_back() -> None:
        first = await service()
        documents = [bulk.prepare(first.context, draft) for draft in drafts]
        assert await bulk.create(first.context, kind, documents) == {}
        names = [ids(vendor, number) for number in range(len(drafts))]
        bodies = await first.bodies(vendor, names, as_json)
        with TemporaryDirectory() as folder:
            desk = Desk(await service(), Path(folder))
            paths = [desk.file(f"{place}.x", body) for place, body in enumerate(bodies)]
            done = await desk.store(vendor, *paths)
            assert (done.stored, done.merged) == (len(drafts), 0)
            assert not [note for note in desk.notes if "come back" in note]
            assert await desk.service.bodies(vendor, names, as_json) == bodies

    asyncio.run(there_and_back())
