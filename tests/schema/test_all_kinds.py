"""`sessions`: all kinds in one list, as a front end sees it."""

from datetime import timedelta
from typing import Any

import pytest

from resolvers import sessions
from resolvers.access import Caller
from schema.kinds import KINDS
from tests.conftest import KINDS_BY_NAME
from tests.kinds import EXAMPLES, NAMES
from tests.schema.conftest import NOW, Client

TYPES = {entry.kind.name: entry.kind.type_name for entry in KINDS}
LIST = """query ($kinds: [SessionKind!], $filter: SessionFilter, $orderBy: [SessionOrder!],
    $first: Int, $after: String, $last: Int, $before: String) {
  sessions(kinds: $kinds, filter: $filter, orderBy: $orderBy, first: $first, after: $after,
      last: $last, before: $before) {
    totalCount
    edges { cursor node { __typename sessionId kind customer { name } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


def store(client: Client, name: str, session_id: str, minutes: int, **more: Any) -> None:
    """A session as the database has it, started so many minutes ago."""
    started = NOW - timedelta(minutes=minutes)
    client.insert(name, {"_id": session_id, "startedAt": started, "labels": [], **more})


@pytest.fixture
def filled(client: Client) -> Client:
    """One session of each kind, the first kind's newest."""
    for place, name in enumerate(NAMES):
        store(client, name, f"s{place}", place, botId="b")
    return client


def kinds(page: Any) -> list[str]:
    """The kinds of a page's rows."""
    return [edge["node"]["kind"] for edge in page["edges"]]


def test_newest_first(filled: Client) -> None:
    """Each row has its own type and its kind."""
    for _ in range(3):
        page = filled.data(LIST)
        assert kinds(page) == [name.upper() for name in NAMES]
        types = [edge["node"]["__typename"] for edge in page["edges"]]
        assert types == [TYPES[name] for name in NAMES]
        assert page["totalCount"] == len(NAMES)


def test_fields_of_one_kind(filled: Client) -> None:
    """A fragment on a type shows its own columns, and only its kind reads them."""
    text = "{ sessions { nodes { sessionId ... on BotSession { botId } } } }"
    for _ in range(3):
        filled.reads.clear()
        rows = filled.data(text)["nodes"]
        assert [row.get("botId") for row in rows].count("b") == 1


def test_named_kinds(filled: Client) -> None:
    """The argument and the filter choose kinds; no other kind is read."""
    assert kinds(filled.data(LIST, kinds=["BOT", "CHAT"])) == ["CHAT", "BOT"]
    assert kinds(filled.data(LIST, filter={"kind": {"in": ["BOT", "CHAT"]}})) == ["CHAT", "BOT"]
    assert kinds(filled.data(LIST, filter={"not": {"kind": {"eq": "BOT"}}}))[-1] != "BOT"
    assert kinds(filled.data(LIST, kinds=["BOT"], filter={"kind": {"eq": "CHAT"}})) == []
    assert kinds(filled.data(LIST, kinds=[])) == []


def test_only_the_kinds_that_can_match_are_read(
    filled: Client, finds: list[dict[str, Any]]
) -> None:
    """A filter that names one kind is one find."""
    filled.data(LIST, filter={"kind": {"eq": "BOT"}}, first=0)
    assert len(finds) == 1


def test_scopes(filled: Client) -> None:
    """The other kinds are left out; naming one of them is refused, however it is named."""
    filled.context.caller = Caller("x", frozenset({"bot:read", "knowledge:read", "pii:read"}))
    assert kinds(filled.data(LIST)) == ["KNOWLEDGE", "BOT"]
    assert kinds(filled.data(LIST, filter={"kind": {"ne": "CHAT"}})) == ["KNOWLEDGE", "BOT"]
    for named in (
        {"kinds": ["BOT", "CHAT"]},
        {"filter": {"kind": {"eq": "CHAT"}}},
        {"filter": {"or": [{"kind": {"in": ["BOT", "CHAT"]}}, {"labels": {"some": {"eq": "a"}}}]}},
    ):
        error = filled.error(LIST, **named)
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert "chat:read" in error["message"]


def test_no_scope_at_all(filled: Client) -> None:
    """It says what would do."""
    filled.context.caller = Caller("x", frozenset({"chat:write"}))
    error = filled.error(LIST)
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert ":read" in error["message"]


def test_bots(filled: Client) -> None:
    """A credential of one bot sees its sessions alone, beside those of other kinds."""
    filled.context.caller = Caller("x", frozenset({"*:read"}), frozenset({"other"}))
    page = filled.data(LIST)
    assert "BOT" not in kinds(page)
    assert page["totalCount"] == len(NAMES) - 1


