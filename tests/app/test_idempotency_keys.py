"""Mutations and vendors' writes with an Idempotency-Key: the same request has the same bytes."""

import asyncio
from typing import Any

import httpx
import pytest

from resolvers import sessions
from resolvers.errors import Timeout
from resolvers.store import idempotency, write
from tests.app.graphql_client import GRAPHQL, Door, open_door
from tests.app.rest.gateway import KEY, Gateway

CREATE = """mutation ($note: String) { createChatSession(input: {note: $note}) {
  session { sessionId note revision } errors { code } } }"""
ERASE = """mutation { eraseCustomer(by: {customerId: "17"}, mode: DELETE, dryRun: false) {
  complete errors { message } } }"""
ERASING = ("*:read", "*:write", "pii:read", "customer:erase")
KEYED = {"idempotency-key": "k2"}
HEADERS = {"authorization": f"Bearer {KEY}"}


@pytest.fixture
def door() -> Door:
    return open_door()


def create(door: Door, key: str | None = "k", note: str = "a", **headers: str) -> httpx.Response:
    """A creation that stores another session each time it is carried out."""
    given = {"idempotency-key": key, **headers}
    return door.post(CREATE, variables={"note": note}, headers=given)


def code(response: httpx.Response) -> str:
    """Of its only error."""
    (error,) = response.json()["errors"]
    return str(error["extensions"]["code"])


def count(door: Door) -> int:
    rows = door.app.state.gateway.store.database["chat_sessions"]
    return int(asyncio.run(rows.count_documents({})))


