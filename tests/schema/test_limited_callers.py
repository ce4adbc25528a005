"""Customers, related sessions, global ids and partial answers for callers who may see a part.

What each field gives is compared with what it means, over generated sessions, links and callers.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mongomock_motor import AsyncMongoMockClient

from resolvers import customers
from resolvers.access import Caller
from resolvers.context import Context
from resolvers.identifiers import Identifier, IdentifierType
from resolvers.store.store import Store
from schema.common import global_id, parse_global_id
from tests.conftest import KINDS_BY_NAME
from tests.properties import examples
from tests.schema.conftest import NOW, Client, Clock
from tests.timing import limit

NAMES = tuple(sorted(KINDS_BY_NAME))
IDS = ("c1", "C1", "ann@x.org")
MAILS = ("ann@x.org", "ANN@X.org", "straße@x.de")
GENERATED = settings(
    max_examples=examples(80),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@dataclass(frozen=True)
class Row:
    """A session, as far as these questions go."""

    kind: str
    number: int
    customer_id: str | None
    email: str | None
    name: str | None
    bot: str
    tenant: str | None
    related: tuple[tuple[str, int], ...]

    @property
    def started(self) -> str:
        return f"{(NOW - timedelta(minutes=self.number)).isoformat()}.000Z"

    def document(self) -> dict[str, Any]:
        customer = {"id": self.customer_id, "email": self.email, "name": self.name}
        if self.email is not None:
            customer["folded"] = {"email": self.email.casefold()}  # type: ignore[assignment]  # nested
        return {
            "_id": f"s{self.number}",
            "startedAt": NOW - timedelta(minutes=self.number),
            "customer": {name: value for name, value in customer.items() if value is not None},
            "botId": self.bot,
            "tenant": self.tenant,
            "labels": [],
            "relatedSessions": [
                {"kind": KINDS_BY_NAME[kind].enum_name, "sessionId": f"s{number}"}
                for kind, number in self.related
            ],
        }

    def is_seen(self, caller: Caller) -> bool:
        """By a caller, as the page about access says it."""
        return (
            caller.holds(f"{self.kind}:read", "*:read")
            and (caller.bots is None or self.kind != "bot" or self.bot in caller.bots)
            and (caller.tenants is None or (self.tenant or "") in caller.tenants)
        )


PLACES = st.tuples(st.sampled_from(NAMES), st.integers(0, 7))


@st.composite
def stored(draw: st.DrawFn) -> list[Row]:
    """Some sessions; each number is one of one kind, so that all starts differ."""
    return [
        Row(
            kind=draw(st.sampled_from(NAMES)),
            number=number,
            customer_id=draw(st.none() | st.sampled_from(IDS)),
            email=draw(st.none() | st.sampled_from(MAILS)),
            name=draw(st.none() | st.sampled_from(["Ann", "Bob", "***"])),
            bot=draw(st.sampled_from(["x", "y"])),
            tenant=draw(st.none() | st.sampled_from(["acme", "globex"])),
            related=tuple(draw(st.lists(PLACES, max_size=2, unique=True))),
        )
        for number in range(draw(st.integers(2, 8)))
    ]


READS = st.just(frozenset({"*:read"})) | st.frozensets(
    st.sampled_from([f"{name}:read" for name in NAMES]), max_size=4
)
SCOPES = st.tuples(READS, st.frozensets(st.sampled_from(["pii:read", "customer:write"])))
CALLERS = st.builds(
    Caller,
    st.just("a"),
    SCOPES.map(lambda parts: parts[0] | parts[1]),
    bots=st.none() | st.just(frozenset({"x"})),
    tenants=st.none() | st.sampled_from([frozenset({"acme"}), frozenset({""})]),
)
IDENTIFIERS = st.one_of(
    st.sampled_from(IDS).map(lambda value: Identifier(IdentifierType.CUSTOMER_ID, value)),
    st.sampled_from(MAILS).map(lambda value: Identifier(IdentifierType.EMAIL, value)),
)
LINKS = st.lists(st.lists(IDENTIFIERS, min_size=2, max_size=3), max_size=2)


def filled(client: Client, rows: Iterable[Row], links: Iterable[list[Identifier]] = ()) -> Client:
    """A client of a database with these rows and links alone."""

    async def empty() -> Any:
        return AsyncMongoMockClient(tz_aware=False)["sessions"]

    store = Store(client.runner.run(empty()), deadline=limit(5))
    fresh = replace(client, context=Context(store=store, now=Clock()))
    for row in rows:
        fresh.insert(row.kind, row.document())
    for group in links:
        if len({one.key for one in group}) > 1:
            client.runner.run(customers.link(fresh.context, group))
    return fresh


CUSTOMER = """query ($by: CustomerKey!) { customer(by: $by) {
  names firstSeenAt lastSeenAt
  sessions { totalCount nodes { sessionId startedAt relatedSessions { sessionId kind
    session { kind sessionId } } } }
  statistics { groups { count } } } }"""


def linked(links: Iterable[list[Identifier]], asked: Identifier) -> set[Identifier]:
    """The identifiers that are linked with one, over any others."""
    known = {asked.key: asked}
    for _ in range(4):
        for group in links:
            if known.keys() & {one.key for one in group}:
                known |= {one.key: one for one in group}
    return set(known.values())


def is_of(row: Row, sought: set[Identifier]) -> bool:
    mails = {one.value.casefold() for one in sought if one.type is IdentifierType.EMAIL}
    ids = {one.value for one in sought if one.type is IdentifierType.CUSTOMER_ID}
    return row.customer_id in ids or (row.email is not None and row.email.casefold() in mails)


@GENERATED
@given(rows=stored(), links=LINKS, asked=IDENTIFIERS, caller=CALLERS)
def test_a_customer_is_what_the_caller_sees(
    client: Client,
    rows: list[Row],
    links: list[list[Identifier]],
    asked: Identifier,
    caller: Caller,
) -> None:
    """Sessions, names, first and last, and the sessions that those name."""
    fresh = filled(client, rows, links)
    fresh.context.caller = caller
    key = "email" if asked.type is IdentifierType.EMAIL else "customerId"
    response = fresh(CUSTOMER, by={key: asked.value})
    personal = caller.holds("pii:read")
    reads_any = caller.holds("*:read", *(f"{name}:read" for name in NAMES))
    if not reads_any or ("@" in asked.value and not personal):
        assert response["data"] == {"customer": None}
        assert [one["extensions"]["code"] for one in response["errors"]] == ["FORBIDDEN"]
        return
    assert "errors" not in response
    known = linked(links, asked) if caller.tenants in (None, frozenset({""})) else {asked}
    sought = {one for one in known if personal or "@" not in one.value}
    seen = [row for row in rows if row.is_seen(caller) and is_of(row, sought)]
    found = response["data"]["customer"]
    if not seen:
        assert found is None
        return
    names = list(dict.fromkeys(row.name for row in seen if row.name is not None))
    assert found["names"] == (names if personal else ["***"][: len(names)])
    assert (found["firstSeenAt"], found["lastSeenAt"]) == (seen[-1].started, seen[0].started)
    assert found["statistics"]["groups"] == [{"count": len(seen)}]
    assert found["sessions"]["totalCount"] == len(seen)
    assert found["sessions"]["nodes"] == [shown(row, rows, caller) for row in seen]


def shown(row: Row, rows: list[Row], caller: Caller) -> dict[str, Any]:
    """A session with those that it names, as far as the caller sees them."""
    seen = {(one.kind, one.number) for one in rows if one.is_seen(caller)}
    pairs = []
    for place in row.related:
        pair = {"sessionId": f"s{place[1]}", "kind": KINDS_BY_NAME[place[0]].enum_name}
        pairs.append({**pair, "session": pair if place in seen else None})
    return {"sessionId": f"s{row.number}", "startedAt": row.started, "relatedSessions": pairs}


@GENERATED
@given(rows=stored(), caller=CALLERS, asked=PLACES)
def test_the_way_back_is_what_the_caller_sees(
    client: Client, rows: list[Row], caller: Caller, asked: tuple[str, int]
) -> None:
    """Over all kinds that one may read, those that name a session, seen itself or not."""
    fresh = filled(client, rows)
    fresh.context.caller = caller
    response = fresh(
        "query ($kind: SessionKind!, $id: String!) { sessions(filter: {relatedSessions: {some: "
        "{kind: {eq: $kind}, sessionId: {eq: $id}}}}) { nodes { sessionId } totalCount } }",
        kind=KINDS_BY_NAME[asked[0]].enum_name,
        id=f"s{asked[1]}",
    )
    if not caller.holds("*:read", *(f"{name}:read" for name in NAMES)):
        assert [one["extensions"]["code"] for one in response["errors"]] == ["FORBIDDEN"]
        return
    expected = [f"s{row.number}" for row in rows if asked in row.related and row.is_seen(caller)]
    nodes = [{"sessionId": one} for one in expected]
    assert response["data"]["sessions"] == {"nodes": nodes, "totalCount": len(expected)}


FIELDS = (
    "sessions(first: 3) { nodes { sessionId } }",
    "sessions(kinds: [BOT, CHAT]) { totalCount }",
    "sessions(first: -1) { totalCount }",
    "botSessions { nodes { sessionId } }",
    'chatSessions(filter: {customer: {email: {eq: "ann@x.org"}}}) { totalCount }',
    "knowledgeSessionSummary { count }",
    "coBrowseSessionStatistics(groupBy: [CUSTOMER_NAME]) { groupCount }",
    'remoteSupportSession(sessionId: "s1") { sessionId }',
    'customer(by: {customerId: "c1"}) { names sessions(first: 501) { totalCount } firstSeenAt }',
    'customer(by: {email: "ann@x.org"}) { sessions { totalCount } }',
    'searchSessions(text: "printer") { totalCount }',
    'nodes(ids: ["%s", "?", "%s"]) { id }' % (global_id("BotSession", "s0"), global_id("X", "y")),  # noqa: UP031  # braces
    "viewer { scopes }",
)


@GENERATED
@given(rows=stored(), caller=CALLERS, chosen=st.lists(st.sampled_from(FIELDS), max_size=6))
def test_each_field_is_as_if_it_were_alone(
    client: Client, rows: list[Row], caller: Caller, chosen: list[str]
) -> None:
    """Whatever is refused beside it, in whichever order."""
    fresh = filled(client, rows)
    fresh.context.caller = caller
    whole = fresh(
        "{ " + " ".join(f"f{n}: {text}" for n, text in enumerate(chosen)) + " __typename }"
    )
    errors = whole.get("errors", [])
    for place, text in enumerate(chosen):
        alone = fresh(f"{{ f{place}: {text} __typename }}")
        assert whole["data"][f"f{place}"] == alone["data"][f"f{place}"]
        own = [one for one in errors if one["path"][0] == f"f{place}"]
        assert list(map(told, own)) == list(map(told, alone.get("errors", [])))


def told(error: dict[str, Any]) -> tuple[Any, ...]:
    """What an error says, wherever its field stands in the text."""
    return error["message"], error["path"], error["extensions"]


@given(st.text(min_size=1).filter(lambda text: ":" not in text), st.text(min_size=1))
def test_global_ids_come_back(type_name: str, session_id: str) -> None:
    """Of any session id, colons and other scripts included."""
    text = global_id(type_name, session_id)
    assert parse_global_id(text) == (type_name, session_id)


@GENERATED
@given(text=st.text() | st.text().map(lambda text: global_id("BotSession", text)))
def test_any_text_as_an_id(client: Client, text: str) -> None:
    """It finds nothing, or is refused by name; alone and among others."""
    for field, path in (
        ("node(id: $id) { id }", ["node"]),
        ("nodes(ids: [$id]) { id }", ["nodes", 0]),
    ):
        response = client(f"query ($id: ID!) {{ {field} }}", id=text)
        assert response["data"] in ({"node": None}, {"nodes": [None]})
        for error in response.get("errors", []):
            assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", path)
