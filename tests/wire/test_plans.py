"""Every default ordering, documented filter and lookup is served by an index.

`explain` tells which index the engine walks; a collection scan fails the test. Whether the walk
also yields the order asked for is something SecantusDB cannot say: with a filter it reports a SORT
for every sort over more than one key, whatever the index (MongoDB does not). So that half is
checked on the winning index itself: its keys are the columns compared for equality, then those of
the sort, all in one direction; from such an index MongoDB reads the rows in order.

Not covered: the ordering by session id alone, for which SecantusDB does not walk its index of ids
(MongoDB does), and filters on several of a vendor's columns at once or on tags: MongoDB serves
them from one of the indexes here and looks at the rest of the document; SecantusDB scans.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection

from app.commands import route_map
from app.commands.recording import Command
from resolvers import paging
from resolvers.customers import sessions_of
from resolvers.identifiers import Identifier, IdentifierType
from resolvers.kind import Column, Document, Kind, Speaker
from resolvers.paging import completed, ordering, orderings
from resolvers.person import naming
from resolvers.request import All, Compare, Filter, Operator, Read, Search, Window
from resolvers.store import preparation
from resolvers.store.operators import conjoin, query
from resolvers.store.plan import plan
from resolvers.tenants import NOBODYS, visible
from resolvers.words import terms
from schema.kinds import bot, remote_support
from tests.conftest import KINDS_BY_NAME, NOW, opened_store
from tests.wire.engine import WireEngine

DATABASE = "plans"
ROWS = 200
"""SecantusDB chooses an index by its keys, not by how many sessions there are."""
rows_of_the_map = cache(route_map.rows)
READS = ("find", "aggregate", "delete_one")
SPAN = (NOW - timedelta(days=7), NOW)

Sessions = Collection[dict[str, Any]]


@pytest.fixture(scope="module", params=sorted(KINDS_BY_NAME))
def kind(request: pytest.FixtureRequest) -> Kind:
    """Every kind."""
    return KINDS_BY_NAME[request.param]


@pytest.fixture(scope="module")
def collection(
    kind: Kind, engine: WireEngine, engine_client: MongoClient[dict[str, Any]]
) -> Iterator[Sessions]:
    """Some sessions of the kind, indexed."""
    rows = [row(kind, place) for place in range(ROWS)]

    async def index() -> None:
        async with opened_store(engine.uri, DATABASE) as store:
            await preparation.prepare(store, [kind], {})

    asyncio.run(index())
    engine_client[DATABASE][kind.collection].insert_many(rows, bypass_document_validation=True)
    yield engine_client[DATABASE][kind.collection]
    engine_client.drop_database(DATABASE)


def row(kind: Kind, place: int) -> Document:
    """A session as far as filters and orderings look at it."""
    known = {"id": f"c{place % 50}", "folded": {"email": f"c{place % 50}@x.org"}}
    related = [{"kind": "BOT", "sessionId": str(place % 70)}]
    document: Document = {"_id": str(place), "customer": known, "relatedSessions": related}
    for number, column in enumerate(kind.columns):
        if column.filterable and not column.many and not column.columns and column.path != "_id":
            document[column.path] = value(column, place * (number + 1))
    if not kind.ended:  # such sessions are stored without one
        document.pop("status", None)
    document["folded"] = dict.fromkeys(("customerName", "techUsername"), f"v{place % 40}")
    return document


def value(column: Column, place: int) -> Any:
    samples: dict[str, Any] = {
        "datetime": NOW - timedelta(minutes=place),
        "integer": place % 30,
        "float": place % 300 / 2,
        "boolean": place % 2 == 0,
        "enum": column.values[place % len(column.values)] if column.values else None,
    }
    return samples.get(column.type.name, f"v{place % 40}")


def windows(wanted: Read) -> list[Window]:
    """The first page, the next, the last, and the one before."""
    order = ordering(wanted)
    middle = row(wanted.kind, ROWS // 2)
    place = paging.encode_cursors(wanted.kind, order, [middle])[0]
    return [
        Window(first=20),
        Window(first=20, after=place),
        Window(first=None, last=20),
        Window(first=None, last=20, before=place),
    ]


def assert_served(collection: Sessions, wanted: Read) -> None:
    """Each find of each page of this read is served by one index, in order."""
    for window in windows(wanted):
        planned = plan(Read(wanted.kind, wanted.where, wanted.order, window))
        for where in planned.queries:
            index = winning_index(collection, where, dict(planned.sort))
            assert fits(index, where, dict(planned.sort)), (index, where, planned.sort)


def assert_servable(collection: Sessions, wanted: Read) -> None:
    """Each find of each page walks some index, and there is one that yields the order."""
    for window in windows(wanted):
        planned = plan(Read(wanted.kind, wanted.where, wanted.order, window))
        sort = dict(planned.sort)
        for where in planned.queries:
            assert winning_index(collection, where, sort)
            assert any(fits(dict(index.spec), where, sort) for index in wanted.kind.indexes)


def winning_index(
    collection: Sessions, where: Document, sort: dict[str, int] | None = None
) -> dict[str, int]:
    """The keys of the index that serves the query; fails on a collection scan."""
    find = {"find": collection.name, "filter": where, **({"sort": sort} if sort else {})}
    answer = collection.database.command("explain", find, verbosity="queryPlanner")
    found = list(stages(answer["queryPlanner"]["winningPlan"]))
    assert "COLLSCAN" not in [stage["stage"] for stage in found], (where, sort)
    (scan,) = [stage for stage in found if stage["stage"] == "IXSCAN"]
    return dict(scan["keyPattern"])


def stages(tree: Document) -> Iterator[Document]:
    yield tree
    for child in [tree.get("inputStage"), *tree.get("inputStages", ())]:
        if child:
            yield from stages(child)


def fits(index: dict[str, int], where: Document, sort: dict[str, int]) -> bool:
    """Whether the index has the equality columns first and then yields the sort."""
    equal = {path for path, condition in where.items() if not isinstance(condition, dict)}
    paths = list(index)
    ordered = [path for path in sort if path not in equal]
    directions = {index.get(path, 0) * sort[path] for path in ordered}
    places = paths[len(equal) :][: len(ordered)]
    return set(paths[: len(equal)]) == equal and places == ordered and len(directions) < 2


def test_default_ordering(kind: Kind, collection: Sessions) -> None:
    """Newest first: every page, wherever it lies."""
    assert_served(collection, Read(kind))


def test_orderings(kind: Kind, collection: Sessions) -> None:
    """By each single column that lists can be ordered by, in both directions.

    Where several indexes begin with the column, SecantusDB may walk another one than that which
    yields the order, and sorts; MongoDB prefers the one that needs no sort.
    """
    for part in orderings(kind).values():
        if part.path == "_id":
            continue
        alone = len([index for index in kind.indexes if index.keys[0] == part.path]) == 1
        for descending in (False, True):
            wanted = Read(kind, order=completed(kind, (part._replace(descending=descending),)))
            if alone:
                assert_served(collection, wanted)
            else:
                assert_servable(collection, wanted)


def test_span_of_time(kind: Kind, collection: Sessions) -> None:
    """Sessions that started within a span, with open and with closed ends."""
    assert_served(collection, Read(kind, within_span(kind, Operator.GT, Operator.LT)))
    assert_served(collection, Read(kind, within_span(kind, Operator.GTE, Operator.LTE)))


def test_status_and_customer(kind: Kind, collection: Sessions) -> None:
    """What every kind can be filtered by, alone and within a span of time."""
    customer, related = kind.by_name["customer"], kind.by_name["relatedSessions"]
    for condition in (
        Compare((kind.by_name["status"],), Operator.EQ, "ACTIVE"),
        Compare((customer, customer.column("customerId")), Operator.EQ, "c7"),
        Compare((customer, customer.column("email")), Operator.EQ_IGNORE_CASE, "C7@x.org"),
        Compare((related, related.column("sessionId")), Operator.EQ, "7"),
    ):
        assert_served(collection, Read(kind, condition))
        span = within_span(kind, Operator.GT, Operator.LT)
        assert_served(collection, Read(kind, All((condition, span))))


def test_one_person(kind: Kind, collection: Sessions) -> None:
    """Erasing and exporting find the sessions by ids or addresses, and those that name them."""
    for type_, index in (
        (IdentifierType.CUSTOMER_ID, "customer.id"),
        (IdentifierType.EMAIL, "customer.folded.email"),
    ):
        where = query(sessions_of(kind, [Identifier(type_, "c7"), Identifier(type_, "c8")]))
        assert next(iter(winning_index(collection, where))) == index
    where = query(naming(kind, ["7", "8"]))
    assert next(iter(winning_index(collection, where))) == "relatedSessions.sessionId"


def test_search(kind: Kind, collection: Sessions) -> None:
    """A word by one speaker is a range of the index of keys, in its order, also within a span.

    A word by anybody is one such range for each speaker, which MongoDB merges.
    """
    said = Search(terms("printer"), frozenset({Speaker.CUSTOMER}))
    assert_served(collection, Read(kind, said))
    assert_served(collection, Read(kind, All((said, within_span(kind, Operator.GT, Operator.LT)))))
    anybody = query(Search(terms("printer")))
    keys = ["searchKeys", "startedAt", "_id"]
    assert list(winning_index(collection, anybody, {"startedAt": -1, "_id": -1})) == keys


def test_lookups(kind: Kind, collection: Sessions) -> None:
    """One session, and several, by id."""
    assert winning_index(collection, {"_id": "7"}) == {"_id": 1}
    assert winning_index(collection, {"_id": {"$in": ["7", "8"]}}) == {"_id": 1}


def test_counts_and_summaries(kind: Kind, collection: Sessions) -> None:
    """What a summary over a span of time looks at is found by the index."""
    where = query(within_span(kind, Operator.GT, Operator.LT))
    assert list(winning_index(collection, where)) == ["startedAt", "_id"]


def documented(kind: Kind) -> list[Filter]:
    """What the vendor's page filters by."""
    if kind is bot.BOT:
        return [
            All(tuple(Compare((kind.by_name[name],), Operator.EQ, "x") for name in names))
            for names in bot.FILTERS
        ]
    if kind is remote_support.REMOTE_SUPPORT:
        return [remote_support_filter(kind, path) for path in remote_support.FILTERS]
    return []


