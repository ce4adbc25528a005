"""One suite for every kind over every engine: the verbs do what they say, and nothing more."""

from typing import Any

import pytest

from resolvers import sessions
from resolvers.context import Context
from resolvers.errors import AlreadyExists, Invalid, NotFound
from resolvers.kind import Document, Kind
from resolvers.request import Compare, Operator, Read, Window
from resolvers.store.store import Store
from resolvers.values import check_session_id
from tests.conftest import KINDS_BY_NAME, NOW, Clock
from tests.kinds import EXAMPLES
from tests.kinds.sample import Example

pytestmark = pytest.mark.anyio


@pytest.fixture(params=sorted(KINDS_BY_NAME))
def kind(request: pytest.FixtureRequest) -> Kind:
    """Every kind."""
    return KINDS_BY_NAME[request.param]


@pytest.fixture
def example(kind: Kind) -> Example:
    """A session of the kind."""
    return EXAMPLES[kind.name]


async def create(context: Context, kind: Kind, **more: Any) -> Document:
    return await sessions.create(context, kind, {**EXAMPLES[kind.name].values, **more})


async def test_created_session_is_found_as_it_was_returned(context: Context, kind: Kind) -> None:
    """What create returns is what is stored."""
    created = await create(context, kind)
    assert await sessions.get(context, kind, created["_id"]) == created


async def test_given_id_is_kept(context: Context, kind: Kind, example: Example) -> None:
    """An id given at creation is the session's."""
    created = await create(context, kind, sessionId=example.session_id)
    assert created["_id"] == example.session_id


async def test_made_ids_follow_the_rule_for_given_ones(context: Context, kind: Kind) -> None:
    """A made id could have been given."""
    created = await create(context, kind)
    check_session_id(kind, created["_id"])


async def test_second_session_with_the_id_is_refused(
    context: Context, kind: Kind, example: Example
) -> None:
    """The refusal blames the id, and the first session stays as it was."""
    first = await create(context, kind, sessionId=example.session_id)
    with pytest.raises(AlreadyExists) as refusal:
        await create(context, kind, sessionId=example.session_id, **example.change)
    assert refusal.value.field == ("sessionId",)
    assert await sessions.get(context, kind, example.session_id) == first


async def test_unknown_id_is_none(context: Context, kind: Kind, example: Example) -> None:
    """Nothing is found, and nothing is wrong."""
    assert await sessions.get(context, kind, example.session_id) is None


@pytest.mark.parametrize("session_id", ["", "a\0b", "\ud800", '{"$gt": ""}', "x" * 100_000])
async def test_impossible_id_is_none(context: Context, kind: Kind, session_id: str) -> None:
    """Text that can be no id finds nothing."""
    assert await sessions.get(context, kind, session_id) is None


async def test_update_changes_the_given_columns_only(
    context: Context, clock: Clock, kind: Kind, example: Example
) -> None:
    """Everything else stays, but for the revision and the time of the change."""
    before = await create(context, kind)
    clock.advance(seconds=1)
    after = await sessions.update(context, kind, before["_id"], example.change)
    assert await sessions.get(context, kind, before["_id"]) == after
    assert after["revision"] == before["revision"] + 1
    assert after["updatedAt"] > before["updatedAt"] == NOW
    words = ("searchKeys", "searchTexts", "searchRoom")
    computed = {"revision", "updatedAt", "customer", *words, *kind.beside, *example.change}
    assert {name: after.get(name) for name in before if name not in computed} == {
        name: value for name, value in before.items() if name not in computed
    }


async def test_null_removes_a_column(context: Context, kind: Kind, example: Example) -> None:
    """A null takes a nullable column away."""
    created = await create(context, kind)
    after = await sessions.update(context, kind, created["_id"], {example.nullable: None})
    assert example.nullable not in after
    assert await sessions.get(context, kind, created["_id"]) == after


async def test_update_that_changes_nothing_writes_nothing(
    context: Context, clock: Clock, kind: Kind, example: Example
) -> None:
    """The same values again leave revision and time alone."""
    created = await create(context, kind)
    once = await sessions.update(context, kind, created["_id"], example.change)
    clock.advance(seconds=1)
    assert await sessions.update(context, kind, created["_id"], example.change) == once


async def test_refused_update_changes_nothing(
    context: Context, kind: Kind, example: Example
) -> None:
    """A value over its limit is refused by its field, and the session stays."""
    created = await create(context, kind)
    name, value = example.too_long
    with pytest.raises(Invalid) as refusal:
        await sessions.update(context, kind, created["_id"], {**example.change, name: value})
    assert refusal.value.field[0] == name
    assert await sessions.get(context, kind, created["_id"]) == created