def test_a_mutation_is_carried_out_once(door: Door) -> None:
    """The repetition has the same bytes, and says that it is one."""
    first, second = create(door), create(door, '"k"')
    assert first.json()["data"]["createChatSession"]["errors"] == []
    assert (second.content, second.status_code) == (first.content, 200)
    assert second.headers["content-type"] == first.headers["content-type"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert count(door) == 1


def test_other_keys_and_none(door: Door) -> None:
    """Each of these is a change of its own."""
    for key in ("a", "b", None, None):
        create(door, key)
    assert count(door) == 4


def test_another_request_is_refused_by_name(door: Door) -> None:
    """Other variables, or another text."""
    create(door)
    for refused in (
        create(door, note="b"),
        door.post(CREATE + " ", variables={"note": "a"}, headers={"idempotency-key": "k"}),
    ):
        assert (refused.status_code, code(refused)) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert count(door) == 1


def test_refusals_are_repeated(door: Door) -> None:
    """Their bytes too, with the first request's id."""
    query = 'mutation { updateChatSession(sessionId: "x", id: "y", input: {}) { errors { code } } }'
    first, second = (door.post(query, headers={"idempotency-key": "k"}) for _ in range(2))
    assert code(first) == "BAD_USER_INPUT"
    assert second.content == first.content


def test_passing_failures_are_not(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """The repetition is carried out."""

    async def slow(*_: Any) -> None:
        raise Timeout("slow")

    with monkeypatch.context() as patched:
        patched.setattr(write, "create", slow)
        assert code(create(door)) == "TIMEOUT"
    assert create(door).json()["data"]["createChatSession"]["errors"] == []
    assert count(door) == 1


def test_contention_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """What others keep changing may be changed later: the repetition is carried out."""
    door = open_door(ERASING)
    session_id = create(door).json()["data"]["createChatSession"]["session"]["sessionId"]
    update = f"""mutation {{ updateChatSession(sessionId: "{session_id}", input: {{note: "b"}}) {{
      session {{ note }} errors {{ code }} }} }}"""

    async def lost(*_: Any) -> bool:
        return False

    with monkeypatch.context() as patched:
        patched.setattr(sessions, "_replace", lost)
        assert code(door.post(update, headers=KEYED)) == "UNAVAILABLE"
    again = door.post(update, headers=KEYED)
    assert again.json()["data"]["updateChatSession"]["session"] == {"note": "b"}


def test_what_is_not_complete_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same request carries on with an erasure that had no time for all; then it is done."""
    door = open_door(ERASING)
    door.post('mutation { createKnowledgeSession(input: {customerId: "17"}) { errors { code } } }')
    monkeypatch.setattr("resolvers.erasure._Work._over", True)
    complete: list[bool] = []
    for _ in range(2):
        answer = door.post(ERASE, headers=KEYED)
        complete.append(answer.json()["data"]["eraseCustomer"]["complete"])
        assert "idempotency-replayed" not in answer.headers
        monkeypatch.setattr("resolvers.erasure._Work._over", False)
    assert complete == [False, True]
    assert "idempotency-replayed" in door.post(ERASE, headers=KEYED).headers


@pytest.mark.parametrize("key", ["", "two words", "x" * 256])
def test_what_is_no_key(door: Door, key: str) -> None:
    """Named, and nothing is changed."""
    refused = create(door, key)
    assert (refused.status_code, code(refused)) == (400, "BAD_USER_INPUT")
    assert "Idempotency-Key" in refused.json()["errors"][0]["message"]
    assert count(door) == 0


def test_queries_need_none(door: Door) -> None:
    """A key with a query is not looked at: it changes nothing."""
    for query in ("{ __typename }", "{ viewer { name } }", "{ nonsense", "{ a"):
        response = door.post(query, headers={"idempotency-key": "not a key"})
        assert "Idempotency-Key" not in response.text
    store = door.app.state.gateway.store
    assert asyncio.run(store.database[idempotency.COLLECTION].count_documents({})) == 0


def test_a_page_of_another_site_may_send_it(door: Door) -> None:
    """The preflight allows it, and the answer's header can be read."""
    origin = {"origin": "http://localhost:3000", "access-control-request-method": "POST"}
    asked = {"access-control-request-headers": "content-type, idempotency-key"}
    allowed = open_door(cors_origins="loopback").request("OPTIONS", headers={**origin, **asked})
    assert "idempotency-key" in allowed.headers["access-control-allow-headers"]
    assert "Idempotency-Replayed" in allowed.headers["access-control-expose-headers"]


@pytest.mark.parametrize("wide", [True, False])
def test_answers_that_may_show_other_sessions(door: Door, wide: bool) -> None:
    """They go with any erasure."""
    rest = "query { viewer { name } }" if wide else ""
    query = f"mutation {{ createChatSession(input: {{}}) {{ session {{ id }} {rest} }} }}"
    door.post(query, headers={"idempotency-key": "k"})
    rows = door.app.state.gateway.store.database[idempotency.COLLECTION]
    row = asyncio.run(rows.find_one({}))
    assert (row["sessions"][0] == "*", len(row["sessions"])) == (wide, 1 + wide)


def put(gateway: Gateway, **headers: str) -> httpx.Response:
    """A new knowledge session by the vendor's URL."""
    given = {**HEADERS, "idempotency-key": "k", **headers}
    return gateway.request("PUT", "/sessions/new", headers=given)


def test_a_vendors_write_is_carried_out_once() -> None:
    """The same bytes; another customer is another request, refused in the vendor's shape."""
    gateway = Gateway()
    first, second = put(gateway, gkc_customerId="C-1"), put(gateway, gkc_customerId="C-1")
    assert first.status_code == second.status_code == 200
    assert second.content == first.content
    assert second.headers["content-type"] == first.headers["content-type"]
    assert second.headers["idempotency-replayed"] == "true"
    refused = put(gateway, gkc_customerId="C-2")
    assert (refused.status_code, refused.json()["statusCode"]) == (422, 422)
    assert "another request" in refused.json()["errorMessage"]


def test_a_vendors_read_by_post_needs_none() -> None:
    """A key is not looked at."""
    gateway = Gateway()
    headers = {"auth": KEY, "idempotency-key": "not a key"}
    answer = gateway.request("POST", "/api/public/getSessions", headers=headers, json={})
    assert "Idempotency-Key" not in answer.text


def test_graphql_media_type() -> None:
    """The repetition is told the first one's type."""
    door = open_door()
    first = create(door)
    second = create(door, accept="application/json")
    assert first.headers["content-type"].startswith(GRAPHQL)
    assert second.headers["content-type"] == first.headers["content-type"]