def remote_support_filter(kind: Kind, path: str) -> Filter:
    name = path.removeprefix("folded.")
    operator = Operator.EQ_IGNORE_CASE if name != path else Operator.EQ
    return Compare((kind.by_name[name],), operator, "x")


def test_documented_filters(kind: Kind, collection: Sessions) -> None:
    """Each alone and with the span of time that the vendors' pages add."""
    span = within_span(kind, Operator.GTE, Operator.LTE)
    for condition in documented(kind):
        assert_served(collection, Read(kind, condition))
        assert_served(collection, Read(kind, All((condition, span))))


def test_what_the_caller_may_see_keeps_the_index(kind: Kind, collection: Sessions) -> None:
    """Retention's bound and a credential's bots go into the same range."""
    own = Compare((kind.by_name["startedAt"],), Operator.GT, datetime(2026, 1, 1))
    span = within_span(kind, Operator.GT, Operator.LT)
    parts: list[Filter] = [span, own]
    if "botId" in kind.by_name:
        asked = Compare((kind.by_name["botId"],), Operator.EQ, "v1")
        allowed = Compare((kind.by_name["botId"],), Operator.IN, ("v1", "v2"))
        parts = [asked, *parts, allowed]
    assert_served(collection, Read(kind, All(tuple(parts))))
    assert "$and" not in conjoin(query(part) for part in parts)


