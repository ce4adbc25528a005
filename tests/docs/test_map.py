"""`docs/map.md` is fresh, and nothing is missing from it."""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from app.commands import route_map as made
from app.commands.recording import Command
from app.rest import VENDORS
from tests.client_schema import client_schema
from tests.conftest import KINDS_BY_NAME

ROOT = Path(__file__).resolve().parents[2]
rows = cache(made.rows)
"""Each path is asked once."""


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`scripts/map` with these arguments."""
    monkeypatch.setattr(made, "rows", rows)

    def main_(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["map", *arguments])
        return made.main()

    return main_


def test_fresh(main: Callable[..., int]) -> None:
    """What `scripts/map` would write is what is committed."""
    assert main("--check") == 0


def test_stale(main: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that differs is refused by --check, and written without it."""
    monkeypatch.setattr(made, "PAGE", tmp_path / "map.md")
    assert main("--check") == 1
    assert not made.PAGE.exists()
    assert main() == 0
    assert made.PAGE.read_text(encoding="utf-8") == made.page()


def test_every_path_is_there() -> None:
    """Each row of the route table, with the collection of its vendor's kind."""
    table = {
        (f"{endpoint.method} {endpoint.path}", vendor.kind.collection)
        for vendor in VENDORS
        for endpoint in vendor.endpoints
    }
    assert {(row.url, row.collection) for row in rows() if row.url != made.NONE} == table


def test_every_root_field_is_there() -> None:
    """Each field of Query and Mutation."""
    schema = client_schema()
    assert schema.query_type
    assert schema.mutation_type
    fields = {*schema.query_type.fields, *schema.mutation_type.fields}
    assert {row.field for row in rows()} == fields


def test_every_index_is_one() -> None:
    """Of the collection it is named for, or the one that every collection has."""
    known = {
        kind.collection: {made.ID, *(index.name for index in kind.indexes)}
        for kind in KINDS_BY_NAME.values()
    }
    for row in rows():
        if row.collection in known and " " not in row.index:
            assert row.index in known[row.collection], row


def test_creations_read_ids_alone() -> None:
    """One session and many alike: the database looks for ids that are taken."""
    found = {row.field: row.index for row in rows() if row.resolver.endswith(".create")}
    assert {"createChatSession", "createChatSessions"} <= found.keys()
    assert set(found.values()) == {made.ID}


def test_every_field_has_its_resolver() -> None:
    """In whichever module it stands; `viewer` alone calls none."""
    found = {row.field: row.resolver for row in rows()}
    assert [name for name, called in found.items() if called not in made.RESOLVERS] == ["viewer"]
    some = {
        "node": "sessions.get_many",
        "chatSessionStatistics": "statistics.of_kind",
        "sessionStatistics": "statistics.of_kinds",
        "deleteChatSessions": "many.delete",
        "sessions": "merged_pages.list_",
        "customer": "customers.find",
        "eraseCustomer": "erasure.erase",
        "sessionChanges": "live.page",
    }
    assert {name: found[name] for name in some} == some


def test_collections_of_fields_without_a_kind() -> None:
    """An id names the kind; what has no id reads all kinds, or collections of the gateway's own."""
    found = {row.field: row.collection for row in rows()}
    by_id = {"node", "nodes", "addSessionLabels", "removeSessionLabels"}
    assert {name for name, one in found.items() if one == made.KIND_OF_ID} == by_id
    of_all = {"sessions", "sessionStatistics", "searchSessions", "customer", "exportCustomer"}
    of_all |= {"eraseCustomer", "sessionChanges"}
    assert {name for name, one in found.items() if one == made.ALL_KINDS} == of_all
    assert found["linkCustomerIdentifiers"] == "customer_links"


def test_every_place_is_a_function() -> None:
    """Handlers, fields and resolvers begin where the page says."""
    for row in rows():
        for place in (row.handler, row.function):
            if place != made.NONE:
                file, line = place.split(":")
                first = (ROOT / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
                assert first.lstrip().startswith(("def ", "async def ", "@")), place


def test_unknown_index() -> None:
    """No index is named where none is known to serve a command."""
    for kind in KINDS_BY_NAME.values():
        command = Command(kind.collection, "find", {"filter": {"nowhere": 1}, "sort": {}})
        assert made.served(kind, command) == made.UNKNOWN


def test_reads_of_one_bot_have_their_index() -> None:
    """The bot of the path leads the index."""
    found = {
        row.index for row in rows() if "{BotID}" in row.url and row.resolver == "sessions.list_"
    }
    assert found == {"botId_startedAt__id"}
