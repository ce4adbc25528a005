"""The verbs of remote-support sessions, and what is special about their ids and videos."""

from typing import Any

import pytest

from resolvers.access import Caller
from tests.schema.conftest import Client

CREATE = """mutation ($input: CreateRemoteSupportSessionInput!) {
  createRemoteSupportSession(input: $input) {
    session { sessionId hasVideos } errors { code field message } } }"""
UPDATE = """mutation ($id: String!, $input: UpdateRemoteSupportSessionInput!) {
  updateRemoteSupportSession(sessionId: $id, input: $input) {
    session { notes techName hasVideos } errors { code field message } } }"""
END = """mutation ($id: String!, $time: DateTime, $notes: String) {
  endRemoteSupportSession(sessionId: $id, endedAt: $time, notes: $notes) {
    session { status dateEnd endedAt durationSeconds notes } errors { code field message } } }"""

APPEND = """mutation ($id: String!, $messages: [RemoteSupportMessageInput!]!) {
  appendRemoteSupportMessages(sessionId: $id, messages: $messages) {
    session { chat { nodes { at author text } } } errors { code field message } } }"""
SET = """mutation ($id: String!, $fields: [CustomFieldChange!]!) {
  setCustomFields(sessionId: $id, fields: $fields) {
    session { customFields { name value } updatedAt } errors { code field message } } }"""


@pytest.fixture(autouse=True)
def session(client: Client) -> None:
    """A session 12334 that began at 09:30, with notes."""
    client.data(CREATE, input={"sessionId": "12334", "notes": "First look."})


def test_end(client: Client) -> None:
    """Ending sets the end and the notes at once."""
    assert client.data(END, id="12334", time="2026-03-01T09:45:00Z", notes="Done.") == {
        "session": {
            "status": "CLOSED",
            "dateEnd": "2026-03-01T09:45:00.000Z",
            "endedAt": "2026-03-01T09:45:00.000Z",
            "durationSeconds": 900.0,
            "notes": "Done.",
        },
        "errors": [],
    }


@pytest.mark.parametrize(("notes", "kept"), [({}, "First look."), ({"notes": None}, "First look.")])
def test_end_keeps_notes(client: Client, notes: dict[str, None], kept: str) -> None:
    """Notes that are not given stay as they were; the time is now."""
    client.clock.advance(seconds=30)
    session = client.data(END, id="12334", **notes)["session"]
    assert (session["notes"], session["durationSeconds"]) == (kept, 30.0)


def test_end_with_empty_notes(client: Client) -> None:
    """An empty text is a text."""
    assert client.data(END, id="12334", notes="")["session"]["notes"] == ""


def test_end_twice(client: Client) -> None:
    """A session can be ended once."""
    client.data(END, id="12334")
    before = client.stored("remote_support", "12334")
    assert client.refusal(END, id="12334", notes="Again.") == {
        "code": "CONFLICT",
        "field": ["sessionId"],
        "message": "The session has ended.",
    }
    assert client.stored("remote_support", "12334") == before


def test_refused_end(client: Client) -> None:
    """An end before the start, or notes over the limit, are refused and nothing is stored."""
    before = client.stored("remote_support", "12334")
    early = client.refusal(END, id="12334", time="2026-03-01T09:00:00Z", notes="x")
    assert (early["code"], early["field"]) == ("INVALID", ["endedAt"])
    long = client.refusal(END, id="12334", notes="x" * 4001)
    assert (long["code"], long["field"]) == ("INVALID", ["notes"])
    assert client.stored("remote_support", "12334") == before


def test_unknown(client: Client) -> None:
    """An unknown session cannot be ended."""
    assert client.refusal(END, id="99")["code"] == "NOT_FOUND"


def test_numbers_are_made(client: Client) -> None:
    """Sessions without an id are numbered, past numbers that were given."""
    client.data(CREATE, input={"sessionId": "1"})
    made = [client.data(CREATE, input={})["session"]["sessionId"] for _ in range(3)]
    assert len({*made, "1", "12334"}) == 5
    assert all(text.isdigit() and int(text) > 0 for text in made)


@pytest.mark.parametrize("session_id", ["0", "-1", "01", "1.5", "x", "1" * 16, "١"])
def test_no_number(client: Client, session_id: str) -> None:
    """An id is a positive whole number."""
    refusal = client.refusal(CREATE, input={"sessionId": session_id})
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["input", "sessionId"])


def test_videos(client: Client) -> None:
    """Links of recordings say that there are videos."""
    links = {"videoLinks": ["https://video.example/1"]}
    assert client.data(UPDATE, id="12334", input=links)["session"]["hasVideos"] is True
    refusal = client.refusal(UPDATE, id="12334", input={"videoLinks": ["no address"]})
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["input", "videoLinks", "0"])


