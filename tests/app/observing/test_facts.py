"""What a request is known by, over GraphQL, a vendor's URLs and the rest."""

import asyncio
from typing import Any

import pytest
from httpx import Response

from app.observing.facts import SCOPE
from resolvers.request_facts import RequestFacts
from tests.app.graphql_client import Door, open_door

ID = {"x-request-id": "desk-17"}
BOT = "/api/public/bot/st-1/getSessions"


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> tuple[Door, list[RequestFacts]]:
    """The whole application, and the facts of each request that it answered."""
    door, facts = open_door(), []
    within = door.app.entrance  # type: ignore[attr-defined]  # Gateway's own

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        await within(scope, receive, send)
        facts.append(scope.get(SCOPE))

    monkeypatch.setattr(door.app, "entrance", noting)
    return door, facts


def ids(response: Response) -> list[str]:
    """Of the header, and of each error in the body."""
    errors = response.json().get("errors", [])
    found = [error["extensions"]["requestId"] for error in errors]
    return [response.headers["x-request-id"], *found]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("query Mine { botSessions(first: 501) { totalCount } }", "BAD_USER_INPUT"),
        ("query Mine { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query Mine {", "GRAPHQL_PARSE_FAILED"),
    ],
)
def test_graphql(noted: tuple[Door, list[RequestFacts]], query: str, code: str) -> None:
    """The operation's name, the credential and the codes; the id is in each error, each time."""
    door, facts = noted
    for id_ in ("desk-17", "desk-18"):
        response = door.post(query, headers={"x-request-id": id_})
        assert ids(response) == [id_, id_]
        seen = facts.pop()
        named = "" if code == "GRAPHQL_PARSE_FAILED" else "Mine"
        assert (seen.id, seen.api, seen.operation, seen.codes) == (id_, "graphql", named, [code])
        assert seen.credential


def test_without_a_credential(noted: tuple[Door, list[RequestFacts]]) -> None:
    """Nobody is named, and the id is there all the same."""
    door, facts = noted
    response = door.post(headers={"authorization": None, **ID})
    assert ids(response) == ["desk-17", "desk-17"]
    assert (facts[0].credential, facts[0].codes) == ("", ["UNAUTHENTICATED"])


def test_vendor(noted: tuple[Door, list[RequestFacts]]) -> None:
    """The route stands for the path; the vendor's own answer has the id in its header alone."""
    door, facts = noted
    response = door.request("POST", BOT, headers=ID)
    assert (response.headers["x-request-id"], "desk-17" in response.text) == ("desk-17", False)
    assert (facts[0].api, facts[0].operation, facts[0].codes) == (
        "rest:bot",
        "POST /api/public/bot/{BotID}/getSessions",
        ["UNAUTHENTICATED"],
    )


@pytest.mark.parametrize(
    "headers", [{}, {"host": "evil.example"}, {"origin": "https://evil.example"}]
)
def test_the_rest(noted: tuple[Door, list[RequestFacts]], headers: dict[str, str]) -> None:
    """Unknown addresses, hosts and origins are refused with the id, too."""
    door, facts = noted
    response = door.request("GET", "/nowhere", headers={**ID, **headers})
    assert ids(response) == ["desk-17", "desk-17"]
    assert (facts[0].api, len(facts[0].codes)) == ("pages", 1)


def test_context_has_them() -> None:
    """For whatever the resolvers write down: the audit trail."""
    door = open_door()
    facts = RequestFacts("desk-17")
    state = door.app.state.gateway
    assert state.context(facts=facts).facts is facts
    assert asyncio.run(asyncio.sleep(0, facts.credential)) != ""
