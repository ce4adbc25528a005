"""Erasing a person: nothing of them is left, nobody else's changes, and a kill changes nothing."""

import random
from itertools import count
from typing import Any

import pytest
from mongomock_motor import AsyncMongoMockClient

from resolvers.context import Context
from resolvers.erasure import Erased, Mode, erase
from resolvers.identifiers import Identifier
from tests.conftest import DEADLINE, prepared
from tests.resolvers.erased import (
    KINDS,
    KilledError,
    Mortal,
    everything,
    plant,
    theirs,
    traces,
)
from tests.timing import limit

pytestmark = pytest.mark.anyio
SECONDS = limit(30)
every_mode = pytest.mark.parametrize("mode", list(Mode))


async def whole(
    context: Context, by: Identifier, mode: Mode = Mode.DELETE, dry_run: bool = False
) -> Erased:
    """As much as one request does."""
    return await erase(context, KINDS, by, mode, dry_run=dry_run, seconds=SECONDS)


async def mortal(commands: int = 100_000, seed: int = 0, database: Any = None) -> Context:
    """A process over a database in memory."""
    made = database if database is not None else AsyncMongoMockClient(tz_aware=False)["sessions"]
    dice = random.Random(seed)
    return Context(Mortal(made, DEADLINE, dice=dice, commands_left=[commands]))


def numbers(erased: Erased) -> Any:
    """What is counted."""
    kinds = {one.kind.name: (one.own, one.beside) for one in erased.kinds}
    return kinds, erased.search_entries, erased.reservations, erased.identifiers


async def test_planting_is_found(context: Context) -> None:
    """The values are there before, in more places than sessions: links and a reservation."""
    planted = await plant(context)
    found = {name for name, _ in theirs(await everything(context.store), planted.planted)}
    assert found >= {kind.collection for kind in KINDS} | {"customer_links", "claims"}


@every_mode
async def test_nothing_is_left(context: Context, mode: Mode) -> None:
    """No value of the person is in any document; every document of another one is as it was."""
    other = await plant(context, first=2000)
    before = theirs(await everything(context.store), other.planted)
    planted = await plant(context)
    erased = await whole(context, planted.by, mode)
    after = await everything(context.store)
    assert list(traces(after, planted.planted)) == []
    assert theirs(after, other.planted) == before
    assert erased.complete
    assert erased.remaining == 0


@every_mode
async def test_a_dry_run_counts_what_is_done(context: Context, mode: Mode) -> None:
    """And changes nothing."""
    planted = await plant(context)
    before = await everything(context.store)
    counted = await whole(context, planted.by, mode, dry_run=True)
    assert await everything(context.store) == before
    done = await whole(context, planted.by, mode)
    assert numbers(counted) == numbers(done)
    assert counted.complete
    assert sum(sum(one) for one in numbers(done)[0].values()) == len(KINDS)
    assert done.reservations == [name for name, _ in before].count("claims") > 0
    assert done.search_entries > len(KINDS)
    assert done.identifiers >= len(KINDS) - 1


async def test_repeating_does_nothing(context: Context) -> None:
    """It is complete, with nothing counted."""
    planted = await plant(context)
    await whole(context, planted.by)
    again = await whole(context, planted.by)
    assert again.complete
    assert again.changed == 0


@every_mode
async def test_killed_at_any_point(mode: Mode) -> None:
    """Repeating by the same identifier completes it: nothing is left, and nobody else's changes."""
    database = AsyncMongoMockClient(tz_aware=False)["sessions"]
    first = await mortal(database=database)
    await prepared(first.store)
    other = await plant(first, first=2000)
    before = theirs(await everything(first.store), other.planted)
    for seed in count():
        planted = await plant(first, first=50 * len(KINDS))
        dice, killed = random.Random(seed), 0
        while True:
            # Each attempt may come further, so that the last one comes to its end.
            context = await mortal(dice.randrange(1, 40 + 10 * killed), seed, database)
            try:
                assert (await whole(context, planted.by, mode)).complete
                break
            except KilledError:
                killed += 1
        after = await everything(first.store)
        assert list(traces(after, planted.planted)) == []
        assert theirs(after, other.planted) == before
        if killed and seed >= 3:
            break
