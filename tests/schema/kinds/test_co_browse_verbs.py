"""The verbs of co-browse sessions: activate, enter a page, end; and their live tokens."""

from typing import Any

import pytest

from resolvers.access import Caller
from tests.schema.conftest import Client

ID = "83d03970-c959-11e2-857d-082e5f12b9a1"
CREATE = """mutation ($input: CreateCoBrowseSessionInput!) {
  createCoBrowseSession(input: $input) {
    session { sessionId sessionToken } errors { code field message } } }"""
FIELDS = """{ session { status startedAt endedAt durationSeconds activationTime deactivationTime
    pages { nodes { url enteredTimestamp duration } } } errors { code field message } }"""
ACTIVATE = f"""mutation ($id: String!, $time: DateTime) {{
  activateCoBrowseSession(sessionId: $id, at: $time) {FIELDS} }}"""
ENTER = f"""mutation ($id: String!, $url: String!, $at: DateTime) {{
  enterCoBrowsePage(sessionId: $id, url: $url, at: $at) {FIELDS} }}"""
END = f"""mutation ($id: String!, $time: DateTime) {{
  endCoBrowseSession(sessionId: $id, endedAt: $time) {FIELDS} }}"""


@pytest.fixture(autouse=True)
def session(client: Client) -> None:
    """A session created at 09:30, whose token is 519333886."""
    client.data(CREATE, input={"sessionId": ID, "sessionToken": "519333886"})


def test_story(client: Client) -> None:
    """Activated, three pages, ended: every page knows how long it was open."""
    client.clock.advance(seconds=5)
    assert client.data(ACTIVATE, id=ID)["errors"] == []
    for seconds, page in ((1, "a"), (11, "b"), (7, "c")):
        client.clock.advance(seconds=seconds)
        assert client.data(ENTER, id=ID, url=f"https://shop.example/{page}")["errors"] == []
    client.clock.advance(seconds=11, milliseconds=900)
    assert client.data(END, id=ID) == {
        "session": {
            "status": "CLOSED",
            "startedAt": "2026-03-01T09:30:05.000Z",
            "endedAt": "2026-03-01T09:30:35.900Z",
            "durationSeconds": 30.9,
            "activationTime": "2026-03-01T09:30:05.000Z",
            "deactivationTime": "2026-03-01T09:30:35.900Z",
            "pages": {
                "nodes": [
                    {
                        "url": "https://shop.example/a",
                        "enteredTimestamp": "2026-03-01T09:30:06.000Z",
                        "duration": 12,
                    },
                    {
                        "url": "https://shop.example/b",
                        "enteredTimestamp": "2026-03-01T09:30:17.000Z",
                        "duration": 7,
                    },
                    {
                        "url": "https://shop.example/c",
                        "enteredTimestamp": "2026-03-01T09:30:24.000Z",
                        "duration": 11,
                    },
                ]
            },
        },
        "errors": [],
    }


def test_last_page_is_open(client: Client) -> None:
    """The page that is open now has no duration yet."""
    payload = client.data(ENTER, id=ID, url="https://shop.example/a")
    assert [page["duration"] for page in payload["session"]["pages"]["nodes"]] == [None]


def test_pages_in_order_of_time(client: Client) -> None:
    """A page that is told late takes its place."""
    for at in ("2026-03-01T09:40:00Z", "2026-03-01T09:35:00Z"):
        payload = client.data(ENTER, id=ID, url="https://shop.example/a", at=at)
    times = [page["enteredTimestamp"] for page in payload["session"]["pages"]["nodes"]]
    assert times == ["2026-03-01T09:35:00.000Z", "2026-03-01T09:40:00.000Z"]


def test_same_page_again(client: Client) -> None:
    """The same address and instant is the same page; another address or instant is another."""
    page = {"id": ID, "url": "https://shop.example/a", "at": "2026-03-01T09:40:00Z"}
    other = {"url": "https://shop.example/b"}
    for values in (page, page, page | other, page | {"at": "2026-03-01T09:41:00Z"}, page):
        payload = client.data(ENTER, **values)
    assert len(payload["session"]["pages"]["nodes"]) == 3


