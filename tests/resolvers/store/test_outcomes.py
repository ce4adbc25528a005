"""What the failure of a write says of its outcome."""

import asyncio
from typing import Any

import pytest
from graphql import GraphQLError
from pymongo.errors import AutoReconnect

from resolvers.errors import GatewayError, Invalid, Timeout, Unavailable
from resolvers.store.store import Store
from schema.errors import formatted
from tests.timing import limit

pytestmark = pytest.mark.anyio


class Alive:
    """A database that answers pings."""

    async def command(self, *_: Any) -> dict[str, Any]:
        return {"ok": 1}


async def slow() -> None:
    await asyncio.sleep(limit(60))


async def lost() -> None:
    raise AutoReconnect("the answer was lost")


async def refused() -> None:
    raise Invalid("no")


@pytest.mark.parametrize(("write", "code"), [(slow, Timeout), (lost, Unavailable)])
async def test_a_write_that_began_is_unknown(write: Any, code: type[GatewayError]) -> None:
    """Both codes say so, and suggest nothing that could make the change twice."""
    with pytest.raises(code) as failed:
        await Store(Alive(), deadline=limit(0.1)).change(write)
    assert failed.value.details == {"outcome": "UNKNOWN"}
    assert "Idempotency-Key" in failed.value.message
    assert "Try again" not in failed.value.message


async def test_a_write_that_never_began_says_nothing() -> None:
    """The request's time was over before."""
    store = Store(Alive(), deadline=limit(0.1)).within(0.0)
    with pytest.raises(Timeout, match="not begun") as failed:
        await store.change(slow)
    assert failed.value.details == {}


async def test_a_read_says_nothing() -> None:
    """It changes nothing."""
    with pytest.raises(Unavailable) as failed:
        await Store(Alive(), deadline=limit(0.1)).run(lost())
    assert failed.value.details == {}


async def test_a_refusal_is_an_answer() -> None:
    """Nothing was made, and that is known."""
    with pytest.raises(Invalid, match="no"):
        await Store(Alive(), deadline=limit(0.1)).change(refused)


def test_graphql_shows_it() -> None:
    """In the error's extensions."""
    error = GraphQLError("x", original_error=Timeout("x", outcome="UNKNOWN"))
    assert formatted(error)["extensions"] == {"code": "TIMEOUT", "outcome": "UNKNOWN"}
