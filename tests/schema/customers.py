"""Sessions of a customer in several systems, and what is asked of them."""

from datetime import timedelta
from typing import Any

from resolvers.access import Caller
from tests.schema.conftest import NOW, Client

CUSTOMER = """query ($by: CustomerKey!, $kinds: [SessionKind!], $filter: SessionFilter,
    $orderBy: [SessionOrder!], $first: Int, $after: String) {
  customer(by: $by) {
    identifiers { type value linkedAt linkedBy } names firstSeenAt lastSeenAt
    sessions(kinds: $kinds, filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
      totalCount nodes { __typename sessionId customer { email } } pageInfo { endCursor }
    }
  }
}"""
LINK = """mutation ($identifiers: [CustomerIdentifierInput!]!) {
  linkCustomerIdentifiers(identifiers: $identifiers) {
    identifiers { type value } errors { code field message } } }"""
UNLINK = LINK.replace("linkC", "unlinkC")
START, NAMES, NOTES = {"startedAt"}, {"customer.name", "startedAt"}, {"note", "startedAt"}
MASKED = Caller("m", frozenset({"*:read", "customer:write"}), name="Masked")


def an_id(value: str) -> dict[str, str]:
    return {"type": "CUSTOMER_ID", "value": value}


def an_email(value: str) -> dict[str, str]:
    return {"type": "EMAIL", "value": value}


def store(client: Client, kind: str, session_id: str, minutes: int, **customer: str) -> None:
    """A session as the database has it, started so many minutes ago."""
    started = NOW - timedelta(minutes=minutes)
    known: dict[str, Any] = dict(customer)
    if "email" in known:
        known["folded"] = {"email": known["email"].casefold()}
    row = {"_id": session_id, "startedAt": started, "labels": [], "customer": known, "botId": "x"}
    client.insert(kind, row)


def fill(client: Client) -> Client:
    """Ada is c1 for the bot, 17 for the knowledge centre, and gave addresses in two chats."""
    store(client, "bot", "b1", 5, id="c1")
    store(client, "knowledge", "k1", 4, id="17")
    store(client, "chat", "h1", 3, email="Ada@Example.org", name="Ada")
    store(client, "chat", "h2", 2, email="ada@example.ORG", name="Ada L.")
    store(client, "chat", "h3", 1, email="bob@example.org", name="Bob")
    return client


def link(filled: Client) -> Client:
    """All of Ada's."""
    given = [an_id("c1"), an_id("17"), an_email("ADA@example.org")]
    payload = filled.data(LINK, identifiers=given)
    assert payload == {"identifiers": [given[1], given[0], given[2]], "errors": []}
    return filled


def groups(client: Client) -> int:
    """How many groups are stored."""
    links = client.context.store.database["customer_links"]
    count: int = client.runner.run(links.count_documents({}))
    return count


def ids(customer: Any) -> list[str]:
    """The sessions of a customer."""
    return [row["sessionId"] for row in customer["sessions"]["nodes"]]
