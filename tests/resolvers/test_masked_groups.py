"""Statistics by identifiers, for those who may not see an e-mail address in one."""

import pytest

from resolvers import sessions, statistics
from resolvers.access import Caller
from resolvers.context import Context
from resolvers.errors import Forbidden
from resolvers.groups import Figure, Question, Ranking, groupable
from resolvers.masks import MASK
from resolvers.request import EVERYTHING
from tests.conftest import KINDS_BY_NAME

pytestmark = pytest.mark.anyio

BOT = KINDS_BY_NAME["bot"]
BY_USER = groupable(BOT.columns)["userId"]
USERS = ("ada@x.example", "u-1", "bo@x.example", "ada@x.example", "zed")


async def counts(context: Context, caller: Caller, *order: Ranking) -> list[tuple[str, int]]:
    """The groups by user, in their order, each with its number."""
    asking = Context(store=context.store, now=context.now, caller=caller)
    question = Question(where=EVERYTHING, group_by=(BY_USER,), order=order)
    found = await statistics.of_kind(asking, BOT, question)
    return [(group.keys[0], group.count) for group in found.groups]


@pytest.fixture
async def stored(context: Context) -> Context:
    """A session of each user."""
    for place, user in enumerate(USERS):
        values = {"botId": "b", "channel": "c", "userId": user, "sessionId": f"s{place}"}
        await sessions.create(context, BOT, values)
    return context


async def test_masked_keys_are_one_group(stored: Context) -> None:
    """Neither how many addresses there are, nor their place among the others, is shown."""
    reader = Caller("reader", frozenset({"bot:read"}))
    by_key = Ranking(Figure.KEY)
    assert await counts(stored, reader, by_key) == [(MASK, 3), ("u-1", 1), ("zed", 1)]


async def test_who_may_see_them_has_all_groups(stored: Context) -> None:
    """With the scope, each user is a group."""
    seeing = Caller("seeing", frozenset({"bot:read", "pii:read"}))
    assert dict(await counts(stored, seeing)) == {user: USERS.count(user) for user in USERS}


async def test_masked_identifiers_are_not_grouped_by(stored: Context) -> None:
    """Where the gateway masks all of them."""
    strict = Caller("strict", frozenset({"bot:read"}), masks_identifiers=True)
    with pytest.raises(Forbidden, match="userId is an identifier"):
        await counts(stored, strict)
