"""One operation over one set of documents, compiled and field by field, for comparison."""

import asyncio
import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID

import orjson
from bson import Int64
from pymongo.errors import AutoReconnect, ExecutionTimeout, OperationFailure

from resolvers import merged_pages, paging
from resolvers.access import EVERYBODY, Caller
from resolvers.across import of_kind
from resolvers.context import Context
from resolvers.merged_pages import Across
from resolvers.paging import default_order
from resolvers.store.store import Store
from schema.all_kinds import all_kinds
from schema.build import Schema, build
from schema.errors import formatted
from schema.kinds import KINDS
from schema.list_pages import list_tag
from schema.strawberry_internals import core_schema
from tests.schema.execution.database import Database
from tests.schema.execution.generated import Generator, Operation
from tests.schema.execution.stored import Documents

NOW = datetime(2026, 3, 1, 9, 30)
RUNS = 3
"""The first parses and validates, the second prepares, the third repeats."""

CALLERS = (
    EVERYBODY,
    Caller("impersonal", frozenset({"*:read", "*:write"})),
    Caller("reader", frozenset({"bot:read", "chat:read", "pii:read"})),
    Caller("one bot's", frozenset({"*:read", "*:write"}), frozenset({"text"})),
)
FAULTS = (
    OperationFailure("broken"),
    AutoReconnect("gone"),
    ExecutionTimeout("slow"),
    RuntimeError("a bug"),
)

FIGURES = ((3, 1.5), (0, None), (2**31, 1.5), (Int64(4), 2), (1, float("nan")), (5, None))
"""What sessions are counted and averaged to; a single stored NaN spoils a mean."""


@dataclass
class Case:
    """Everything that an answer depends on."""

    operation: Operation
    stored: Mapping[str, Sequence[dict[str, Any]]]
    faults: Mapping[tuple[str, str], Exception] = field(default_factory=dict)
    caller: Caller = EVERYBODY
    retention: Mapping[str, int] = field(default_factory=dict)
    figures: tuple[int, Any] = (3, 1.5)


@dataclass(frozen=True)
class Answer:
    """What a client and the database see of one run."""

    data: str
    body: bytes
    errors: tuple[str, ...]
    commands: tuple[str, ...]
    stored: str


@dataclass
class Both:
    """The two schemas, which remember operations from case to case as a server does."""

    compiled: Schema = field(default_factory=lambda: build(KINDS))
    plain: Schema = field(default_factory=lambda: build(KINDS, compiled=False))

    def answers(self, case: Case) -> tuple[Answer, list[Answer]]:
        """Field by field, and compiled several times."""
        return asyncio.run(self._answers(case))

    async def _answers(self, case: Case) -> tuple[Answer, list[Answer]]:
        compiled = [await answer(self.compiled, case) for _ in range(RUNS)]
        return await answer(self.plain, case), compiled


async def answer(schema: Schema, case: Case) -> Answer:
    """One run on documents of its own."""
    database = Database(case.stored, case.faults, case.figures)
    context = Context(
        Store(database, 600.0), now=lambda: NOW, caller=case.caller, retention=case.retention
    )
    made = Random(0)
    with (
        patch("uuid.uuid4", lambda: UUID(int=made.getrandbits(128))),
        patch("secrets.randbelow", made.randrange),
        patch("secrets.token_hex", lambda size: f"{made.getrandbits(8 * size):0{2 * size}x}"),
    ):
        result = await schema.execute(
            case.operation.text,
            variable_values=copy.deepcopy(case.operation.variables),
            operation_name=case.operation.name,
            context_value=context,
        )
    # Reads that a refusal elsewhere has made pointless may still be under way.
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)
    errors = [formatted(error) for error in result.errors or ()]
    commands = database.commands
    if not case.operation.text.startswith("mutation"):
        commands = sorted(commands)  # root fields read at the same time
    return Answer(
        json.dumps(result.data),
        orjson.dumps(result.data),
        tuple(json.dumps(error) for error in errors),
        tuple(commands),
        database.shown(),
    )


def _cursors() -> tuple[str, ...]:
    """Valid cursors of each kind's default ordering, of that of all kinds, and of lists within."""
    found = []
    for entry in KINDS:
        order = default_order(entry.kind)
        found += paging.encode_cursors(entry.kind, order, [{"_id": "a", "startedAt": NOW}])
        for column in dict.fromkeys(entry.kind.beside.values()):
            tag = list_tag(entry.kind.type_name, column.name)
            found += [paging.place_cursor(tag, place) for place in (0, 1, 5)]
    everything = Across(all_kinds(tuple(entry.kind for entry in KINDS)).common, ())
    rows = [of_kind(entry.kind, {"_id": "a", "startedAt": NOW}) for entry in KINDS]
    return (*found, *merged_pages.cursors(everything, rows))


CURSORS = _cursors()


def make_case(seed: int, size: int, damage: float, schema: Schema) -> Case:
    """A case that follows from these numbers alone."""
    random = Random(seed)
    stored = Documents(random, damage).all()
    faults = {}
    if random.random() < 0.15:
        methods = ("find", "find", "count", "aggregate", "insert", "update")
        place = (random.choice(tuple(stored)), random.choice(methods))
        faults[place] = random.choice(FAULTS)
    caller = EVERYBODY if random.random() < 0.6 else random.choice(CALLERS)
    retention = {"bot": 3600} if random.random() < 0.1 else {}
    figures = random.choice(FIGURES) if random.random() < 0.2 else FIGURES[0]
    operation = Generator(core_schema(schema), random, CURSORS, budget=size).operation()
    return Case(operation, stored, faults, caller, retention, figures)
