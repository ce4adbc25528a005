"""`eraseCustomer` and `exportCustomer`: what clients give, and what they are answered."""

import json
from dataclasses import replace
from typing import Any

import pytest

from resolvers import customer_export
from resolvers.access import Caller
from resolvers.rebuild import outdated
from schema import customer_export as exporting
from schema.kinds import KINDS
from tests.schema.conftest import Client
from tests.schema.customers import LINK, an_email, an_id, groups

ERASE = """mutation ($by: CustomerKey!, $mode: ErasureMode = DELETE, $dryRun: Boolean = false) {
  eraseCustomer(by: $by, mode: $mode, dryRun: $dryRun) {
    kinds { kind count besideCount } elsewhere { kind count }
    searchEntryCount reservationCount identifierCount complete remainingCount limited
    errors { code field message } } }"""
EXPORT = """query ($by: CustomerKey!, $after: String) {
  exportCustomer(by: $by, after: $after) { lines hasNextPage endCursor } }"""
CREATE = """mutation ($id: String!, $mail: String!) { createChatSession(input: {sessionId: $id,
  visitor: {name: "Ada", emailAddress: $mail}}) { errors { message } } }"""
ADA = {"email": "ada@example.org"}


@pytest.fixture
def ada(client: Client) -> Client:
    """Two chats of Ada's, one bot session under an id that is linked, and a chat of Bob's."""
    client.runner.run(outdated(client.context.store, [entry.kind for entry in KINDS]))
    for name, mail in (("a1", "Ada@example.org"), ("a2", "ada@example.org"), ("b1", "bob@x.org")):
        assert client.data(CREATE, id=name, mail=mail) == {"errors": []}
    bot = 'botId: "st-1", channel: "rtm", userId: "17", sessionId: "bot-1"'
    client.data(f"mutation {{ createBotSession(input: {{{bot}}}) {{ errors {{ code }} }} }}")
    client.data(LINK, identifiers=[an_id("17"), an_email("ada@example.org")])
    return client


def counted(payload: Any) -> dict[str, int]:
    return {row["kind"]: row["count"] for row in payload["kinds"] if row["count"]}


@pytest.mark.parametrize("mode", ["DELETE", "ANONYMISE"])
def test_erasing(ada: Client, mode: str) -> None:
    """A dry run says what the real one then does; afterwards nobody is there."""
    counts = ada.data(ERASE, by=ADA, mode=mode, dryRun=True)
    assert counted(counts) == {"CHAT": 2, "BOT": 1}
    assert counts["identifierCount"] == 2
    assert counts["remainingCount"] == 3
    done = ada.data(ERASE, by=ADA, mode=mode)
    assert done == {**counts, "remainingCount": 0, "complete": True, "errors": []}
    assert ada.data("query ($by: CustomerKey!) { customer(by: $by) { names } }", by=ADA) is None
    assert groups(ada) == 0
    assert (ada.stored("chat", "a1") is None) == (mode == "DELETE")
    assert ada.stored("chat", "b1") is not None


def test_refusals_are_in_the_payload(ada: Client) -> None:
    """With the argument that is to blame; nothing is counted."""
    payload = ada.data(ERASE, by={"customerId": "x" * 321})
    (error,) = payload["errors"]
    assert error["code"] == "INVALID"
    assert not payload["complete"]
    ada.context.caller = replace(ada.context.caller, fixed=frozenset({"chat"}))
    (error,) = ada.data(ERASE, by=ADA)["errors"]
    assert error["code"] == "CONFLICT"
    assert "2 chat sessions" in error["message"]
    assert ada.data(ERASE, by=ADA, dryRun=True)["elsewhere"] == [{"kind": "CHAT", "count": 2}]


@pytest.mark.parametrize(
    ("text", "scope"), [(ERASE, "customer:erase"), (EXPORT, "customer:export")]
)
def test_scopes(ada: Client, text: str, scope: str) -> None:
    """The scopes of sessions and links do not include them."""
    scopes = frozenset({"*:read", "*:write", "pii:read", "customer:write"})
    ada.context.caller = Caller("x", scopes)
    error = ada.error(text, by=ADA)
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert scope in error["message"]
    ada.context.caller = Caller("x", scopes | {scope})
    ada.data(text, by=ADA)


def lines(client: Client, **by: str) -> list[Any]:
    """Those of all pages."""
    found, after = [], None
    while True:
        page = client.data(EXPORT, by=by, after=after)
        found += [json.loads(line) for line in page["lines"]]
        if not page["hasNextPage"]:
            return found
        assert page["endCursor"] != after
        after = page["endCursor"]


def test_exporting(ada: Client) -> None:
    """The customer with the identifiers first, then each session."""
    first, *rest = lines(ada, customerId="17")
    identifiers = first["customer"]["identifiers"]
    assert [one["value"] for one in identifiers] == ["17", "ada@example.org"]
    assert all(one["linkedAt"] and one["linkedBy"] for one in identifiers)
    assert first["customer"]["limited"] is False
    assert [(row["kind"], row["session"]["sessionId"]) for row in rest] == [
        ("CHAT", "a1"),
        ("CHAT", "a2"),
        ("BOT", "bot-1"),
    ]


@pytest.mark.parametrize(("size", "most"), [(1, 1), (1, 2), (2, 1), (5, 100)])
def test_pages_of_an_export(
    ada: Client, monkeypatch: pytest.MonkeyPatch, size: int, most: int
) -> None:
    """However small they are, nothing is skipped or repeated."""
    whole = lines(ada, **ADA)
    monkeypatch.setattr(customer_export, "SIZE", size)
    monkeypatch.setattr(exporting, "MOST_LINES", most)
    assert lines(ada, **ADA) == whole
    monkeypatch.setattr(exporting, "MOST_BYTES", 1)
    assert lines(ada, **ADA) == whole


def test_sessions_beside_are_exported(ada: Client) -> None:
    """What the person's chat names, if it is nobody else's."""
    made = ada.data(
        'mutation { createCoBrowseSession(input: {pages: [{url: "https://x.org/"}]}) '
        "{ session { sessionId } errors { message } } }"
    )
    named = [{"kind": "CO_BROWSE", "sessionId": made["session"]["sessionId"]}]
    ada.data(
        """mutation ($named: [RelatedSessionInput!]!) { updateChatSession(sessionId: "a1",
        input: {relatedSessions: $named}) { errors { message } } }""",
        named=named,
    )
    pages = [row["session"].get("pages") for row in lines(ada, **ADA)[1:]]
    assert [page[0]["url"] for page in pages if page] == ["https://x.org/"]


def test_damaged_sessions_are_named(ada: Client) -> None:
    """In their place."""
    collection = ada.collection("chat")
    ada.runner.run(collection.update_one({"_id": "a1"}, {"$set": {"visitor.country": 1}}))
    damaged = [row for row in lines(ada, **ADA) if "damaged" in row]
    assert [row["kind"] for row in damaged] == ["CHAT"]
    assert "a1" in damaged[0]["damaged"]


@pytest.mark.parametrize("after", ["x", "CHAT.", "CHAT.x", "NONE.x", ""])
def test_wrong_cursors(ada: Client, after: str) -> None:
    """Are refused by name."""
    error = ada.error(EXPORT, by=ADA, after=after)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "after" in error["message"]


def test_no_identifier(ada: Client) -> None:
    """An export says what is wrong with it."""
    error = ada.error(EXPORT, by={"customerId": ""})
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "by"}
