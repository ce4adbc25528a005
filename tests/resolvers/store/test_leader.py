"""The key that leads a search is the rarest one that could be counted."""

from typing import Any

import pytest

from resolvers import sessions
from resolvers.context import Context
from resolvers.errors import Timeout, Unavailable
from resolvers.request import EVERYTHING, All, Compare, Either, Filter, Operator, Search
from resolvers.store import leader
from resolvers.store.leader import led
from resolvers.store.store import Store
from resolvers.words import terms
from tests.conftest import KINDS_BY_NAME, mock_store

pytestmark = pytest.mark.anyio

BOT = KINDS_BY_NAME["bot"]
MINE = Compare((BOT.by_name["assignee"],), Operator.EQ, "a")


@pytest.fixture
async def filled(monkeypatch: pytest.MonkeyPatch) -> Context:
    """Three sessions with a frequent word, one of them with a rare one that is shorter."""
    monkeypatch.setattr(leader, "FEW", 0)
    context = Context(await mock_store())
    for note in ("frequent owl", "frequent", "frequent"):
        values = {"botId": "b", "channel": "c", "userId": "u", "note": note}
        await sessions.create(context, BOT, values)
    return context


def leaders(where: Filter) -> list[str]:
    """The leaders of a filter's searches, in order."""
    match where:
        case Search():
            return [where.leader]
        case All(parts) | Either(parts):
            return [key for part in parts for key in leaders(part)]
    return []


async def test_the_rarest(filled: Context) -> None:
    """Not the longest, which leads where nothing was counted."""
    where = Search(terms("frequent owl"))
    assert where.leader == "frequent"
    assert leaders(await led(filled.store, BOT, where)) == ["owl"]


async def test_within_other_conditions(filled: Context) -> None:
    """Every search that all sessions must meet has its leader; one below `or` has not."""
    one, other = Search(terms("frequent owl")), Search(terms("owl frequent owls"))
    where = All((MINE, All((one, MINE)), Either((other, one))))
    assert leaders(await led(filled.store, BOT, where)) == ["owl", "frequent", "frequent"]


@pytest.mark.parametrize("where", [EVERYTHING, MINE, Search(terms("owl")), Either((MINE,))])
async def test_nothing_to_choose(
    filled: Context, where: Filter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter without a choice stays as it is, and nothing is counted."""
    monkeypatch.setattr(Store, "run", None)
    assert await led(filled.store, BOT, where) is where


async def test_a_key_that_takes_too_long(filled: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts as frequent, and the search goes on."""

    async def late(_store: Store, work: Any, share: float) -> Any:
        assert share < 1
        work.close()
        raise Timeout("slow")

    monkeypatch.setattr(Store, "run", late)
    found = await led(filled.store, BOT, Search(terms("frequent owl")))
    assert leaders(found) == ["frequent"]


async def test_a_database_without_a_sign_of_life(
    filled: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may only be busy: nothing more is counted, and the read itself finds out."""
    counted = 0

    async def silent(_store: Store, work: Any, _share: float) -> Any:
        nonlocal counted
        counted += 1
        work.close()
        raise Unavailable("silent")

    monkeypatch.setattr(Store, "run", silent)
    found = await led(filled.store, BOT, Search(terms("frequent owl")))
    assert leaders(found) == ["frequent"]
    assert counted == 1


async def test_beginnings_do_not_lead(filled: Context) -> None:
    """Unless there is nothing else: many words begin alike."""
    assert leaders(await led(filled.store, BOT, Search(terms("owl* fr")))) == ["fr"]
    assert leaders(await led(filled.store, BOT, Search(terms("ow* freq*")))) == ["ow*"]
