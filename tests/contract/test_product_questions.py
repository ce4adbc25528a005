"""Questions that a support front end asks: `docs/questions.md` has the query of each.

They are sent to the demo data as the page has them, with the page's variables.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from graphql import parse, validate

from app.commands.demo import load_demo
from resolvers.context import Context
from schema.build import build
from schema.kinds import KINDS
from tests.client_schema import client_schema
from tests.conftest import NOW, mock_store

PAGE = Path(__file__).resolve().parents[2] / "docs" / "questions.md"
ELSEWHERE = {
    "Who changed a session, and when": "tests/app/test_auditing.py",
    "What has changed since my last poll": "tests/schema/test_session_changes.py",
    "Active chats, live": "tests/app/graphql",
}
"""What needs an audit trail, or change streams; and where it is asked of an engine."""


class Question(NamedTuple):
    """One of the page."""

    query: str
    variables: dict[str, Any]


def questions() -> dict[str, Question]:
    """By their headings."""
    found = {}
    for section in re.split(r"^### ", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]:
        blocks = dict(re.findall(r"```(\w+)\n(.*?)```", section, re.S))
        given = json.loads(blocks.get("json", "{}"))
        found[section.partition("\n")[0]] = Question(blocks["graphql"], given)
    return found


QUESTIONS = questions()


class Desk:
    """A front end over the demo data."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self.runner = runner
        self.schema = build()
        self.context = runner.run(self._loaded())

    async def _loaded(self) -> Context:
        store = await mock_store()
        await load_demo(store, NOW)
        return Context(store, now=lambda: NOW)

    def __call__(self, query: str, /, **variables: Any) -> Any:
        """The data of an answer without errors."""
        run = self.schema.execute(query, variable_values=variables, context_value=self.context)
        result = self.runner.run(run)
        assert result.errors is None, result.errors
        return result.data

    def asked(self, title: str, **variables: Any) -> Any:
        """The same of a question of the page; its only field, if it has one."""
        question = QUESTIONS[title]
        data = self(question.query, **{**question.variables, **variables})
        return next(iter(data.values())) if len(data) == 1 else data


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """One for all questions: no two of them change the same column."""
    with asyncio.Runner() as runner:
        yield Desk(runner)


@pytest.mark.parametrize("title", QUESTIONS)
def test_is_one_query_of_the_schema(title: str) -> None:
    """As a client's tools check it, with a variable for each value that is given."""
    document = parse(QUESTIONS[title].query)
    assert validate(client_schema(), document) == []
    assert len(document.definitions) == 1


@pytest.mark.parametrize("title", [title for title in QUESTIONS if title not in ELSEWHERE])
def test_has_an_answer(desk: Desk, title: str) -> None:
    """The demo data has something for each: no list is empty."""
    assert not [*empty(desk.asked(title))]


def empty(value: Any, path: str = "") -> Iterator[str]:
    """The lists of rows that have none, and the whole answer if it is null."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from empty(inner, f"{path}.{name}")
    elif isinstance(value, list):
        if not value and path.rpartition(".")[2] in ("nodes", "edges", "groups"):
            yield path
        for inner in value[:1]:
            yield from empty(inner, path)
    elif value is None and not path:
        yield path


def test_all_sessions_of_a_customer(desk: Desk) -> None:
    """In the order of time; the co-browse session is known by the chat's link."""
    found = desk.asked("All sessions of a customer, over all systems")
    rows = found["sessions"]["nodes"]
    times = [row["startedAt"] for row in rows]
    assert len({row["kind"] for row in rows}) == 4
    related = {one["session"]["kind"] for row in rows for one in row["relatedSessions"]}
    assert related == {"CO_BROWSE"}
    assert times == sorted(times)
    assert (times[0], times[-1]) == (found["firstSeenAt"], found["lastSeenAt"])


def test_previous_and_next_session_of_a_customer(desk: Desk) -> None:
    """Those beside it in the customer's list, by the moment or by the row's cursor."""
    around = desk.asked("The previous and the next session of the same customer")
    edges = desk(
        '{ customer(by: {customerId: "C-204811"}) { sessions { edges { cursor node { id } } } } }'
    )["customer"]["sessions"]["edges"]
    assert around["next"]["nodes"][0]["id"] == edges[0]["node"]["id"]
    assert around["previous"]["nodes"][0]["id"] == edges[2]["node"]["id"]
    by_cursor = desk(
        """query ($at: String!) { customer(by: {customerId: "C-204811"}) {
        next: sessions(last: 1, before: $at) { nodes { id } }
        previous: sessions(first: 1, after: $at) { nodes { id } } } }""",
        at=edges[1]["cursor"],
    )["customer"]
    assert by_cursor["next"]["nodes"] == [edges[0]["node"]]
    assert by_cursor["previous"]["nodes"] == [edges[2]["node"]]


def test_active_chats(desk: Desk) -> None:
    """The one in which something was written last comes first."""
    rows = desk.asked("Active chats, with their last message")["nodes"]
    times = [row["lastMessageAt"] or "" for row in rows]
    assert times == sorted(times, reverse=True)
    assert all(bool(row["messageCount"]) is bool(row["lastMessage"]) for row in rows)
    assert times[0]


def test_unanswered_chats(desk: Desk) -> None:
    """Active ones in which only the visitor wrote, and there are others."""
    found = desk.asked("Chats that nobody has answered")
    active = desk(
        """{ chatSessions(filter: {status: {eq: ACTIVE}}) {
        nodes { id messages { nodes { source } } } } }"""
    )["chatSessions"]["nodes"]
    silent = {
        row["id"]
        for row in active
        if {message["source"] for message in row["messages"]["nodes"]} == {"VISITOR"}
    }
    assert {row["id"] for row in found["nodes"]} == silent
    assert 0 < len(silent) < len(active)


