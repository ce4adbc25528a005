"""Proposed maps: names and forms are recognised, what is not is said, and the text is a map."""

import tomllib
from datetime import datetime
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from resolvers import mapping
from resolvers.adoption import Target
from resolvers.errors import BadInput
from resolvers.kind import Document, Kind
from resolvers.proposal import propose, sample_of
from resolvers.proposal_words import words
from resolvers.shaping import shape
from tests.conftest import KINDS_BY_NAME

BY_ENUM = {kind.enum_name: kind for kind in KINDS_BY_NAME.values()}

BOT: Document = {
    "_id": ObjectId("64" * 12),
    "bot_id": "shop",
    "channel": "web",
    "data": {"user": {"id": ObjectId("65" * 12)}},
    "created_at": 1772357400,
    "closed": 1772357460,
    "mode": "Robot",
    "outcome": "Self-Service",
    "message_count": 7.0,
    "is_developer": False,
    "labels": [{"key": "tier", "text": "gold"}],
    "rating": 5,
}
CHAT: Document = {
    "_id": 7,
    "startedAt": "2026-03-01T09:30:00.000Z",
    "user": {"name": "Ada", "mail": "ada@example.com", "country": "FR"},
    "msgs": [
        {"text": "Hi", "from": "customer", "ts": datetime(2026, 3, 1, 9, 31)},
        {"text": "Hello", "from": "agent", "ts": datetime(2026, 3, 1, 9, 32)},
    ],
}
REMOTE: Document = {
    "_id": "12",
    "start_date": "2026-03-01 09:30:00",
    "end_date": "2026-03-01 09:40:00",
    "technician_name": "Ada",
    "computer_name": "PC",
    "customer_email": "x@example.com",
}
KNOWLEDGE: Document = {"_id": "k", "created": 1772357400000, "agent": "mia", "customerId": "C-77"}
CO_BROWSE: Document = {
    "_id": "83d03970-c959-11e2-857d-082e5f12b9a1",
    "session_token": "123456789",
    "creation_time": datetime(2026, 3, 1),
    "pages": [{"address": "https://example.com/", "entered": datetime(2026, 3, 1)}],
}


def proposed(kind: str, *documents: Document) -> dict[str, Any]:
    """The columns of the proposed map."""
    text = propose(BY_ENUM[kind], "theirs", sample_of(documents))
    found: dict[str, Any] = tomllib.loads(text)["columns"]
    return found


@pytest.mark.parametrize(
    ("kind", "document", "expected"),
    [
        ("BOT", BOT, {
            "botId": "bot_id",
            "channel": "channel",
            "userId": "data.user.id",
            "startTime": {"from": "created_at", "format": "epoch-seconds"},
            "endTime": {"from": "closed", "format": "epoch-seconds"},
            "sessionType": {"from": "mode", "values": {"Robot": "NON_INTERACTIVE"}},
            "containmentType": {"from": "outcome", "values": {"Self-Service": "SELF_SERVICE"}},
            "isDeveloper": "is_developer",
            "noOfMessagesExchanged": "message_count",
            "noOfTasksExecuted": {"constant": 0},
            "tags.userTags": {"from": "labels", "columns": {"name": "key", "value": "text"}},
        }),
        ("CHAT", CHAT, {
            "visitor.name": "user.name",
            "visitor.emailAddress": "user.mail",
            "visitor.country": "user.country",
            "start.dateTime": {"from": "startedAt", "format": "iso-milliseconds"},
            "start.timeZone": {"constant": "UTC"},
            "messages": {"from": "msgs", "columns": {
                "messageId": "#",
                "message": "text",
                "source": {
                    "from": "from", "values": {"customer": "VISITOR", "agent": "OPERATOR"}
                },
                "sent.dateTime": "ts",
                "sent.timeZone": {"constant": "UTC"},
            }},
        }),
        ("REMOTE_SUPPORT", REMOTE, {
            "dateStart": {"from": "start_date", "format": "sql-seconds"},
            "dateEnd": {"from": "end_date", "format": "sql-seconds"},
            "techName": "technician_name",
            "computerName": "computer_name",
            "customerEmail": "customer_email",
        }),
        ("REMOTE_SUPPORT", {**REMOTE, "was_answered": "Y"}, {
            "answered": {"from": "was_answered", "values": {"Y": True}},
        }),
        ("KNOWLEDGE", KNOWLEDGE, {
            "startedAt": {"from": "created", "format": "epoch-milliseconds"},
            "agentId": "agent",
            "customerId": "customerId",
        }),
        ("CO_BROWSE", CO_BROWSE, {
            "sessionToken": "session_token",
            "creationTime": "creation_time",
            "pages": {"from": "pages", "columns": {
                "url": "address", "enteredTimestamp": "entered"
            }},
        }),
    ],
    ids=["bot", "chat", "remote support", "flag", "knowledge", "co-browse"],
)  # fmt: skip
def test_recognised(kind: str, document: Document, expected: dict[str, Any]) -> None:
    """Other spellings, synonyms, nesting, forms of dates and names; the document then fits."""
    found = proposed(kind, document)
    assert found.items() >= expected.items(), found
    map_ = mapping.read({"kind": kind, "collection": "theirs", "columns": found}, BY_ENUM)
    assert shape(BY_ENUM[kind], document, Target.of(map_).sources).misfits == []


def test_what_it_says() -> None:
    """It is a guess; a column without a source and a field that nothing uses are comments."""
    text = propose(BY_ENUM["BOT"], "theirs", sample_of([BOT]))
    assert text.startswith("# A guess from 1 documents of theirs")
    assert "# note =   # no candidate" in text
    assert "#   rating" in text


def test_required_columns() -> None:
    """One without a source is named as required, and the text is not a complete map."""
    text = propose(BY_ENUM["BOT"], "theirs", sample_of([{"_id": 1, "x": 1}]))
    assert "# botId =   # required" in text
    with pytest.raises(BadInput, match="every session has one"):
        mapping.read(tomllib.loads(text), BY_ENUM)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("started_at", "startTime"), ("begin", "dateStart"), ("userId", "visitor_id"),
        ("noOfTasksExecuted", "executed_task_count"), ("data.user.id", "userId"),
        ("techName", "technician-name"), ("endedAt", "closed"),
    ],
)  # fmt: skip
def test_words(one: str, other: str) -> None:
    """Spelling and synonyms make no difference."""
    assert words(one) == words(other)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.lists(st.dictionaries(st.text(), JSON, max_size=6), max_size=4),
    st.sampled_from(list(BY_ENUM.values())),
)
def test_any_documents(documents: list[Document], kind: Kind) -> None:
    """Whatever is stored, the text is TOML."""
    found = tomllib.loads(propose(kind, "theirs", sample_of(documents)))
    assert found["kind"] == kind.enum_name
