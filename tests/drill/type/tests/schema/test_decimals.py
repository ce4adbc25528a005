"""Decimal numbers on a real engine: stored, filtered, paged, changed, exported, imported."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
import strawberry

from app.commands.demo.generate import generate
from app.commands.exporter import Chosen, export
from app.commands.imports.importing import Import
from app.commands.imports.lines import Lines
from docs.generate import _kind
from resolvers import bulk
from resolvers.context import Context
from resolvers.kind import Document, RowTimes
from resolvers.store import preparation, rules
from resolvers.store.store import Store
from schema import fields
from schema.build import Schema, build
from schema.columns import column, kind_of
from schema.common import Session
from schema.errors import formatted
from schema.fields import KindType
from schema.kinds.ids import TEXTS
from tests.conftest import NOW

pytestmark = pytest.mark.anyio


@strawberry.type(description="A part of a bill.")
class BillLine:
    """Within a list."""

    amount: Decimal = column("What it costs.")


@strawberry.type(description="A call that costs something.")
class CoBrowseSession(Session):
    """It takes the name of a kind that the interface knows."""

    cost: Decimal | None = column("What it cost.", orderable=True)
    lines: list[BillLine] = column("The bill.")
    tips: list[Decimal] = column("What was given besides.")


def derive(document: Document) -> RowTimes:
    """It goes on."""
    began: datetime = document["createdAt"]
    return RowTimes(began, None, False, None, None)


CALL = kind_of(CoBrowseSession, name="call", collection="calls", session_ids=TEXTS, derive=derive)
ENTRY = KindType(
    CALL,
    CoBrowseSession,
    fields={
        "callSession": fields.GET,
        "callSessions": fields.LIST,
        "createCallSession": fields.CREATE,
        "updateCallSession": fields.UPDATE,
    },
)
OWN = "sessionId cost lines { amount } tips"
CREATE = f"""mutation ($input: CreateCoBrowseSessionInput!) {{
  createCallSession(input: $input) {{ session {{ {OWN} }} errors {{ field message }} }} }}"""
UPDATE = f"""mutation ($input: UpdateCoBrowseSessionInput!) {{
  updateCallSession(sessionId: "a", input: $input) {{
    session {{ {OWN} }} errors {{ field }} }} }}"""
PAGE = f"""query ($filter: CoBrowseSessionFilter, $after: String) {{
  callSessions(filter: $filter, first: 2, after: $after, orderBy: [{{field: COST}}]) {{
    nodes {{ {OWN} }} totalCount pageInfo {{ endCursor }} }} }}"""
COSTS = {"a": "10", "b": "9.90", "c": None, "d": "-0.1", "e": "12345678901234567890.123456789"}


@pytest.fixture(params=[True, False], ids=["compiled", "plain"])
async def asking(request: pytest.FixtureRequest, wire_store: Store) -> Any:
    """Asks a schema with a decimal column, over five sessions."""
    await preparation.prepare(wire_store, [CALL], {})
    schema: Schema = build([ENTRY], compiled=request.param)
    context = Context(wire_store, now=lambda: NOW)

    async def ask(query: str, **variables: Any) -> Any:
        answers = []
        for _ in range(1 if query.startswith("mutation") else 3):  # the third runs compiled
            result = await schema.execute(
                query, variable_values=variables, context_value=Context(wire_store, now=lambda: NOW)
            )
            answers.append((result.data, [formatted(error) for error in result.errors or ()]))
        assert all(answer == answers[0] for answer in answers)
        data, errors = answers[0]
        return errors or next(iter(data.values()))

    for session_id, cost in COSTS.items():
        given = {"sessionId": session_id, "cost": cost, "tips": ["1.10"]}
        made = await ask(CREATE, input={**given, "lines": [{"amount": "2.50"}]})
        assert made["errors"] == []
        assert made["session"] == {**given, "lines": [{"amount": "2.50"}]}
    ask.context = context  # type: ignore[attr-defined]
    return ask


async def test_pages(asking: Any) -> None:
    """They are ordered as numbers, and a page goes on after any of them, null included."""
    seen, after = [], None
    while page := (await asking(PAGE, after=after))["nodes"]:
        seen += [row["cost"] for row in page]
        after = (await asking(PAGE, after=after))["pageInfo"]["endCursor"]
    assert seen == [None, "-0.1", "9.90", "10", COSTS["e"]]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"cost": {"eq": "10.00"}}, ["a"]),
        ({"cost": {"ne": None, "lt": "10"}}, ["d", "b"]),
        ({"cost": {"gte": "10"}}, ["a", "e"]),
        ({"cost": {"in": ["9.9", "10"]}}, ["b", "a"]),
        ({"cost": {"nin": ["9.9", "10", COSTS["e"], "-0.1"]}}, ["c"]),
        ({"cost": {"eq": None}}, ["c"]),
        ({"lines": {"some": {"amount": {"gt": "2.5"}}}}, []),
        ({"tips": {"some": {"lte": "1.1"}}, "cost": {"gt": "11"}}, ["e"]),
    ],
    ids=str,
)
async def test_filters(asking: Any, where: Any, found: list[str]) -> None:
    """Compared by value, in objects and lists too."""
    page = await asking(PAGE, filter=where)
    assert [row["sessionId"] for row in page["nodes"]] == found


async def test_update(asking: Any) -> None:
    """A new value takes the old one's place; null removes it."""
    assert (await asking(UPDATE, input={"cost": "0.30"}))["session"]["cost"] == "0.30"
    assert (await asking(UPDATE, input={"cost": None}))["session"]["cost"] is None


