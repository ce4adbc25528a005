"""What other writers may have stored in the place of a number or a text, on the real engine."""

import math
from typing import Any

import pytest
from bson import Code, Decimal128, Int64

from resolvers import sessions
from resolvers.appending import Addition
from resolvers.context import Context
from resolvers.errors import CorruptDocument
from resolvers.groups import Leaf, Question
from resolvers.kind import Document
from resolvers.request import EVERYTHING
from resolvers.statistics import of_kind
from tests.conftest import KINDS_BY_NAME, NOW

pytestmark = pytest.mark.anyio

BOT = KINDS_BY_NAME["bot"]
CHAT = KINDS_BY_NAME["chat"]


async def insert(context: Context, *documents: Document) -> None:
    """Store sessions as no client can."""
    rows = [{"_id": str(n), "startedAt": NOW, **one} for n, one in enumerate(documents)]
    collection = context.store.collection(BOT)
    await collection.insert_many(rows, bypass_document_validation=True)


@pytest.mark.parametrize(
    ("durations", "average"),
    [
        ([Decimal128("1.5"), 2.5], 2.0),
        ([Decimal128("NaN"), 2.5], 2.5),
        ([Decimal128("1E+6000"), 2.5, Decimal128("-Infinity")], 2.5),
        ([math.nan, math.inf, 2.5, Int64(3)], 2.75),
        (["2", [1.0], {"a": 1}, True, None, 2.5], 2.5),
        ([math.nan], None),
    ],
)
async def test_average(wire_context: Context, durations: list[Any], average: float | None) -> None:
    """Over what a float can be; every session counts."""
    await insert(wire_context, *({"durationSeconds": one} for one in durations))
    found = await sessions.summarise(wire_context, BOT, EVERYTHING)
    assert (found.count, found.average_duration_seconds) == (len(durations), average)


async def test_groups_of_texts_that_are_more_than_texts(wire_context: Context) -> None:
    """BSON's code is shown as a text, and grouped as one."""
    await insert(wire_context, {"channel": Code("x")}, {"channel": Code("x", {"a": 1})})
    question = Question(where=EVERYTHING, group_by=(Leaf(BOT.by_name["channel"]),))
    found = await of_kind(wire_context, BOT, question)
    assert [(group.keys, group.count) for group in found.groups] == [(("x",), 2)]


async def test_an_append_to_a_list_that_is_none(wire_context: Context) -> None:
    """Such a session cannot be changed, and the refusal says so."""
    await sessions.create(wire_context, CHAT, {"sessionId": "c"})
    rows = wire_context.store.collection(CHAT)
    change = {"$set": {"messages": 5}}
    await rows.update_one({"_id": "c"}, change, bypass_document_validation=True)
    sent = {"dateTime": NOW, "timeZone": "UTC", "instant": NOW}
    message = {"id": "m", "message": "x", "source": "VISITOR", "sent": sent}
    with pytest.raises(CorruptDocument):
        await sessions.append(wire_context, CHAT, "c", Addition("messages", lambda _: [message]))
