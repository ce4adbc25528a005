"""`customer`: one person over all kinds, as a front end sees it, and the links between names."""

from typing import Any

import pytest

from resolvers import sessions
from resolvers.access import Caller
from resolvers.customers import MOST_LINKED, MOST_NAMED
from resolvers.errors import GatewayError, Timeout, Unavailable
from resolvers.rebuild import rebuild
from resolvers.request import Page, Read
from resolvers.store import read as reads
from resolvers.store.store import Store
from schema.build import build
from tests.conftest import KINDS_BY_NAME
from tests.schema.conftest import Client
from tests.schema.customers import (
    CUSTOMER,
    LINK,
    MASKED,
    NAMES,
    NOTES,
    START,
    UNLINK,
    an_email,
    an_id,
    fill,
    groups,
    ids,
    link,
    store,
)


@pytest.fixture
def filled(client: Client) -> Client:
    """Ada's sessions, and one of Bob's."""
    return fill(client)


@pytest.fixture
def linked(client: Client) -> Client:
    """The same, with Ada's identifiers linked."""
    return link(fill(client))


def test_by_id(filled: Client) -> None:
    """Without links, the sessions with exactly this id."""
    for _ in range(3):
        customer = filled.data(CUSTOMER, by={"customerId": "c1"})
        assert ids(customer) == ["b1"]
        assert customer["identifiers"] == [
            {"type": "CUSTOMER_ID", "value": "c1", "linkedAt": None, "linkedBy": None}
        ]
    assert filled.data(CUSTOMER, by={"customerId": "C1"}) is None


def test_by_email(filled: Client) -> None:
    """In upper and lower case; names are the newest first, and times are of starts."""
    customer = filled.data(CUSTOMER, by={"email": "ADA@EXAMPLE.org"})
    assert ids(customer) == ["h2", "h1"]
    assert customer["names"] == ["Ada L.", "Ada"]
    assert customer["firstSeenAt"] == "2026-03-01T09:27:00.000Z"
    assert customer["lastSeenAt"] == "2026-03-01T09:28:00.000Z"


@pytest.mark.parametrize("key", ["c1", "17"])
def test_links(linked: Client, key: str) -> None:
    """Every linked identifier finds the whole journey."""
    customer = linked.data(CUSTOMER, by={"customerId": key})
    assert ids(customer) == ["h2", "h1", "k1", "b1"]
    assert [one["value"] for one in customer["identifiers"]] == ["17", "c1", "ADA@example.org"]
    assert {one["linkedBy"] for one in customer["identifiers"]} == {"Everybody"}
    assert {one["linkedAt"] for one in customer["identifiers"]} == {"2026-03-01T09:30:00.000Z"}


def test_links_are_transitive(filled: Client) -> None:
    """Who links a with b, and b with c, has linked a with c."""
    filled.data(LINK, identifiers=[an_id("c1"), an_id("17")])
    filled.data(LINK, identifiers=[an_id("17"), an_email("ada@example.org")])
    assert ids(filled.data(CUSTOMER, by={"customerId": "c1"})) == ["h2", "h1", "k1", "b1"]


def test_unlinked(linked: Client) -> None:
    """The others stay linked; what is taken out stands alone again."""
    payload = linked.data(UNLINK, identifiers=[an_email("ada@EXAMPLE.org")])
    assert payload == {"identifiers": [an_id("17"), an_id("c1")], "errors": []}
    assert ids(linked.data(CUSTOMER, by={"customerId": "c1"})) == ["k1", "b1"]
    assert ids(linked.data(CUSTOMER, by={"email": "ada@example.org"})) == ["h2", "h1"]
    assert linked.data(UNLINK, identifiers=[an_id("c1")])["identifiers"] == []
    assert groups(linked) == 0


def test_pages_filters_and_kinds(linked: Client) -> None:
    """As of `sessions`: one page after the other, ordered and filtered."""
    by, order = {"customerId": "c1"}, [{"field": "STARTED_AT"}]
    first = linked.data(CUSTOMER, by=by, orderBy=order, first=3)["sessions"]
    assert [row["sessionId"] for row in first["nodes"]] == ["b1", "k1", "h1"]
    assert first["totalCount"] == 4
    after = first["pageInfo"]["endCursor"]
    rest = linked.data(CUSTOMER, by=by, orderBy=order, first=3, after=after)
    assert ids(rest) == ["h2"]
    assert ids(linked.data(CUSTOMER, by=by, kinds=["BOT", "KNOWLEDGE"])) == ["k1", "b1"]
    name = {"customer": {"name": {"eq": "Ada"}}}
    assert ids(linked.data(CUSTOMER, by=by, filter=name)) == ["h1"]


