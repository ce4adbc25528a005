"""Retry-After is true wherever a rate is used up: whoever waits that long is served."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import httpx
import pytest

from app.access.authenticator import Authenticator
from resolvers.credentials import Issued
from tests.conftest import Clock
from tests.contract.whole import Whole, bearer, pair, signed

pytestmark = pytest.mark.anyio

Send = Callable[[Whole, Issued], Awaitable[httpx.Response]]


def get(path: str, headers: Callable[[Issued], dict[str, str]] = bearer) -> Send:
    """A client that sends the same GET again and again."""
    return lambda whole, issued: whole.http.get(path, headers=headers(issued))


def post(path: str, body: object, headers: Callable[[Issued], dict[str, str]] = bearer) -> Send:
    """And one that sends the same POST."""
    return lambda whole, issued: whole.http.post(path, json=body, headers=headers(issued))


CLIENTS = {
    "co-browse": get("/history/sessions/83d03970-c959-11e2-857d-082e5f12b9a1"),
    "remote support": lambda whole, issued: whole.http.get(
        "/get_session_history.php", params={"KEY": issued.key, "VARS": "ID"}
    ),
    "knowledge": get("/sessions/83d03970-c959-11e2-857d-082e5f12b9a1"),
    "chat": get("/api/2.0/chat/history", pair),
    "bot": post("/api/public/bot/st-1/getSessions", {}, signed),
    "every bot": post("/api/public/getSessions", {}, signed),
    "GraphQL": post("/graphql", {"query": "{ viewer { name } }"}),
}


@pytest.fixture
async def limited(whole: Whole, clock: Clock) -> AsyncIterator[Whole]:
    """The application with one request a minute, by a clock of the test's."""
    held, state = whole.app.state, whole.app.state.gateway
    settings = state.settings.model_copy(update={"rate": "1/minute", "bot_rate": "1/minute"})
    authenticator = Authenticator(state.store, settings, now=clock)
    held.gateway = replace(state, authenticator=authenticator)
    yield whole
    held.gateway = state


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_client_that_waits_is_served(limited: Whole, client: str, clock: Clock) -> None:
    """A second before the time is up it is still refused, at the time it is not."""
    send = CLIENTS[client]
    issued = await limited.issue("*:read", "*:write", bots=["st-1"])
    first = await send(limited, issued)
    served = first.status_code
    assert served in (200, 404)
    assert first.headers["ratelimit-policy"].endswith('-60s";q=1;w=60')
    assert first.headers["ratelimit"].endswith('-60s";r=0;t=60')
    clock.advance(seconds=20.25)
    refused = await send(limited, issued)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "40")
    assert refused.headers["ratelimit"].endswith('-60s";r=0;t=40')
    for seconds, status in ((39, 429), (1, served)):
        clock.advance(seconds=seconds)
        assert (await send(limited, issued)).status_code == status
