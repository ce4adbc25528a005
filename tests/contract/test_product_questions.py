"""Questions that a support front end asks: each of them is one query over the demo data."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.commands.demo import load_demo
from app.commands.demo.journey import IDENTIFIERS
from resolvers.context import Context
from schema.build import build
from schema.kinds import KINDS
from tests.conftest import NOW, mock_store

MONTH = "2026-01-30T00:00:00Z"
"""Thirty days before the demo's last day."""


class Desk:
    """A front end over the demo data, which asks and changes nothing."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self.runner = runner
        self.schema = build()
        self.context = runner.run(self._loaded())

    async def _loaded(self) -> Context:
        store = await mock_store()
        await load_demo(store, NOW)
        return Context(store, now=lambda: NOW)

    def __call__(self, query: str, /, **variables: Any) -> Any:
        """The value of the query's only field."""
        run = self.schema.execute(query, variable_values=variables, context_value=self.context)
        result = self.runner.run(run)
        assert result.errors is None, result.errors
        (value,) = result.data.values()
        return value


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """One for all questions."""
    with asyncio.Runner() as runner:
        yield Desk(runner)


def test_all_sessions_of_a_customer(desk: Desk) -> None:
    """Over all systems, in the order of time; the co-browse session is known by the chat's link."""
    email = next(one.value for one in IDENTIFIERS if "@" in one.value)
    found = desk(
        """query ($email: String!) { customer(by: {email: $email}) { names firstSeenAt lastSeenAt
        sessions(orderBy: [{field: STARTED_AT}]) { totalCount
        nodes { kind startedAt relatedSessions { session { kind } } } } } }""",
        email=email,
    )
    kinds = {row["kind"] for row in found["sessions"]["nodes"]}
    times = [row["startedAt"] for row in found["sessions"]["nodes"]]
    related = {
        one["session"]["kind"]
        for row in found["sessions"]["nodes"]
        for one in row["relatedSessions"]
    }
    assert len(kinds) == 4
    assert related == {"CO_BROWSE"}
    assert times == sorted(times)
    assert (times[0], times[-1]) == (found["firstSeenAt"], found["lastSeenAt"])


def test_sessions_per_day_and_channel(desk: Desk) -> None:
    """Of the last thirty days, with the empty days."""
    found = desk(
        """query ($from: DateTime!, $to: DateTime!) { botSessionStatistics(groupBy: [CHANNEL],
        every: DAY, timeZone: "Europe/Berlin", first: 1000,
        filter: {startedAt: {gte: $from, lt: $to}}) { groupCount
        groups { count key { channel periodStart } } } }""",
        **{"from": MONTH, "to": "2026-03-01T00:00:00Z"},
    )
    days = {group["key"]["periodStart"] for group in found["groups"]}
    assert len(days) == 31  # in Berlin, the range begins and ends within a day
    assert sum(group["count"] for group in found["groups"]) > 0


def test_bots_with_the_highest_drop_off_rate(desk: Desk) -> None:
    """The ten first, in order."""
    found = desk(
        """{ botSessionStatistics(groupBy: [BOT_ID], first: 10,
        rateOf: {containmentType: {eq: DROP_OFF}}, orderBy: [{field: RATE, direction: DESC}]) {
        groups { count rate key { botId } } } }"""
    )
    rates = [group["rate"] for group in found["groups"]]
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[0] <= 1


def test_average_duration_by_technician(desk: Desk) -> None:
    """This week, the longest first."""
    found = desk(
        """query ($from: DateTime!) { remoteSupportSessionStatistics(groupBy: [TECH_USERNAME],
        filter: {startedAt: {gte: $from}},
        orderBy: [{field: AVERAGE, of: DURATION_SECONDS, direction: DESC}]) {
        groups { key { techUsername } durationSeconds { average count } } } }""",
        **{"from": MONTH},
    )
    assert found["groups"]


def test_active_chats(desk: Desk) -> None:
    """Now, with each one's last message and how many there are, without the messages."""
    found = desk(
        """{ chatSessions(filter: {status: {eq: ACTIVE}}, first: 5) { totalCount
        nodes { messageCount lastMessageAt lastMessage { message source } } } }"""
    )
    assert found["totalCount"] > 0
    assert all(row["messageCount"] >= 0 for row in found["nodes"])


def test_words_in_messages(desk: Desk) -> None:
    """With the texts in which they were found."""
    found = desk("{ chatSessions(first: 20) { nodes { lastMessage { message } } } }")["nodes"]
    messages = [one["lastMessage"]["message"] for one in found if one["lastMessage"]]
    text = max(re.findall(r"[a-z]+", " ".join(messages)), key=len)
    found = desk(
        """query ($text: String!) { searchSessions(text: $text, kinds: [CHAT], first: 3) {
        totalCount edges { node { id kind } matches(first: 1) { speaker
        parts { text isHit } } } } }""",
        text=text,
    )
    assert found["totalCount"] > 0
    for edge in found["edges"]:
        assert any(part["isHit"] for match in edge["matches"] for part in match["parts"])


