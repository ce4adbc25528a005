"""Documents of others become sessions, and what they were again, whatever happens meanwhile."""

from datetime import datetime

import bson
import pytest
from bson import Decimal128, Int64, ObjectId
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from resolvers import adoption, mapping, sessions
from resolvers.adoption import Target, adopt, examine, undo
from resolvers.context import Context
from resolvers.kind import Document
from tests.conftest import KINDS_BY_NAME, NOW, OpenStore

pytestmark = pytest.mark.anyio

BOT, CHAT = KINDS_BY_NAME["bot"], KINDS_BY_NAME["chat"]
KINDS = list(KINDS_BY_NAME.values())
BY_ENUM = {kind.enum_name: kind for kind in KINDS}
TARGET = Target(BOT, BOT.collection)
OID = ObjectId("64" * 12)
START = datetime(2026, 3, 1, 9, 30)

OTHER_FORMS: Document = {
    "_id": OID,
    "botId": "shop",
    "channel": "web",
    "userId": ObjectId("65" * 12),
    "startTime": 1772357400,
    "endTime": "2026-03-01T10:31:00+01:00",
    "sessionType": "non-interactive",
    "isDeveloper": False,
    "tags": {"userTags": [{"name": "vip", "value": None}]},
    "noOfMessagesExchanged": 7.0,
    "noOfTasksExecuted": Int64(2),
    "theirs": {"rating": Decimal128("4.5"), "weird": [float("nan"), [1, 2.0]]},
}
"""A bot session of the gateway's names, with values of other forms."""

SNAKE: Document = {
    "_id": OID,
    "started": 1772357400,
    "data": {"user": {"id": "u-1"}},
    "mode": "Robot",
    "status": "Resolved",
    "labels": [{"key": "tier", "text": "gold"}],
}
"""A conversation of another shape."""
MAP = {
    "kind": "BOT",
    "collection": "conversations",
    "columns": {
        "userId": "data.user.id",
        "startTime": {"from": "started", "format": "epoch-seconds"},
        "endTime": {"from": "ended", "format": "epoch-seconds"},
        "sessionType": {"from": "mode", "values": {"Robot": "NON_INTERACTIVE"}},
        "botId": {"constant": "shop"},
        "channel": {"constant": "web"},
        "isDeveloper": {"constant": False},
        "noOfMessagesExchanged": {"constant": 0},
        "noOfTasksExecuted": {"constant": 0},
        "labels": "names",
        "tags.userTags": {"from": "labels", "columns": {"name": "key", "value": "text"}},
    },
}
MAPPED = Target.of(mapping.read(MAP, BY_ENUM))


@pytest.fixture(autouse=True)
def batches_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that five documents need more than one."""
    monkeypatch.setattr(adoption, "BATCH", 2)


@pytest.fixture
async def others(open_store: OpenStore) -> Context:
    """The surroundings of a command on a database that others wrote."""
    return Context(store=await open_store(), now=lambda: NOW)


def unseen(_number: int) -> None:
    """Nobody looks at the progress."""


async def stored(context: Context, target: Target = TARGET) -> list[bytes]:
    """Every document as it is stored, byte by byte."""
    raw = context.store.database[target.collection].with_options(
        codec_options=CodecOptions(document_class=RawBSONDocument)
    )
    return [bytes(row.raw) for row in await raw.find({}).sort("_id", 1).to_list(None)]


async def fill(context: Context, *documents: Document, target: Target = TARGET) -> list[bytes]:
    """Store documents as others do; what is stored then."""
    await context.store.database[target.collection].insert_many([{**one} for one in documents])
    return await stored(context, target)


async def first(context: Context, target: Target = TARGET) -> Document:
    """The first document, decoded."""
    (found, *_) = await stored(context, target)
    return bson.decode(found)


async def test_values_of_other_forms(others: Context) -> None:
    """ObjectIds, epoch numbers, ISO texts, whole doubles and names of any case become the
    column's own, and what a write computes is there."""
    await fill(others, OTHER_FORMS)
    report = await adopt(others, TARGET, unseen)
    assert (report.seen, report.fitting, report.misfitting) == (1, 1, 0)
    found = await first(others)
    assert (
        found.items()
        >= {
            "_id": OID,
            "userId": "65" * 12,
            "startTime": START,
            "endTime": datetime(2026, 3, 1, 9, 31),
            "sessionType": "NON_INTERACTIVE",
            "status": "CLOSED",
            "startedAt": START,
            "endedAt": datetime(2026, 3, 1, 9, 31),
            "durationSeconds": 60.0,
            "customer": {"id": "65" * 12},
            "createdAt": START,
            "updatedAt": START,
            "revision": 1,
        }.items()
    )
    assert (found["noOfMessagesExchanged"], type(found["noOfMessagesExchanged"])) == (7, int)
    assert "searchKeys" in found
    served = await sessions.get(_served(others), BOT, "64" * 12)
    assert served is not None
    assert served["_id"] == "64" * 12


def _served(context: Context) -> Context:
    """As a gateway reads a collection without rules."""
    from dataclasses import replace

    return replace(context, store=replace(context.store, unruled=frozenset({"bot"})))


async def test_undo(others: Context) -> None:
    """Every document is what it was, byte for byte, and no trace is left."""
    before = await fill(others, OTHER_FORMS, {**OTHER_FORMS, "_id": 7}, {"_id": "x", "broken": 1})
    await adopt(others, TARGET, unseen)
    assert await stored(others) != before
    found = await undo(others, TARGET, unseen)
    assert (found.restored, found.changed, found.problems) == (2, 0, [])
    assert await stored(others) == before


async def test_map(others: Context) -> None:
    """The mapped values stand under the gateway's names beside the others; constants too."""
    before = await fill(others, SNAKE, target=MAPPED)
    report = await adopt(others, MAPPED, unseen)
    assert (report.fitting, report.misfits.counts) == (1, {})
    found = await first(others, MAPPED)
    assert (
        found.items()
        >= {
            "data": SNAKE["data"],
            "mode": "Robot",
            "started": 1772357400,
            "botId": "shop",
            "userId": "u-1",
            "sessionType": "NON_INTERACTIVE",
            "status": "ACTIVE",
            "startedAt": START,
            "tags": {"userTags": [{"name": "tier", "value": "gold"}]},
        }.items()
    )
    native = Target(BOT, "conversations")
    assert (await examine(others, native, unseen)).whole == 1
    again = await adopt(others, MAPPED, unseen)
    assert (again.whole, again.fitting) == (1, 0)
    await undo(others, MAPPED, unseen)
    assert await stored(others, MAPPED) == before
