"""What narrower credentials are shown of customers, and what they can learn by asking."""

from typing import Any

import pytest

from resolvers.access import EVERYBODY, Caller
from tests.schema.conftest import Client
from tests.schema.customers import (
    CUSTOMER,
    LINK,
    MASKED,
    NAMES,
    START,
    UNLINK,
    an_email,
    an_id,
    fill,
    ids,
    link,
    store,
)


@pytest.fixture
def linked(client: Client) -> Client:
    """The same, with Ada's identifiers linked."""
    return link(fill(client))


def test_masked_callers(linked: Client) -> None:
    """Without `pii:read`, addresses and names are masked, wherever they come from."""
    linked.context.caller = MASKED
    store(linked, "chat", "h4", 0, id="17", email="ada@example.org", name="Ada")
    customer = linked.data(CUSTOMER, by={"customerId": "c1"})
    assert [one["value"] for one in customer["identifiers"]] == ["17", "c1", "***"]
    assert customer["names"] == ["***"]
    assert ids(customer) == ["h4", "k1", "b1"]
    emails = [row["customer"]["email"] for row in customer["sessions"]["nodes"]]
    assert emails == ["***", None, None]


JOURNEY = """query ($by: CustomerKey!) { customer(by: $by) {
  names firstSeenAt lastSeenAt identifiers { type value } sessions { totalCount }
  statistics { groups { count } } } }"""


@pytest.mark.parametrize("reads", ["*:read", "chat:read knowledge:read"])
def test_masked_callers_confirm_no_address(linked: Client, reads: str) -> None:
    """A session that they write with a guessed address changes nothing that they see."""
    scopes = {*reads.split(), "chat:write"}
    linked.context.caller = Caller("m", frozenset(scopes))
    create = """mutation ($address: String!) { createChatSession(input: {
      visitor: {name: "x", emailAddress: $address}}) { errors { message } } }"""
    before = linked.data(JOURNEY, by={"customerId": "17"})
    assert linked.data(create, address="ADA@EXAMPLE.ORG")["errors"] == []
    assert linked.data(JOURNEY, by={"customerId": "17"}) == before
    linked.context.caller = Caller("p", frozenset({*scopes, "pii:read"}))
    assert linked.data(JOURNEY, by={"customerId": "17"}) != before


@pytest.mark.parametrize("value", ["ada@example.org", "nobody@example.org", "", "x" * 400])
def test_masked_callers_ask_for_no_address(
    linked: Client, finds: list[dict[str, Any]], value: str
) -> None:
    """FORBIDDEN whether or not somebody has it, before anything is read; in links, too."""
    linked.context.caller = MASKED
    finds.clear()
    error = linked.error(CUSTOMER, by={"email": value})
    assert (error["extensions"]["code"], error["path"]) == ("FORBIDDEN", ["customer"])
    for verb in (LINK, UNLINK):
        error = linked.error(verb, identifiers=[an_id("mine"), an_email(value)])
        assert error["extensions"]["code"] == "FORBIDDEN"
    assert finds == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"filter": {"customer": {"email": {"eqIgnoreCase": "ada@example.org"}}}},
        {"filter": {"customer": {"name": {"eq": "Ada"}}}},
        {"orderBy": [{"field": "CUSTOMER_EMAIL"}]},
    ],
    ids=str,
)
def test_masked_callers_filter_and_order_by_nothing_personal(
    linked: Client, arguments: dict[str, Any]
) -> None:
    """The list is refused; what stands beside it arrives."""
    linked.context.caller = MASKED
    answer = linked(CUSTOMER, by={"customerId": "c1"}, **arguments)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert answer["errors"][0]["path"] == ["customer", "sessions"]
    assert answer["data"]["customer"]["lastSeenAt"]
    assert answer["data"]["customer"]["sessions"] is None


def test_scopes(linked: Client) -> None:
    """Sessions of kinds that one may read; none of them is null, and no kind at all a refusal."""
    linked.context.caller = Caller("a", frozenset({"bot:read", "pii:read"}))
    customer = linked.data(CUSTOMER, by={"customerId": "17"})
    assert (ids(customer), customer["names"]) == (["b1"], [])
    linked.context.caller = Caller("a", frozenset({"co_browse:read", "pii:read"}))
    assert linked.data(CUSTOMER, by={"customerId": "17"}) is None
    linked.context.caller = Caller("a", frozenset({"pii:read"}))
    assert linked.error(CUSTOMER, by={"customerId": "17"})["extensions"]["code"] == "FORBIDDEN"


def values(client: Client, key: str) -> list[str]:
    """The identifiers of a customer."""
    text = "query ($by: CustomerKey!) { customer(by: $by) { identifiers { value } } }"
    return [one["value"] for one in client.data(text, by={"customerId": key})["identifiers"]]


