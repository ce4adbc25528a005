"""GraphQL over HTTP: methods, media types, bodies, parameters, statuses, credentials."""

import asyncio
import json
from typing import Any
from unittest.mock import AsyncMock

import httpx
import pytest
from starlette.types import Message

from app.access.authenticator import Authenticator
from resolvers.errors import GatewayError, RateLimited, Unavailable
from tests.app.graphql_client import (
    CORRECT,
    GRAPHQL,
    JSON,
    TYPENAME,
    Door,
    code,
    error,
    open_door,
)

TWO = "query A { __typename } query B { __typename }"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def door() -> Door:
    return open_door()


def sent(door: Door, content: bytes, content_type: str | None = JSON) -> httpx.Response:
    """A POST of these bytes."""
    return door.request(content=content, headers={"content-type": content_type, "accept": GRAPHQL})


def test_post_answers(door: Door) -> None:
    """A query by POST."""
    response = door.post()
    assert (response.status_code, response.json()) == (200, CORRECT)
    assert response.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"


def test_get_answers(door: Door) -> None:
    """A query by GET, with variables and extensions as JSON texts."""
    query = "query ($id: String!) { botSession(sessionId: $id) { id } }"
    response = door.get(query=query, variables='{"id": "b"}', extensions="{}", operationName="")
    assert (response.status_code, response.json()) == (200, {"data": {"botSession": None}})


def test_head_answers_without_a_body(door: Door) -> None:
    """HEAD is GET without the body."""
    response = door.request("HEAD", params={"query": TYPENAME})
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(door.get(query=TYPENAME).content))


def test_options_names_the_methods(door: Door) -> None:
    """OPTIONS needs no key and says what is allowed."""
    response = door.request("OPTIONS", headers={"authorization": None})
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_other_methods(door: Door, method: str) -> None:
    """405 with Allow, in JSON."""
    response = door.request(method)
    assert code(response) == (405, "BAD_USER_INPUT")
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"


def test_mutation_by_get(door: Door) -> None:
    """GET changes nothing, known operation or not."""
    mutation = 'mutation { deleteBotSession(sessionId: "b") { deletedId } }'
    for _ in range(2):
        response = door.get(query=mutation)
        assert (code(response)[0], response.headers["allow"]) == (405, "POST")
        door.post(mutation)


@pytest.mark.parametrize(
    "accept", ["text/plain", "image/*", f"{JSON};q=0", f"{JSON};charset=latin1"]
)
def test_nothing_acceptable(door: Door, accept: str) -> None:
    """406, in JSON nevertheless."""
    response = door.post(accept=accept)
    assert code(response) == (406, "BAD_USER_INPUT")
    assert response.headers["content-type"].startswith(JSON)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
    ],
)
def test_other_bodies(door: Door, content_type: str | None) -> None:
    """415 for all that is not JSON in UTF-8: no form can be posted from another site."""
    body = json.dumps({"query": TYPENAME}).encode()
    assert code(sent(door, body, content_type)) == (415, "BAD_USER_INPUT")


def test_charset_in_quotes(door: Door) -> None:
    """UTF-8 however it is spelt."""
    body = json.dumps({"query": TYPENAME}).encode()
    assert sent(door, body, 'Application/JSON; Charset="UTF-8"').json() == CORRECT


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"query": "{ __typename }"',
        b"null",
        b'"text"',
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b'{"query": NaN}',
        b"\xff\xfe",
        '{"query": "{ __typename }"}'.encode("utf-16"),
        b'{"query": "\xff"}',
        b'{"query": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda body: repr(body[:30]),
)
def test_broken_bodies(door: Door, body: bytes) -> None:
    """400 for what is no JSON object in UTF-8."""
    assert code(sent(door, body)) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
@pytest.mark.parametrize(
    "members",
    [
        {"query": None},
        {"query": ""},
        {"query": "  "},
        {"query": 1},
        {"query": {}},
        {"variables": []},
        {"variables": "{}"},
        {"variables": 0},
        {"operationName": 1},
        {"operationName": ["A"]},
        {"extensions": "x"},
        {"extensions": []},
        {"documentId": 7},
    ],
    ids=str,
)
def test_wrong_types(door: Door, members: dict[str, Any], accept: str) -> None:
    """400 for parameters of the wrong type, whatever is accepted; one error names it."""
    response = door.request(json={"query": TYPENAME, **members}, headers={"accept": accept})
    assert code(response) == (400, "BAD_USER_INPUT")
    assert next(iter(members)).removesuffix("Id") in error(response)["message"]


@pytest.mark.parametrize(
    "address",
    ["query=%FF", "query={__typename}&query={a}", "variables={&query={__typename}", "a&" * 40, ""],
)
def test_broken_addresses(door: Door, address: str) -> None:
    """400 for parameters of an address that cannot be read, are given twice or are missing."""
    response = door.request("GET", f"/graphql?{address}", headers={"accept": GRAPHQL})
    assert code(response) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize("name", [None, "C"])
def test_no_single_operation(door: Door, name: str | None) -> None:
    """400 for several operations without a name, and for an unknown name; again when known."""
    for _ in range(2):
        response = door.post(TWO, operationName=name)
        assert code(response) == (400, "BAD_USER_INPUT")
        assert error(response)["argument"] == "operationName"
        assert door.post(TWO, operationName="B").json() == CORRECT


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($i: ID!) { node(id: $i) { id } }", "BAD_USER_INPUT"),
        ("subscription { x }", "BAD_USER_INPUT"),
        ("fragment F on Query { __typename }", "BAD_USER_INPUT"),
    ],
)
def test_refused_operations(door: Door, query: str, expected: str) -> None:
    """400, without data; 200 for clients that know `application/json` only."""
    for _ in range(2):
        assert code(door.post(query)) == (400, expected)
        assert code(door.post(query, accept=JSON)) == (200, expected)