def test_two_updates_at_once(client: Client) -> None:
    """Updates of different columns at the same time are both kept."""
    client.together(
        (UPDATE, {"id": "12334", "input": {"notes": "Mine."}}),
        (UPDATE, {"id": "12334", "input": {"techName": "Mia"}}),
    )
    stored = client.stored("remote_support", "12334")
    assert stored is not None
    assert (stored["notes"], stored["techName"]) == ("Mine.", "Mia")


def line(text: str) -> dict[str, str]:
    """A line of the chat."""
    return {"author": "Ada", "text": text, "at": "2026-03-01T09:31:00Z"}


def test_append(client: Client) -> None:
    """Lines come after those that are there, also when many come at the same time."""
    texts = [f"line {number}" for number in range(20)]
    client.together(*((APPEND, {"id": "12334", "messages": [line(text)]}) for text in texts))
    stored = client.stored("remote_support", "12334")
    assert stored is not None
    assert sorted(message["text"] for message in stored["chat"]) == sorted(texts)


def test_refused_append(client: Client) -> None:
    """A line that is too long is refused by its path; an ended session takes none."""
    refusal = client.refusal(APPEND, id="12334", messages=[line("a"), line("x" * 4001)])
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["messages", "1", "text"])
    client.data(END, id="12334")
    assert client.refusal(APPEND, id="12334", messages=[line("a")])["code"] == "CONFLICT"
    assert client.stored("remote_support", "12334")["chat"] == []


def field(name: str, value: str | None) -> dict[str, str | None]:
    """A custom field."""
    return {"name": name, "value": value}


def test_custom_fields(client: Client) -> None:
    """Set in their places, new ones last; null removes; others stay, and so does their order."""
    first = [field("a", "1"), field("b", "1"), field("a", "2"), field("c", "1")]
    client.data(SET, id="12334", fields=first)
    changes = [field("d", "1"), field("a", "3"), field("c", None), field("e", None)]
    session = client.data(SET, id="12334", fields=changes)["session"]
    assert session["customFields"] == [field("a", "3"), field("b", "1"), field("d", "1")]
    found = client.data(
        """{ remoteSupportSessions(filter: {customFields: {some: {name: {eq: "d"}}}}) {
        totalCount } }"""
    )
    assert found == {"totalCount": 1}


def test_custom_fields_again(client: Client) -> None:
    """The same change again changes nothing."""
    client.data(SET, id="12334", fields=[field("a", "1")])
    client.clock.advance(seconds=1)
    session = client.data(SET, id="12334", fields=[field("a", "1"), field("x", None)])["session"]
    assert session["updatedAt"] == "2026-03-01T09:30:00.000Z"


def test_custom_fields_at_once(client: Client) -> None:
    """Fields of different names that are set at the same time are all stored."""
    names = [f"f{number}" for number in range(20)]
    client.together(*((SET, {"id": "12334", "fields": [field(name, "1")]}) for name in names))
    stored = client.stored("remote_support", "12334")
    assert stored is not None
    assert sorted(item["name"] for item in stored["customFields"]) == sorted(names)


def test_refused_custom_field(client: Client) -> None:
    """A value over its limit is refused at its place in the argument."""
    changes = [field("a", None), field("b", "x" * 101)]
    refusal = client.refusal(SET, id="12334", fields=changes)
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["fields", "1", "value"])


@pytest.mark.parametrize(
    ("verb", "values", "path"),
    [
        (UPDATE, {"input": {"notes": "***"}}, ["input", "notes"]),
        (END, {"notes": "First look."}, ["notes"]),
        (SET, {"fields": [{"name": "a", "value": "1"}]}, ["fields"]),
    ],
)
def test_unseen_is_not_overwritten(
    client: Client, verb: str, values: dict[str, Any], path: list[str]
) -> None:
    """Without `pii:read`, what would overwrite personal texts is refused; appending is not."""
    client.context.caller = Caller("writer", frozenset({"*:read", "*:write"}))
    before = client.stored("remote_support", "12334")
    refusal = client.refusal(verb, id="12334", **values)
    assert (refusal["code"], refusal["field"]) == ("FORBIDDEN", path)
    assert "pii:read" in refusal["message"]
    assert client.stored("remote_support", "12334") == before
    assert client.data(APPEND, id="12334", messages=[line("Hello")])["errors"] == []
    assert client.data(END, id="12334")["errors"] == []


def test_what_is_kept(client: Client) -> None:
    """The lines of the chat are counted, and the last one is at hand."""
    query = '{ remoteSupportSession(sessionId: "12334") { messageCount lastMessage { text } } }'
    assert client.data(query) == {"messageCount": 0, "lastMessage": None}
    client.data(APPEND, id="12334", messages=[line("a"), line("b")])
    assert client.data(query) == {"messageCount": 2, "lastMessage": {"text": "b"}}
