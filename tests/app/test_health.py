"""Readiness: of the database, on a connection of its own, whatever else goes on."""

import asyncio
from typing import Any

import httpx
import pytest

from app import health
from app.health import Readiness
from app.http import ending
from app.http.ending import Ending
from app.main import Gateway, create_app
from app.rest import VENDORS
from app.settings import Settings
from resolvers.errors import GatewayError, Timeout, Unavailable
from resolvers.store import driver
from tests.app.graphql_client import Door, open_door
from tests.conftest import DEADLINE
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.anyio


class Slow:
    """A database that answers when it is let go."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = asyncio.Event()
        self.fails: GatewayError | None = None

    async def require_readable(self, _store: Any, _kinds: Any) -> None:
        self.asked += 1
        await self.go.wait()
        if self.fails:
            raise self.fails


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    made = Slow()
    monkeypatch.setattr(health.reads, "require_readable", made.require_readable)
    return made


async def test_one_question_answers_all_who_ask(
    slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many probes cost the database one question a second; who asks later asks again."""
    ready = Readiness(None)  # type: ignore[arg-type]
    asking = [asyncio.create_task(ready()) for _ in range(5)]
    await asyncio.sleep(0)
    asking.pop().cancel()
    slow.go.set()
    assert await asyncio.gather(*asking) == [True] * 4
    slow.fails = Unavailable("It does not answer.")
    assert await ready() is True
    assert slow.asked == 1
    monkeypatch.setattr(health, "FRESH_SECONDS", 0)
    ready = Readiness(None)  # type: ignore[arg-type]
    assert [await ready(), await ready()] == [False, False]
    assert slow.asked == 3


async def test_a_slow_database_is_ready(slow: Slow) -> None:
    """It gave a sign of life: load is not a failure."""
    slow.go.set()
    slow.fails = Timeout("It did not finish.")
    assert await Readiness(None)() is True  # type: ignore[arg-type]


@pytest.fixture
def door() -> Door:
    """A gateway that serves nobody, but says how it is."""
    made = open_door()
    assert isinstance(made.app, Gateway)
    made.app.admission.allow(0)
    return made


def test_load_is_not_a_failure(door: Door) -> None:
    """Liveness and readiness are 200 while everything else is refused."""
    assert door.request("GET", "/healthz").status_code == 200
    assert door.request("GET", "/readyz").json() == {"status": "ok"}


def test_graphql_says_overload(door: Door) -> None:
    """Before the credential is looked up, in GraphQL's form, with the security headers."""
    answer = door.post(headers={"authorization": None})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["errors"][0]["extensions"]["code"] == "OVERLOADED"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_vendors_say_overload(door: Door, vendor: Any) -> None:
    """In the vendor's own shape, as every refusal."""
    path = f"{vendor.bases[0]}/nothing/here/at/all"
    shape = door.request("GET", path)
    assert isinstance(door.app, Gateway)
    door.app.admission.allow(10)
    unknown = door.request("GET", path)
    assert (shape.status_code, shape.headers["retry-after"]) == (503, "1")
    assert shape.headers["content-type"] == unknown.headers["content-type"]
    assert shape.text[:12] == unknown.text[:12]


async def test_an_announced_end_is_not_ready(door: Door) -> None:
    """503 before requests are turned away, so that balancers turn away first."""
    state = {ending.NAME: Ending()}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await door.app({**scope, "state": state}, receive, send)

    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.get("/readyz")).status_code == 200
        state[ending.NAME].announced = True
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": "ending"})
        assert (await client.get("/healthz")).status_code == 200


async def test_readiness_waits_for_no_connection(engine: WireEngine, database_name: str) -> None:
    """Without any connection of the requests' it is answered; their number follows the pool."""
    uri = f"{engine.uri}&maxPoolSize=4"
    settings = Settings(mongodb_uri=uri, mongodb_database=database_name, deadline_seconds=DEADLINE)
    app = create_app(settings)
    assert isinstance(app, Gateway)
    async with app.router.lifespan_context(app):
        assert (app.admission.pace, app.admission.most) == (2, 8)
        await driver.close(app.state.gateway.store.database.client)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            assert (await client.get("/readyz")).json() == {"status": "ok"}