@pytest.mark.parametrize("limit", [{"v1"}, NOBODYS])
def test_a_tenants_list_keeps_the_index(kind: Kind, collection: Sessions, limit: set[str]) -> None:
    """The default list of who is limited to one tenant, alone and with a span of time."""
    own = visible(frozenset(limit))
    assert_served(collection, Read(kind, own))
    assert_served(collection, Read(kind, All((within_span(kind, Operator.GT, Operator.LT), own))))


def test_several_tenants_lists_walk_an_index(kind: Kind, collection: Sessions) -> None:
    """MongoDB merges the tenants' ranges; nothing scans the collection."""
    planned = plan(Read(kind, visible(frozenset({"v1", "v2"}))))
    assert winning_index(collection, planned.queries[0], dict(planned.sort))


def within_span(kind: Kind, low: Operator, high: Operator) -> Filter:
    started = (kind.by_name["startedAt"],)
    return All((Compare(started, low, SPAN[0]), Compare(started, high, SPAN[1])))


def test_the_map(kind: Kind, collection: Sessions) -> None:
    """docs/map.md names the index that the engine walks for what the default request sends.

    Updates are left out, whose guard has the revision beside the id, and finds by a range of ids:
    SecantusDB scans for both; MongoDB walks the index of ids.
    """
    names = {tuple(one.spec): one.name for one in kind.indexes} | {(("_id", 1),): route_map.ID}
    compared = 0
    for line in rows_of_the_map():
        for command in line.commands:
            is_range = "$gt" in str(command.given.get("filter", {}).get("_id"))
            if command.collection == kind.collection and command.name in READS and not is_range:
                walked = index_of(collection, command)
                assert names.get(walked, route_map.EVERYTHING) in line.index.split(", "), line
                compared += 1
    assert compared >= 8


def index_of(collection: Sessions, command: Command) -> tuple[tuple[str, int], ...]:
    """The keys of the index that the engine walks for a command; empty if it reads everything."""
    given = command.given
    if "pipeline" in given:
        where = given["pipeline"][0]["$match"]
        find = {"find": collection.name, "filter": where}
        plan_ = collection.database.command("explain", find, verbosity="queryPlanner")
        found = [stage["stage"] for stage in stages(plan_["queryPlanner"]["winningPlan"])]
        assert found == ["COLLSCAN"]
        return ()
    where = given["filter"]
    if isinstance(where.get("_id"), str):  # the engine finds the one, and shows it for the id alone
        where = {"_id": where["_id"]}
    return tuple(winning_index(collection, where, given.get("sort")).items())
