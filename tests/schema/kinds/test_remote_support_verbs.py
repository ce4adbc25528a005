"""The verb of remote-support sessions, and what is special about their ids and videos."""

import pytest

from tests.schema.conftest import Client

CREATE = """mutation ($input: CreateRemoteSupportSessionInput!) {
  createRemoteSupportSession(input: $input) {
    session { sessionId hasVideos } errors { code field message } } }"""
UPDATE = """mutation ($id: String!, $input: UpdateRemoteSupportSessionInput!) {
  updateRemoteSupportSession(sessionId: $id, input: $input) {
    session { notes techName hasVideos } errors { code field message } } }"""
END = """mutation ($id: String!, $time: DateTime, $notes: String) {
  endRemoteSupportSession(sessionId: $id, dateEnd: $time, notes: $notes) {
    session { status dateEnd endedAt durationSeconds notes } errors { code field message } } }"""


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
        "message": "The session has ended already.",
    }
    assert client.stored("remote_support", "12334") == before


def test_refused_end(client: Client) -> None:
    """An end before the start, or notes over the limit, are refused and nothing is stored."""
    before = client.stored("remote_support", "12334")
    early = client.refusal(END, id="12334", time="2026-03-01T09:00:00Z", notes="x")
    assert (early["code"], early["field"]) == ("INVALID", ["dateEnd"])
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
