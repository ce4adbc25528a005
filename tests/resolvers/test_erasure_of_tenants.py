"""Erasing a customer whom several tenants know: each tenant's links, and theirs alone."""

from dataclasses import replace

import pytest
from mongomock_motor import AsyncMongoMockClient

from resolvers import customers, sessions
from resolvers.access import Caller
from resolvers.context import Context
from resolvers.erasure import Mode, erase
from resolvers.identifiers import Identifier, IdentifierType
from resolvers.rebuild import outdated
from resolvers.store import customer_links
from tests.conftest import prepared
from tests.resolvers.erased import KINDS, KilledError
from tests.resolvers.test_erasure import SECONDS, mortal, whole

pytestmark = pytest.mark.anyio
CHAT = next(kind for kind in KINDS if kind.name == "chat")
IDS = [Identifier(IdentifierType.EMAIL, f"ada{number}@example.org") for number in range(4)]


def of(context: Context, *tenants: str) -> Context:
    """The same surroundings, for a caller that may do everything for these tenants."""
    caller = Caller("limited", frozenset({"admin"}), tenants=frozenset(tenants))
    return replace(context, caller=caller)


@pytest.fixture(autouse=True)
async def marked(context: Context) -> None:
    """This version stored everything: addresses find all sessions."""
    await outdated(context.store, KINDS)


async def known_by(context: Context, tenant: str, *ids: Identifier) -> None:
    """A session of the last of the ids, and links between all of them."""
    given = {"sessionId": f"of-{tenant}", "visitor": {"emailAddress": ids[-1].value}}
    await sessions.create(of(context, tenant), CHAT, given)
    await customers.link(of(context, tenant), ids)


async def left(context: Context) -> tuple[int, int]:
    """How many sessions and groups of links are stored."""
    database = context.store.database
    names = (CHAT.collection, customer_links.COLLECTION)
    sessions_, groups = [await database[name].count_documents({}) for name in names]
    return sessions_, groups


async def test_one_tenant_erases_its_own(context: Context) -> None:
    """The other's session and links of the same person stay, and are not counted."""
    await known_by(context, "acme", IDS[0], IDS[1])
    await known_by(context, "globex", IDS[0], IDS[1])
    acme = of(context, "acme")
    erased = await erase(acme, KINDS, IDS[0], Mode.DELETE, dry_run=False, seconds=SECONDS)
    assert (erased.complete, erased.limited, erased.identifiers) == (True, False, 2)
    assert await left(context) == (1, 1)


async def test_who_is_not_limited_erases_all(context: Context) -> None:
    """Also where only another tenant's links lead."""
    await known_by(context, "acme", IDS[0], IDS[1])
    await known_by(context, "globex", IDS[1], IDS[2])
    assert (await whole(context, IDS[0])).complete
    assert await left(context) == (0, 0)


async def test_killed_between_tenants() -> None:
    """Wherever it is killed, the same identifier still leads to what is left."""
    for commands in range(1, 200):
        database = AsyncMongoMockClient(tz_aware=False)["sessions"]
        context = await mortal(database=database)
        await prepared(context.store)
        await outdated(context.store, KINDS)
        for number, tenant in enumerate(("acme", "globex", "initech")):
            await known_by(context, tenant, IDS[number], IDS[number + 1])
        try:
            await whole(await mortal(commands, database=database), IDS[0])
        except KilledError:
            assert (await whole(context, IDS[0])).complete
            assert await left(context) == (0, 0)
        else:
            return
    raise AssertionError("it was killed each time")