async def test_deleted_session_is_gone(context: Context, kind: Kind) -> None:
    """Delete returns what was, and it cannot be found, changed or deleted again."""
    created = await create(context, kind)
    assert await sessions.delete(context, kind, created["_id"]) == created
    assert await sessions.get(context, kind, created["_id"]) is None
    with pytest.raises(NotFound):
        await sessions.update(context, kind, created["_id"], {})
    with pytest.raises(NotFound):
        await sessions.delete(context, kind, created["_id"])


async def test_id_of_a_deleted_session_is_free(
    context: Context, kind: Kind, example: Example
) -> None:
    """It can be created anew."""
    for _ in range(2):
        await create(context, kind, sessionId=example.session_id)
        await sessions.delete(context, kind, example.session_id)


async def test_many_are_found_by_id(context: Context, kind: Kind, example: Example) -> None:
    """Unknown and impossible ids are left out, doubled ones answered once."""
    created = [(await create(context, kind))["_id"] for _ in range(3)]
    ids = [*created, created[0], example.session_id, "\0"]
    assert sorted(await sessions.get_many(context, kind, ids)) == sorted(created)


async def test_only_the_wanted_columns_are_read(context: Context, kind: Kind) -> None:
    """The columns become the projection; the id always comes along."""
    created = await create(context, kind)
    columns = frozenset({"startedAt", "customer", "customer.id"})
    found = await sessions.get(context, kind, created["_id"], columns)
    assert found == {name: created[name] for name in created if name in {"_id", *columns}}


async def test_without_columns_the_id_alone_is_read(context: Context, kind: Kind) -> None:
    """For the database an empty projection means every column."""
    alone = {"_id": (await create(context, kind))["_id"]}
    assert await sessions.get(context, kind, alone["_id"], frozenset()) == alone
    page = await sessions.list_(context, Read(kind, columns=frozenset()))
    assert page.documents == [alone]


async def test_list_is_newest_first_and_counted(context: Context, kind: Kind) -> None:
    """Without an ordering the newest come first; a count counts all pages."""
    await store_three(context.store, kind)
    page = await sessions.list_(context, Read(kind, window=Window(first=2), count=True))
    assert [row["_id"] for row in page.documents] == ["3", "2"]
    assert (page.total, page.has_next, page.has_previous) == (3, True, False)


async def test_list_from_the_end(context: Context, kind: Kind) -> None:
    """`last` gives the end of the list, in the list's own order."""
    await store_three(context.store, kind)
    page = await sessions.list_(context, Read(kind, window=Window(first=None, last=2)))
    assert [row["_id"] for row in page.documents] == ["2", "1"]
    assert (page.total, page.has_next, page.has_previous) == (None, False, True)


async def test_filtered_count(context: Context, kind: Kind) -> None:
    """The count is of those that match."""
    await store_three(context.store, kind)
    closed = Compare((kind.by_name["status"],), Operator.EQ, "CLOSED")
    page = await sessions.list_(context, Read(kind, closed, count=True))
    assert (len(page.documents), page.total) == (2, 2)


async def test_rows_can_be_passed_over(context: Context, kind: Kind) -> None:
    """For the vendor whose pages are numbered."""
    await store_three(context.store, kind)
    page = await sessions.list_(context, Read(kind, skip=1, window=Window(first=1)))
    assert [row["_id"] for row in page.documents] == ["2"]
    assert page.has_previous


async def test_summary_averages_ended_sessions(context: Context, kind: Kind) -> None:
    """Sessions without a duration count, and leave the average alone."""
    await store_three(context.store, kind)
    summary = await sessions.summarise(context, kind, sessions.EVERYTHING)
    assert (summary.count, summary.average_duration_seconds) == (3, 15.0)


async def test_summary_of_nothing(context: Context, kind: Kind) -> None:
    """No sessions, and no average."""
    summary = await sessions.summarise(context, kind, sessions.EVERYTHING)
    assert (summary.count, summary.average_duration_seconds) == (0, None)


async def store_three(store: Store, kind: Kind) -> None:
    """Three sessions on three days; the first two lasted 10 and 20 seconds."""
    rows = [
        {
            "_id": str(day),
            "startedAt": NOW.replace(day=day),
            "status": "CLOSED" if duration else "ACTIVE",
            **({"durationSeconds": duration} if duration else {}),
        }
        for day, duration in ((1, 10), (2, 20.0), (3, None))
    ]
    await store.collection(kind).insert_many(rows, bypass_document_validation=True)