def test_the_yardstick_agrees(linked: Client) -> None:
    """graphql-core alone gives the same answers."""
    answers = [linked(CUSTOMER, by={"customerId": key}, first=2) for key in ("c1", "no")]
    linked.schema = build(compiled=False)
    assert answers == [linked(CUSTOMER, by={"customerId": key}, first=2) for key in ("c1", "no")]


def test_what_is_read(linked: Client, finds: list[dict[str, Any]]) -> None:
    """One find a kind, one more for the first session; names only where they are selected."""
    columns = {"lastSeenAt": [START], "firstSeenAt": [START, START], "names": [NAMES]}
    columns |= {"names firstSeenAt": [NAMES, START], "sessions { nodes { note } }": [START, NOTES]}
    for selected, wanted in columns.items():
        finds.clear()
        linked.data(f'{{ customer(by: {{customerId: "c1"}}) {{ {selected} }} }}')
        read = [find["projection"].keys() - {"_id"} for find in finds[2:]]  # two are of the links
        assert read == [names for names in wanted for _ in KINDS_BY_NAME]


def test_names_are_bounded(client: Client) -> None:
    """They are sought in the newest sessions of each kind."""
    for number in range(MOST_NAMED + 5):
        store(client, "chat", f"h{number}", number, id="c", name=f"n{number}")
    names = client.data('{ customer(by: {customerId: "c"}) { names } }')["names"]
    assert names == [f"n{number}" for number in range(MOST_NAMED)]


@pytest.mark.parametrize("verb", [LINK, UNLINK])
@pytest.mark.parametrize("scopes", [(), ("*:write", "*:read", "pii:read")])
def test_linking_needs_its_scope(client: Client, verb: str, scopes: tuple[str, ...]) -> None:
    """Writing sessions is not enough: links change what everybody sees."""
    client.context.caller = Caller("a", frozenset(scopes))
    error = client.error(verb, identifiers=[an_id("a"), an_id("b")])
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "customer:write" in error["message"]


@pytest.mark.parametrize(
    ("identifiers", "field"),
    [
        ([], ["identifiers"]),
        ([an_id("a")], ["identifiers"]),
        ([an_email("a@b.c"), an_email("A@B.C")], ["identifiers"]),
        ([an_id("a"), an_id("")], ["identifiers", "1", "value"]),
        ([an_id("a"), an_id("x" * 321)], ["identifiers", "1", "value"]),
        ([an_id("a"), an_id("\0")], ["identifiers", "1", "value"]),
        ([an_id(str(number)) for number in range(MOST_LINKED + 1)], ["identifiers"]),
    ],
    ids=["none", "one", "the same", "empty", "long", "NUL", "many"],
)
def test_refused_links(client: Client, identifiers: list[Any], field: list[str]) -> None:
    """INVALID, naming the identifier; nothing is stored."""
    refusal = client.refusal(LINK, identifiers=identifiers)
    assert (refusal["code"], refusal["field"]) == ("INVALID", field)
    assert (
        client.runner.run(client.context.store.database["customer_links"].count_documents({})) == 0
    )


def test_a_group_is_bounded(client: Client) -> None:
    """One more than the limit is refused, and the group stays as it was."""
    many = [an_id(f"{number:03}") for number in range(MOST_LINKED)]
    assert client.data(LINK, identifiers=many)["errors"] == []
    refusal = client.refusal(LINK, identifiers=[many[0], an_id("more")])
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["identifiers"])
    assert f"at most {MOST_LINKED}" in refusal["message"]
    assert client.data(LINK, identifiers=many[:2])["identifiers"] == many


def test_nobody(filled: Client) -> None:
    """A key without sessions is null, whatever it is linked with."""
    filled.data(LINK, identifiers=[an_id("x"), an_email("x@y.z")])
    for by in ({"customerId": "x"}, {"email": "x@y.z"}, {"email": ""}, {"customerId": "\0"}):
        assert filled.data(CUSTOMER, by=by) is None


@pytest.mark.parametrize("by", [{}, {"customerId": None}, {"customerId": "a", "email": "b"}])
def test_exactly_one_key(client: Client, by: dict[str, Any]) -> None:
    """Anything else is refused before it is answered."""
    assert client.error(CUSTOMER, by=by)["extensions"]["code"] == "BAD_USER_INPUT"


