"""Documents of others, and what the tests of adoption do with them."""

from collections.abc import Mapping
from datetime import datetime

import bson
from bson import Decimal128, Int64, ObjectId
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from resolvers import mapping
from resolvers.adoption import Target
from resolvers.context import Context
from resolvers.kind import Document
from resolvers.store import originals
from tests.conftest import KINDS_BY_NAME

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
        "tags.userTags": {"from": "labels", "columns": {"name": "key", "value": "text"}},
    },
}
MAPPED = Target.of(mapping.read(MAP, BY_ENUM))


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


TRICKY: Mapping[str, tuple[Document, set[tuple[str, str]]]] = {
    "NaN": ({"noOfMessagesExchanged": float("nan")}, {("noOfMessagesExchanged", "double")}),
    "a fraction": ({"noOfTasksExecuted": 1.5}, {("noOfTasksExecuted", "double")}),
    "Decimal128": ({"startTime": Decimal128("1772357400")}, {("startTime", "decimal")}),
    "too large": ({"noOfTasksExecuted": 2**40}, {("noOfTasksExecuted", "long")}),
    "nested lists": ({"sessionLang": [["en"]]}, {("sessionLang", "array")}),
    "no list": ({"sessionLang": "en"}, {("sessionLang", "string")}),
    "a list of texts": ({"tags": {"userTags": ["vip"]}}, {("tags.userTags", "string")}),
    "an infinite date": ({"startTime": float("inf")}, {("startTime", "double")}),
    "true": ({"startTime": True}, {("startTime", "bool")}),
    "an end before the start": ({"endTime": 1}, {("endTime", "contradiction")}),
    "a status that contradicts": ({"endTime": None, "status": "closed"}, {("status", "CLOSED")}),
    "a record of others": ({originals.RECORD: "mine"}, {(originals.RECORD, "string")}),
}