@pytest.mark.parametrize("value", ["", "ten", "NaN", "Infinity", "1" * 35, 5, 0.1, True, {}])
async def test_what_is_not_a_decimal(asking: Any, value: Any) -> None:
    """Refused with what is right; numbers of JSON are not exact."""
    (error,) = await asking(PAGE, filter={"cost": {"eq": value}})
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "'12.50'" in error["message"]


async def test_damage(asking: Any) -> None:
    """A stored value of another type is an error in its place."""
    collection = asking.context.store.collection(CALL)
    await collection.update_one(
        {"_id": "a"}, {"$set": {"cost": 5}}, bypass_document_validation=True
    )
    (error,) = await asking('{ callSession(sessionId: "a") { cost } }')
    assert "not a valid decimal" in error["message"]


async def test_export_and_import(asking: Any, tmp_path: Path) -> None:
    """The same bytes come out again."""
    lines: list[bytes] = []
    await export(asking.context, Chosen(CALL), lines.append, pytest.fail)
    assert orjson.loads(lines[0])["session"]["cost"] == "10"
    file = tmp_path / "calls.jsonl"
    file.write_bytes(b"".join(lines))
    await asking.context.store.collection(CALL).delete_many({})
    importing = Import(asking.context, Lines(asking.context, {"CALL": CALL}, file))
    await importing.check()
    assert (await importing.store()).stored == len(COSTS)
    again: list[bytes] = []
    await export(asking.context, Chosen(CALL), again.append, pytest.fail)
    assert again == lines


async def test_database_refuses_other_types(wire_store: Store) -> None:
    """By its own rules."""
    assert rules.json_schema(CALL)["properties"]["cost"]["bsonType"] == ["decimal", "null"]


def test_demo_and_documentation() -> None:
    """Generated sessions, the data model and OpenAPI know it."""
    context = Context(None, now=lambda: NOW)  # type: ignore[arg-type]  # nothing is read
    drafts = list(generate(CALL, 20, 1, NOW))
    assert all(bulk.prepare(context, draft) for draft in drafts)
    assert any(isinstance(draft.values.get("cost"), Decimal) for draft in drafts)
    assert "| `cost` | decimal number |" in _kind(CALL)
    assert CALL.by_name["cost"].type.json_schema == "string"