def test_created_sessions_are_found_in_any_case(client: Client) -> None:
    """The write path stores the folded copy, and updates it."""
    create = """mutation ($input: CreateChatSessionInput!) { createChatSession(input: $input) {
      errors { message } } }"""
    visitor = {"name": "Ada", "emailAddress": "Straße@Example.org"}
    assert client.data(create, input={"sessionId": "h", "visitor": visitor})["errors"] == []
    text = "query ($by: CustomerKey!) { customer(by: $by) { names } }"
    assert client.data(text, by={"email": "STRASSE@example.ORG"}) == {"names": ["Ada"]}
    update = """mutation { updateChatSession(sessionId: "h",
      input: {visitor: {emailAddress: "b@c.d"}}) { errors { message } } }"""
    assert client.data(update)["errors"] == []
    assert client.data(text, by={"email": "strasse@example.org"}) is None
    assert client.data(text, by={"email": "B@c.d"}) == {"names": ["Ada"]}


def test_damaged_sessions(filled: Client) -> None:
    """A session without a start counts for neither time, and hides no other."""
    filled.insert("bot", {"_id": "b2", "customer": {"id": "c1", "name": 5}, "startedAt": "late"})
    filled.insert("bot", {"_id": "b3", "customer": {"id": "only"}})
    text = "query ($by: CustomerKey!) { customer(by: $by) { names firstSeenAt lastSeenAt } }"
    customer = filled.data(text, by={"customerId": "c1"})
    assert customer["names"] == []
    assert filled.data(text, by={"customerId": "only"}) == {
        "names": [],
        "firstSeenAt": None,
        "lastSeenAt": None,
    }


@pytest.mark.parametrize("fault", [Timeout, Unavailable])
def test_a_kind_that_cannot_be_read(
    linked: Client, monkeypatch: pytest.MonkeyPatch, fault: type[GatewayError]
) -> None:
    """Names and times would be of some kinds only: the customer is refused, and nothing else."""
    original = reads.list_

    async def failing(store: Store, read: Read) -> Page:
        if read.kind.name == "chat":
            raise fault("It was slow.")
        return await original(store, read)

    monkeypatch.setattr(reads, "list_", failing)
    text = '{ customer(by: {customerId: "c1"}) { names } botSession(sessionId: "b1") { id } }'
    answer = linked(text)
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["customer"], fault.code)
    assert "chat sessions could not be read" in error["message"]
    assert answer["data"]["botSession"]


def test_sessions_of_an_earlier_version(client: Client) -> None:
    """They are found by their address once they are rebuilt."""
    chat = {"visitor": {"name": "Ada", "emailAddress": "Ada@X.org"}, "sessionId": "h"}
    kind = KINDS_BY_NAME["chat"]
    client.runner.run(sessions.create(client.context, kind, chat))
    client.runner.run(client.collection("chat").update_one({}, {"$unset": {"customer.folded": ""}}))
    text = 'query { customer(by: {email: "ada@x.org"}) { names } }'
    assert client.data(text) is None
    client.runner.run(rebuild(client.context, kind, lambda _count: None))
    assert client.data(text) == {"names": ["Ada"]}


STATISTICS = """query ($by: CustomerKey!, $groupBy: [SessionGroupBy!], $filter: SessionFilter) {
  customer(by: $by) { statistics(groupBy: $groupBy, filter: $filter) {
    groupCount groups { key { kind } count } } } }"""


def counts(client: Client, **variables: Any) -> dict[str, int]:
    """How many sessions a customer has, of the kinds that there are any of."""
    found = client.data(STATISTICS, groupBy=["KIND"], **variables)["statistics"]
    return {group["key"]["kind"]: group["count"] for group in found["groups"] if group["count"]}


def test_statistics(linked: Client) -> None:
    """Of the customer's sessions alone, those that the caller may see."""
    by = {"customerId": "17"}
    for _ in range(3):
        assert counts(linked, by=by) == {"BOT": 1, "CHAT": 2, "KNOWLEDGE": 1}
    assert counts(linked, by=by, filter={"kind": {"ne": "CHAT"}}) == {"BOT": 1, "KNOWLEDGE": 1}
    linked.context.caller = MASKED
    assert counts(linked, by=by) == {"BOT": 1, "KNOWLEDGE": 1}
    error = linked.error(STATISTICS, by=by, filter={"customer": {"name": {"eq": "Ada"}}})
    assert error["extensions"]["code"] == "FORBIDDEN"
    scopes = frozenset({"bot:read", "chat:read", "pii:read"})
    linked.context.caller = Caller("a", scopes, frozenset({"y"}))
    assert counts(linked, by=by) == {"CHAT": 2}