def test_retention(filled: Client) -> None:
    """What has expired is not there, removed or not."""
    filled.context.retention = {"bot": 60}
    assert "BOT" not in kinds(filled.data(LIST))


def test_masking(client: Client) -> None:
    """Personal columns are masked in every kind, and cannot be filtered by."""
    for name in NAMES:
        store(client, name, "s", 1, customer={"name": "Ada", "id": "7"})
    client.context.caller = Caller("x", frozenset({"*:read"}))
    for _ in range(3):
        rows = client.data(LIST)["edges"]
        assert {edge["node"]["customer"]["name"] for edge in rows} == {"***"}
    error = client.error(LIST, filter={"customer": {"name": {"eq": "Ada"}}})
    assert error["extensions"]["code"] == "FORBIDDEN"
    found = client.data(LIST, filter={"customer": {"customerId": {"eq": "7"}}})
    assert len(found["edges"]) == len(NAMES)


def test_pages_both_ways(filled: Client) -> None:
    """A cursor goes on where the page ended, also into other kinds."""
    first = filled.data(LIST, first=2)
    rest = filled.data(LIST, first=9, after=first["pageInfo"]["endCursor"])
    assert kinds(first) + kinds(rest) == [name.upper() for name in NAMES]
    assert rest["pageInfo"]["hasNextPage"] is False
    back = filled.data(LIST, last=1, before=first["pageInfo"]["endCursor"])
    assert kinds(back) == kinds(first)[:1]


@pytest.mark.parametrize(
    "text", ["{ botSessions { edges { cursor } } }", "{ chatSessions { edges { cursor } } }"]
)
def test_cursor_of_another_field(filled: Client, text: str) -> None:
    """It is refused by name, in both directions."""
    place = filled.data(text)["edges"][0]["cursor"]
    error = filled.error(LIST, after=place)
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (
        "BAD_USER_INPUT",
        "after",
    )
    ours = filled.data(LIST)["edges"][0]["cursor"]
    assert (
        "all sessions"
        in filled.error("query ($a: String) { botSessions(after: $a) { totalCount } }", a=ours)[
            "message"
        ]
    )


@pytest.mark.parametrize("place", ["x", "WyJhbGwiXQ==", "WyJhbGw6LXN0YXJ0ZWRBdCIsMSwyLDNd"])
def test_broken_cursor(filled: Client, place: str) -> None:
    """A cursor that nobody gave is bad input, never a failure."""
    assert filled.error(LIST, before=place)["extensions"]["code"] == "BAD_USER_INPUT"


def test_created_sessions(client: Client) -> None:
    """What is created is found, with any ordering."""
    for name, example in EXAMPLES.items():
        kind = KINDS_BY_NAME[name]
        client.runner.run(sessions.create(client.context, kind, example.values))
    fields = client.data('{ __type(name: "SessionOrderField") { enumValues { name } } }')
    for field in fields["enumValues"]:
        for direction in ("ASC", "DESC"):
            order = [{"field": field["name"], "direction": direction}]
            assert len(kinds(client.data(LIST, orderBy=order))) == len(NAMES)


def test_damaged_rows(client: Client) -> None:
    """A damaged row is null with an error in its place, as in the list of its kind."""
    store(client, "bot", "fine", 1)
    client.insert("chat", {"_id": "damaged", "startedAt": "yesterday"})
    for _ in range(3):
        response = client("{ sessions { nodes { sessionId startedAt } } }")
        rows = response["data"]["sessions"]["nodes"]
        assert [row and row["sessionId"] for row in rows] == ["fine", None]
        (error,) = response["errors"]
        assert error["extensions"]["code"] == "CORRUPT_DOCUMENT"


def test_too_many_rows(filled: Client) -> None:
    """The limits are those of every list."""
    assert filled.error(LIST, first=501)["extensions"]["argument"] == "first"
    assert filled.error(LIST, first=1, last=1)["extensions"]["argument"] == "last"


def test_nothing_is_ordered_after_the_session_id(filled: Client) -> None:
    """Two kinds may share an id: a column that could not be obeyed is refused, not ignored."""
    order = [{"field": "SESSION_ID"}, {"field": "STARTED_AT"}]
    assert filled.error(LIST, orderBy=order)["extensions"]["argument"] == "orderBy"
    assert len(kinds(filled.data(LIST, orderBy=order[::-1]))) == len(NAMES)