@pytest.mark.parametrize(
    ("scopes", "bots", "seen"),
    [
        ("*:read pii:read", None, ["17", "c1", "u", "ADA@example.org"]),
        ("*:read", None, ["17", "c1", "u", "***"]),
        ("bot:read pii:read", None, ["17", "c1"]),
        ("bot:read chat:read pii:read", None, ["17", "c1", "ADA@example.org"]),
        ("bot:read chat:read", None, ["17", "c1"]),
        ("*:read pii:read", "y", ["17", "ADA@example.org"]),
        ("*:read pii:read", "x", ["17", "c1", "ADA@example.org"]),
    ],
)
def test_identifiers_follow_the_sessions(
    linked: Client, scopes: str, bots: str | None, seen: list[str]
) -> None:
    """If sessions are hidden, only those in visible sessions, and the one that was asked for."""
    linked.data(LINK, identifiers=[an_id("17"), an_id("u")])
    limit = None if bots is None else frozenset({bots})
    linked.context.caller = Caller("a", frozenset(scopes.split()), limit)
    assert values(linked, "17") == seen


def test_where_identifiers_are_sought(linked: Client, finds: list[dict[str, Any]]) -> None:
    """In the same finds as the names, where they are selected and sessions are hidden."""
    linked.context.caller = Caller("a", frozenset({"bot:read", "pii:read"}))
    keys = {"customer.id", "customer.folded.email"}
    for selected, columns in (
        ("identifiers { type }", keys),
        ("names", set()),
        ("__typename", START),
    ):
        finds.clear()
        linked.data(f'{{ customer(by: {{customerId: "c1"}}) {{ {selected} }} }}')
        read = [find["projection"].keys() - {"_id"} for find in finds[2:]]
        assert read == [(NAMES if selected == "names" else START) | columns]


@pytest.mark.parametrize(
    ("scopes", "bots"),
    [("customer:write pii:read", None), ("customer:write pii:read *:read", "x")],
)
def test_changes_show_what_was_given(linked: Client, scopes: str, bots: str | None) -> None:
    """Who does not see every session learns from a change no identifier that it did not name."""
    limit = None if bots is None else frozenset({bots})
    linked.context.caller = Caller("a", frozenset(scopes.split()), limit)
    given = [an_id("17"), an_id("zz")]
    assert linked.data(LINK, identifiers=given) == {"identifiers": given, "errors": []}
    assert linked.data(UNLINK, identifiers=given) == {"identifiers": [], "errors": []}
    linked.context.caller = EVERYBODY
    assert values(linked, "c1") == ["c1", "ADA@example.org"]


@pytest.mark.parametrize(
    ("scopes", "shown"),
    [("*:read", None), ("*:read *:write", None), ("*:read customer:write", "Everybody")],
)
def test_who_linked_them(linked: Client, scopes: str, shown: str | None) -> None:
    """The names of credentials are for those who may link."""
    linked.context.caller = Caller("a", frozenset(scopes.split()))
    customer = linked.data(CUSTOMER, by={"customerId": "17"})
    assert {one["linkedBy"] for one in customer["identifiers"]} == {shown}
    assert all(one["linkedAt"] for one in customer["identifiers"])


def test_masked_callers_unlink_ids(linked: Client) -> None:
    """An id is taken out of what it is linked with, addresses too, which stay with the others."""
    linked.context.caller = MASKED
    left = linked.data(UNLINK, identifiers=[an_id("c1")])["identifiers"]
    assert left == [an_id("17"), an_email("***")]
    linked.context.caller = EVERYBODY
    assert values(linked, "17") == ["17", "ADA@example.org"]


def test_a_kind_that_is_named(linked: Client) -> None:
    """FORBIDDEN in the list's place if one may not read it."""
    linked.context.caller = Caller("a", frozenset({"bot:read", "pii:read"}))
    answer = linked(CUSTOMER, by={"customerId": "17"}, kinds=["CHAT"])
    assert answer["errors"][0]["path"] == ["customer", "sessions"]
    assert answer["data"]["customer"]["identifiers"]


def test_bots_and_retention(linked: Client) -> None:
    """Sessions of other bots and expired ones do not count: neither do their names and times."""
    linked.context.caller = Caller("a", frozenset({"bot:read", "knowledge:read"}), frozenset({"y"}))
    assert ids(linked.data(CUSTOMER, by={"customerId": "c1"})) == ["k1"]
    linked.context.retention = {"knowledge": 60}
    assert linked.data(CUSTOMER, by={"customerId": "c1"}) is None