def test_repetition_confirms_no_guess(client: Client) -> None:
    """Who may not see addresses adds a page whether it is there or not."""
    client.context.caller = Caller("writer", frozenset({"*:read", "*:write"}))
    for _ in range(2):
        payload = client.data(ENTER, id=ID, url="https://shop.example/a", at="2026-03-01T09:40:00Z")
    assert [page["url"] for page in payload["session"]["pages"]["nodes"]] == ["***", "***"]


@pytest.mark.parametrize("url", ["", "shop", "/a", "javascript:alert(1)", "https://", "http://[x"])
def test_no_url(client: Client, url: str) -> None:
    """What is no address of a page is refused at the argument."""
    refusal = client.refusal(ENTER, id=ID, url=url)
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["url"])
    assert client.stored("co_browse", ID)["pages"] == []


def test_activated_twice(client: Client) -> None:
    """A session can be activated once."""
    client.data(ACTIVATE, id=ID)
    assert client.refusal(ACTIVATE, id=ID) == {
        "code": "CONFLICT",
        "field": ["sessionId"],
        "message": "The session is active already.",
    }


@pytest.mark.parametrize(("verb", "field"), [(ACTIVATE, "at"), (END, "endedAt")])
def test_before_its_creation(client: Client, verb: str, field: str) -> None:
    """Nothing happens to a session before it is created."""
    before = client.stored("co_browse", ID)
    refusal = client.refusal(verb, id=ID, time="2026-03-01T09:29:00Z")
    assert (refusal["code"], refusal["field"]) == ("INVALID", [field])
    assert client.stored("co_browse", ID) == before


@pytest.mark.parametrize(
    ("verb", "more"),
    [(ACTIVATE, {}), (END, {}), (ENTER, {"url": "https://shop.example/"})],
)
def test_on_closed_and_unknown(client: Client, verb: str, more: dict[str, Any]) -> None:
    """No verb works on a session that has ended, or on none."""
    client.data(END, id=ID)
    before = client.stored("co_browse", ID)
    assert client.refusal(verb, id=ID, **more) == {
        "code": "CONFLICT",
        "field": ["sessionId"],
        "message": "The session has ended.",
    }
    assert client.stored("co_browse", ID) == before
    assert client.refusal(verb, id="x", **more)["code"] == "NOT_FOUND"


def test_live_token(client: Client) -> None:
    """Two live sessions cannot share a token; once one has ended it is free again."""
    assert client.refusal(CREATE, input={"sessionToken": "519333886"}) == {
        "code": "ALREADY_EXISTS",
        "field": ["input", "sessionToken"],
        "message": "Another live session has the sessionToken '519333886'.",
    }
    client.data(END, id=ID)
    assert client.data(CREATE, input={"sessionToken": "519333886"})["errors"] == []


@pytest.mark.parametrize("token", ["", "12345678", "1234567890", "12345678a", "１２３４５６７８９"])
def test_no_token(client: Client, token: str) -> None:
    """A token is nine digits."""
    refusal = client.refusal(CREATE, input={"sessionToken": token})
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["input", "sessionToken"])


def test_pages_at_once(client: Client) -> None:
    """Pages entered at the same time are all kept."""
    urls = [f"https://shop.example/{number}" for number in range(20)]
    client.together(*((ENTER, {"id": ID, "url": url}) for url in urls))
    stored = client.stored("co_browse", ID)
    assert stored is not None
    assert sorted(page["url"] for page in stored["pages"]) == sorted(urls)


def test_what_is_kept(client: Client) -> None:
    """Pages are counted, and the last one is the one that was opened last."""
    for minute, page in ((40, "b"), (35, "a")):
        client.data(
            ENTER, id=ID, url=f"https://shop.example/{page}", at=f"2026-03-01T09:{minute}:00Z"
        )
    shown = "pageCount lastPage { url duration }"
    query = f'{{ coBrowseSession(sessionId: "{ID}") {{ {shown} }} }}'
    last = {"url": "https://shop.example/b", "duration": None}
    assert client.data(query) == {"pageCount": 2, "lastPage": last}
    client.data(END, id=ID, time="2026-03-01T09:40:07Z")
    assert client.data(query) == {"pageCount": 2, "lastPage": {**last, "duration": 7}}
