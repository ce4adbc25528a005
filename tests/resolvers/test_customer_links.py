"""Links between a customer's identifiers: transitive, taken back, safe at the same time."""

import asyncio
import random
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mongomock_motor import AsyncMongoMockClient

from resolvers import customers, sessions
from resolvers.context import Context
from resolvers.customers import CustomerRead
from resolvers.identifiers import Identifier, IdentifierType
from resolvers.store import customer_links
from resolvers.store.customer_links import COLLECTION
from resolvers.store.store import Store
from tests.conftest import KINDS_BY_NAME, NOW, Clock, OpenStore, prepared
from tests.properties import examples

pytestmark = pytest.mark.anyio
T = TypeVar("T")

ONE_FIXTURE = [HealthCheck.function_scoped_fixture]

NAMES = "abcdefg"
KINDS = tuple(KINDS_BY_NAME.values())
CHAT = KINDS_BY_NAME["chat"]
Step = tuple[str, tuple[str, ...]]
"""A verb, and the customer ids that it is about."""
STEPS = st.tuples(
    st.sampled_from(["link", "unlink"]),
    st.lists(st.sampled_from(NAMES), min_size=2, max_size=3, unique=True).map(tuple),
)


class KilledError(Exception):
    """Stands for the end of a process."""


@dataclass(frozen=True, slots=True)
class Process(Store):
    """A store of a process of its own, which shares no locks with others and may be killed."""

    dice: random.Random = field(default_factory=lambda: random.Random(0))
    commands_left: list[int] = field(default_factory=lambda: [1000])

    async def run(self, work: Awaitable[T]) -> T:
        """Other tasks may come first; after the last command nothing happens any more."""
        for _ in range(self.dice.randrange(4)):
            await asyncio.sleep(0)
        if self.commands_left[0] <= 0:
            work.close()  # type: ignore[attr-defined]  # a coroutine
            raise KilledError
        self.commands_left[0] -= 1
        return await work


def ids(names: Sequence[str]) -> list[Identifier]:
    return [Identifier(IdentifierType.CUSTOMER_ID, name) for name in names]


def mail(value: str) -> Identifier:
    return Identifier(IdentifierType.EMAIL, value)


async def take(context: Context, step: Step) -> None:
    verb, names = step
    await (customers.link if verb == "link" else customers.unlink)(context, ids(names))


async def groups(context: Context) -> frozenset[frozenset[str]]:
    """Who is linked, as it is read."""
    found = [await customers.linked_with(context, one) for one in ids(NAMES)]
    return frozenset(frozenset(one.value for one in group) for group in found)


def model(before: frozenset[frozenset[str]], steps: Sequence[Step]) -> frozenset[frozenset[str]]:
    """The same by the definition."""
    found = set(before)
    for verb, names in steps:
        touched = {group for group in found if group & set(names)}
        found -= touched
        if verb == "link":
            found.add(frozenset().union(*touched))
        else:
            found |= {group - set(names) for group in touched} - {frozenset()}
            found |= {frozenset(name) for name in names}
    return frozenset(found)


ALONE = frozenset(frozenset(name) for name in NAMES)


def database() -> Any:
    return AsyncMongoMockClient(tz_aware=False)["sessions"]


def process(shared: Any, seed: int = 0, commands: int = 1000) -> Context:
    return Context(Process(shared, 5.0, dice=random.Random(seed), commands_left=[commands]))


@settings(max_examples=examples(60), deadline=None)
@given(steps=st.lists(STEPS, max_size=12))
def test_any_sequence_equals_the_model(steps: list[Step]) -> None:
    """What is read after each step is the transitive closure of what was linked."""

    async def run() -> None:
        context, expected = process(database()), ALONE
        for step in steps:
            await take(context, step)
            expected = model(expected, [step])
            assert await groups(context) == expected

    asyncio.run(run())