def test_failed_field(door: Door) -> None:
    """200 with data and errors where the operation ran."""
    response = door.post('{ node(id: "nonsense") { id } }')
    body = response.json()
    assert (response.status_code, body["data"]) == (200, {"node": None})
    assert body["errors"][0]["path"] == ["node"]


def test_failed_list(door: Door) -> None:
    """200 with null in the list's place: it ran."""
    response = door.post("{ botSessions(first: -1) { nodes { id } } }")
    assert (response.status_code, response.json()["data"]) == (200, {"botSessions": None})


@pytest.mark.parametrize("accept", [BROWSER, "text/html"])
def test_browser_is_shown_graphiql(door: Door, accept: str) -> None:
    """Opened in a browser, the address leads to GraphiQL and keeps what it says."""
    response = door.request(
        "GET", "/graphql?theme=dark", headers={"accept": accept, "authorization": None}
    )
    assert (response.status_code, response.headers["location"]) == (307, "/graphiql?theme=dark")


def test_browser_may_ask(door: Door) -> None:
    """With a query in the address it is answered."""
    response = door.request("GET", params={"query": TYPENAME}, headers={"accept": BROWSER})
    assert response.json() == CORRECT


@pytest.mark.parametrize("key", [None, "Bearer wrong", "Basic eA=="])
def test_no_credential(door: Door, key: str | None) -> None:
    """401 with a challenge, before anything else is looked at."""
    response = door.request(content=b"{", headers={"authorization": key, "accept": GRAPHQL})
    assert code(response) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_key_in_its_own_header(door: Door) -> None:
    """X-API-Key is as good."""
    headers = {"authorization": None, "x-api-key": door.key}
    assert door.post(headers=headers).json() == CORRECT


@pytest.mark.parametrize(
    ("failure", "status", "retry"),
    [
        (RateLimited("More than 1 per hour.", retry_after=7), 429, "7"),
        (Unavailable("The database cannot be reached."), 503, "1"),
    ],
)
def test_not_now(
    monkeypatch: pytest.MonkeyPatch, door: Door, failure: GatewayError, status: int, retry: str
) -> None:
    """429 for too many requests, 503 where nobody can be recognised: with the seconds to wait."""
    monkeypatch.setattr(Authenticator, "limit", AsyncMock(side_effect=failure))
    response = door.post()
    assert code(response) == (status, failure.code)
    assert response.headers["retry-after"] == retry


def test_unforeseen_failure(monkeypatch: pytest.MonkeyPatch, door: Door) -> None:
    """500 without a word of what it was."""
    monkeypatch.setattr(Authenticator, "limit", AsyncMock(side_effect=KeyError("secret")))
    response = door.post()
    assert code(response) == (500, "INTERNAL")
    assert "secret" not in response.text


def test_too_large_body() -> None:
    """413, told by the announced length or, without one, as soon as it is crossed."""
    door = open_door(max_body_bytes=1024)
    body = json.dumps({"query": TYPENAME, "variables": {"a": "b" * 1024}}).encode()
    assert code(sent(door, body)) == (413, "LIMIT_EXCEEDED")

    async def chunks() -> Any:
        for start in range(0, len(body), 100):
            yield body[start : start + 100]

    headers = {"content-type": JSON, "accept": GRAPHQL}
    assert code(door.request(content=chunks(), headers=headers)) == (413, "LIMIT_EXCEEDED")


def exchange(door: Door, *messages: Message) -> list[Message]:
    """What is sent to a client of which these messages are received, and then nothing more."""

    async def run() -> list[Message]:
        waiting, answered = list(messages), list[Message]()

        async def receive() -> Message:
            return waiting.pop(0) if waiting else await asyncio.Future()

        async def send(message: Message) -> None:
            answered.append(message)

        headers = [
            (b"authorization", f"Bearer {door.key}".encode()),
            (b"content-type", b"application/json"),
        ]
        scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b""}
        await door.app({**scope, "headers": headers}, receive, send)
        return answered

    return asyncio.run(run())


def test_slow_body() -> None:
    """408 once the time is up, and the connection ends."""
    door = open_door(body_seconds=0.01)
    begun = {"type": "http.request", "body": b'{"query"', "more_body": True}
    start, body = exchange(door, begun)
    assert (start["status"], dict(start["headers"])[b"connection"]) == (408, b"close")
    assert json.loads(body["body"])["errors"][0]["extensions"]["code"] == "TIMEOUT"


def test_client_that_leaves(door: Door) -> None:
    """A body that breaks off runs nothing and gets no answer."""
    begun = {"type": "http.request", "body": b'{"query"', "more_body": True}
    assert exchange(door, begun, {"type": "http.disconnect"}) == []


def test_nothing_is_kept(door: Door) -> None:
    """Answers are for this client alone."""
    assert door.post().headers["cache-control"] == "no-store"


def test_an_answer_that_is_too_large(door: Door) -> None:
    """What was not counted while it was rendered is refused before it is sent."""
    small = open_door(max_answer_bytes=65_536)
    aliases = " ".join(f"{'a' * 900}{number}: __typename" for number in range(50))
    roots = " ".join(f"... on Query {{ {aliases.replace('a:', f'{n}:')} }}" for n in range(1))
    response = small.post(f"{{ {roots} viewer {{ {aliases} }} }}".replace("aa", "ab", 1))
    assert response.json()["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