def test_longest_sessions(desk: Desk) -> None:
    """The 95th percentile, beside the list from its longest end."""
    found = desk(
        """{ chatSessionStatistics { groups { durationSeconds { p95: percentile(p: 0.95) } } } }"""
    )
    (group,) = found["groups"]
    assert group["durationSeconds"]["p95"] > 0


def test_one_huge_chat_in_pages(desk: Desk) -> None:
    """A chat's messages, page after page."""
    longest = """query ($after: String) { chatSessions(first: 1,
        orderBy: [{field: MESSAGE_COUNT, direction: DESC}]) { nodes { messageCount
        messages(first: 2, after: $after) { nodes { messageId }
        pageInfo { hasNextPage endCursor } } } } }"""
    seen: list[str] = []
    after = None
    while True:
        (chat,) = desk(longest, after=after)["nodes"]
        seen += [message["messageId"] for message in chat["messages"]["nodes"]]
        after = chat["messages"]["pageInfo"]["endCursor"]
        if not chat["messages"]["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == chat["messageCount"] > 2


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("remoteSupportSessions", "TECH_USERNAME"),
        ("remoteSupportSessions", "CUSTOMER_ID"),
        ("botSessions", "CHANNEL"),
        ("chatSessions", "MESSAGE_COUNT"),
        ("sessions", "CUSTOMER_ID"),
    ],
)
def test_orderings(desk: Desk, field: str, column: str) -> None:
    """By technician, customer, channel and number of messages, in both directions."""
    for direction in ("ASC", "DESC"):
        order = f"[{{field: {column}, direction: {direction}}}]"
        assert desk(f"{{ {field}(orderBy: {order}) {{ nodes {{ id }} }} }}")["nodes"]


def test_values_for_a_choice(desk: Desk) -> None:
    """Distinct channels, with how often each occurs."""
    found = desk(
        "{ botSessionStatistics(groupBy: [CHANNEL]) { groups { count share key { channel } } } }"
    )
    channels = [group["key"]["channel"] for group in found["groups"]]
    assert len(channels) == len(set(channels)) > 1
    assert sum(group["share"] for group in found["groups"]) == pytest.approx(1)


def test_previous_and_next_session_of_a_customer(desk: Desk) -> None:
    """Around a session in the customer's list."""
    ids = [one.value for one in IDENTIFIERS if "@" not in one.value]
    text = """query ($id: String!, $at: String) { customer(by: {customerId: $id}) {
        all: sessions(first: 3) { edges { cursor node { id } } }
        newer: sessions(last: 1, before: $at) { nodes { id } }
        older: sessions(first: 1, after: $at) { nodes { id } } } }"""
    edges = desk(text, id=ids[0])["all"]["edges"]
    around = desk(text, id=ids[0], at=edges[1]["cursor"])
    assert around["newer"]["nodes"] == [edges[0]["node"]]
    assert around["older"]["nodes"] == [edges[2]["node"]]


def test_unanswered_chats(desk: Desk) -> None:
    """Active ones in which a visitor wrote and no operator answered, the longest waiting first."""
    found = desk(
        """{ chatSessions(filter: {firstResponseSeconds: {eq: null}, status: {eq: ACTIVE},
        messages: {some: {source: {eq: VISITOR}}}}, orderBy: [{field: STARTED_AT}]) {
        totalCount nodes { id startedAt } } }"""
    )
    assert found["totalCount"] == len(found["nodes"])


def test_first_response_time(desk: Desk) -> None:
    """Average and 90th percentile, each week."""
    found = desk(
        """{ chatSessionStatistics(every: WEEK) { groups { key { periodStart }
        firstResponseSeconds { average percentile(p: 0.9) count } } } }"""
    )
    assert any(group["firstResponseSeconds"]["count"] for group in found["groups"])


def test_numbers_of_a_dashboard(desk: Desk) -> None:
    """All kinds by status, in one field."""
    found = desk(
        """{ sessionStatistics(groupBy: [KIND, STATUS]) { groups { count key { kind status }
        durationSeconds { average } } } }"""
    )
    kinds = {group["key"]["kind"] for group in found["groups"]}
    assert kinds == {entry.kind.enum_name for entry in KINDS}


def test_labels_notes_and_assignees(desk: Desk) -> None:
    """What the team put on sessions of any kind."""
    found = desk(
        """{ sessions(filter: {or: [{assignee: {ne: null}}, {note: {ne: null}}]}, first: 3) {
        nodes { kind labels note assignee } } }"""
    )
    assert found["nodes"]