def test_one_huge_chat_in_pages(desk: Desk) -> None:
    """A chat's messages, page after page."""
    longest = """query ($after: String) { chatSessions(first: 1,
        orderBy: [{field: MESSAGE_COUNT, direction: DESC}]) { nodes { messageCount
        messages(first: 2, after: $after) { nodes { messageId }
        pageInfo { hasNextPage endCursor } } } } }"""
    seen: list[str] = []
    after = None
    while True:
        (chat,) = desk(longest, after=after)["chatSessions"]["nodes"]
        seen += [message["messageId"] for message in chat["messages"]["nodes"]]
        after = chat["messages"]["pageInfo"]["endCursor"]
        if not chat["messages"]["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == chat["messageCount"] > 2


def test_orderings(desk: Desk) -> None:
    """By technician, customer, channel and number of messages."""
    found = desk.asked("Ordered by technician, customer, channel or number of messages")
    lengths = [row["messageCount"] for row in found["byLength"]["nodes"]]
    customers = [row["customer"]["customerId"] for row in found["byCustomer"]["nodes"]]
    assert lengths == sorted(lengths, reverse=True)
    assert customers == sorted(customers, reverse=True)
    assert len({row["channel"] for row in found["byChannel"]["nodes"]}) == 1


def test_words_in_messages(desk: Desk) -> None:
    """With the texts in which they were found, written by the customer."""
    found = desk.asked("Words in messages")["edges"]
    for edge in found:
        for match in edge["matches"]:
            assert match["speaker"] == "CUSTOMER"
            assert any(part["isHit"] for part in match["parts"])


def test_longest_sessions(desk: Desk) -> None:
    """A twentieth of the sessions lasted at least as long as the percentile says."""
    found = desk.asked("The longest sessions, and where the longest twentieth begins")
    (group,) = found["chatSessionStatistics"]["groups"]
    p95 = group["durationSeconds"]["percentile"]
    longest = [row["durationSeconds"] for row in found["chatSessions"]["nodes"]]
    assert 12 <= sum(one >= p95 for one in longest) <= 18  # of 295


def test_sessions_per_day_and_channel(desk: Desk) -> None:
    """With the empty days."""
    groups = desk.asked("Sessions per day and channel")["groups"]
    assert len({group["key"]["periodStart"] for group in groups}) == 28
    assert sum(group["count"] for group in groups) > 0


def test_bots_with_the_highest_drop_off_rate(desk: Desk) -> None:
    """In order."""
    groups = desk.asked("The ten bots with the highest drop-off rate")["groups"]
    rates = [group["rate"] for group in groups]
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[0] <= 1


def test_average_duration_by_technician(desk: Desk) -> None:
    """The longest first."""
    groups = desk.asked("The average duration by technician")["groups"]
    averages = [group["durationSeconds"]["average"] or -1 for group in groups]
    assert averages == sorted(averages, reverse=True)


def test_first_response_time(desk: Desk) -> None:
    """Of each week."""
    groups = desk.asked("How long the first answer took")["groups"]
    assert any(group["firstResponseSeconds"]["count"] for group in groups)


def test_numbers_of_a_dashboard(desk: Desk) -> None:
    """All kinds by status, in one field."""
    groups = desk.asked("The numbers of a dashboard")["groups"]
    kinds = {group["key"]["kind"] for group in groups}
    assert kinds == {entry.kind.enum_name for entry in KINDS}


def test_changes(desk: Desk) -> None:
    """Labels, tags, a note: they are there afterwards, and nothing is refused."""
    found = desk.asked("Label, note and assignee of any session")
    assert [payload["errors"] for payload in found.values()] == [[], [], []]
    assert found["updateChatSession"]["session"]["assignee"] == "desk-1"
    tagged = desk.asked("A bot's tags")
    assert tagged["untagBotSession"]["errors"] == []
    many = desk.asked("Many sessions at once")
    assert many["one"]["errors"] == many["other"]["errors"] == []
    assert len(many["createChatSessions"]) == 2
    assert many["deleteChatSessions"][0]["errors"] == [{"code": "NOT_FOUND"}]


def test_upsert(desk: Desk) -> None:
    """One session afterwards, with the values of the last request."""
    title = "Create a session, or change it if it is there"
    desk.asked(title, sessionId="t-1", note="first")
    again = desk.asked(title, sessionId="t-1", note="second")
    assert again["createChatSession"]["errors"] == [{"code": "ALREADY_EXISTS"}]
    assert again["updateChatSession"]["session"]["note"] == "second"


def test_a_change_that_overwrites_nothing(desk: Desk) -> None:
    """The second one with the same revision is refused, with the session as it is."""
    title = "A change that overwrites nobody else's"
    given = desk("mutation { createCoBrowseSession(input: {}) { session { sessionId } } }")
    session_id = given["createCoBrowseSession"]["session"]["sessionId"]
    changed = desk.asked(title, sessionId=session_id)
    assert (changed["errors"], changed["session"]["revision"]) == ([], 2)
    again = desk.asked(title, sessionId=session_id)
    assert again["errors"][0]["code"] == "CONFLICT"
    assert again["session"]["revision"] == 2


def test_who_am_i(desk: Desk) -> None:
    """Whatever the process trusts has every scope."""
    assert desk.asked("Who am I, and what may I do?")["seesPersonalData"] is True