STORED = st.lists(st.lists(st.sampled_from(NAMES), min_size=2, max_size=3, unique=True), max_size=4)
"""Groups as simultaneous links of new identifiers leave them: they may overlap."""


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a process that is about to close a group: more of them meet."""
    monkeypatch.setattr(customer_links, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(customer_links, "PATIENCE", 0)


async def stored(shared: Any, overlapping: list[list[str]]) -> frozenset[frozenset[str]]:
    """Store groups as they are; who is linked by them."""
    for place, names in enumerate(overlapping):
        rows = [customers._stored(process(shared), one, NOW) for one in ids(names)]
        row = {"_id": str(place), "revision": 1, "identifiers": rows, "closed": []}
        await shared[COLLECTION].insert_one(row)
    return await groups(process(shared))


def parts(step: Step, start: frozenset[frozenset[str]]) -> list[Step]:
    """What of a step is done as a whole: all of a link, and each group of an unlinking."""
    verb, names = step
    if verb == "link":
        return [step]
    return [(verb, tuple(both)) for group in start if (both := group & set(names))]


def outcomes(start: frozenset[frozenset[str]], steps: list[Step]) -> set[Any]:
    """What these steps may leave, in any order."""
    reached = {frozenset(range(len(steps))): {start}}
    for _ in steps:
        after: dict[frozenset[int], set[Any]] = {}
        for rest, states in reached.items():
            for nth in rest:
                left = {model(state, [steps[nth]]) for state in states}
                after.setdefault(rest - {nth}, set()).update(left)
        reached = after
    return reached[frozenset()]


@pytest.mark.usefixtures("hurried")
@settings(max_examples=examples(60), deadline=None, suppress_health_check=ONE_FIXTURE)
@given(
    overlapping=STORED,
    steps=st.lists(STEPS, min_size=2, max_size=3),
    seed=st.integers(0, 10**6),
)
def test_at_the_same_time(overlapping: list[list[str]], steps: list[Step], seed: int) -> None:
    """Several processes at once leave what they would have left one after another."""

    async def run() -> None:
        shared = database()
        start = await stored(shared, overlapping)
        await asyncio.gather(
            *(take(process(shared, seed + nth), step) for nth, step in enumerate(steps))
        )
        allowed = {model(start, order) for order in permutations(steps)}
        allowed |= outcomes(start, [part for step in steps for part in parts(step, start)])
        assert await groups(process(shared)) in allowed

    asyncio.run(run())


@pytest.mark.usefixtures("hurried")
@settings(max_examples=examples(60), deadline=None, suppress_health_check=ONE_FIXTURE)
@given(
    overlapping=STORED,
    killed=STEPS,
    commands=st.integers(0, 20),
    after=STEPS,
)
def test_killed_at_any_command(
    overlapping: list[list[str]], killed: Step, commands: int, after: Step
) -> None:
    """A step is there as a whole, in each group, or not at all; it does not hinder the next one."""

    async def run() -> None:
        shared = database()
        start = await stored(shared, overlapping)
        with suppress(KilledError):
            await take(process(shared, commands=commands), killed)
        left = await groups(process(shared))
        done = parts(killed, start)
        orders = list(permutations(done))
        assert left in {model(start, order[:n]) for order in orders for n in range(len(done) + 1)}
        await take(process(shared), after)
        assert await groups(process(shared)) == model(left, [after])
        await take(process(shared), ("unlink", tuple(NAMES)))
        rows = await shared[COLLECTION].find().to_list(None)
        assert [row for row in rows if row["identifiers"]] == []

    asyncio.run(run())


@pytest.mark.parametrize(
    ("step", "after", "commands"),
    [
        (("unlink", ("a", "x")), ["bc"], 4),  # two finds, the mark, the update that decides
        (("link", ("a", "d")), ["abcd"], 4),
    ],
    ids=["unlink", "link"],
)
async def test_one_update_decides(step: Step, after: list[str], commands: int) -> None:
    """Before it nothing is done, and from then on everything."""
    for number in range(commands + 4):
        shared = database()
        await stored(shared, [["a", "b"], ["a", "c"]])
        with suppress(KilledError):
            await take(process(shared, commands=number), step)
        linked = {group for group in await groups(process(shared)) if len(group) > 1}
        wanted = ["abc"] if number < commands else after
        assert linked == {frozenset(names) for names in wanted}, number


async def test_on_every_engine(context: Context) -> None:
    """Linked, made one of several groups, found, and taken out again."""
    for value in ("a", "b"):
        chat = {"visitor": {"name": value, "emailAddress": f"{value}@X.org"}}
        await sessions.create(context, CHAT, {"sessionId": value, **chat})
    for pair in ("ab", "cd", "ef"):
        await customers.link(context, ids(pair))
    shown = await customers.link(context, [*ids("bcf"), mail("A@x.org"), mail("B@x.org")])
    assert [one.value for one in shown] == [*"abcdef", "A@x.org", "B@x.org"]
    found = await customers.find(context, KINDS, ids("e")[0], CustomerRead(names=True))
    assert found is not None
    assert sorted(found.names) == ["a", "b"]
    left = await customers.unlink(context, [*ids("abcde"), mail("b@x.org")])
    assert [one.value for one in left] == ["f", "A@x.org"]
    found = await customers.find(context, KINDS, ids("f")[0], CustomerRead(names=True))
    assert found is not None
    assert found.names == ["a"]
    assert await context.store.database[COLLECTION].count_documents({}) == 1


async def test_processes_meet_on_an_engine(open_store: OpenStore) -> None:
    """Many links of the same identifiers at once, by stores that share no lock, are all kept."""
    stores = [await prepared(await open_store()) for _ in range(4)]
    pairs = ["ab", "bc", "cd", "de", "ef", "fg"]
    await asyncio.gather(
        *(
            customers.link(Context(stores[nth % 4], now=Clock()), ids(pair))
            for nth, pair in enumerate(pairs * 2)
        )
    )
    assert await groups(Context(stores[0])) == {frozenset(NAMES)}
    await asyncio.gather(*(customers.unlink(Context(store), ids("abcd")) for store in stores))
    assert await groups(Context(stores[0])) == model(ALONE, [("link", tuple("efg"))])
