"""Windows of lists within sessions: compiled, from constants and from variables."""

from typing import Any

import pytest

from tests.schema.execution.database import Database
from tests.schema.execution.support import Asker

PAGE = """query ($first: Int = 2, $after: String) { chatSession(sessionId: "c") {
  messages(first: $first, after: $after) {
    edges { cursor node { messageId } } pageInfo { endCursor hasNextPage } } } }"""
SESSIONS = """query ($last: Int) { sessions { nodes { sessionId ...on ChatSession {
  messages(last: $last) { nodes { messageId } totalCount } } } } }"""


@pytest.fixture(autouse=True)
def stored(fresh: Asker) -> None:
    """A chat of five messages."""
    messages = [{"id": str(place)} for place in range(5)]
    chat = {"_id": "c", "messages": messages, "messageCount": 5}
    fresh.database = Database({"chat_sessions": [chat]})


@pytest.fixture
def compiled(fresh: Asker, monkeypatch: pytest.MonkeyPatch) -> Asker:
    """These operations are known, and graphql-core is of no help with lists."""
    for text in (PAGE, SESSIONS):
        fresh(text, text)
    monkeypatch.setattr("schema.list_pages.PagedField.get_result", lambda *_: pytest.fail("plain"))
    fresh.sent()
    return fresh


def test_each_run_has_its_window(compiled: Asker) -> None:
    """One function serves every setting of the variables, and reads what that shows."""
    found: list[str] = []
    after, more = None, True
    while more:
        messages = compiled(PAGE, after=after).data["chatSession"]["messages"]
        found += [edge["node"]["messageId"] for edge in messages["edges"]]
        assert messages["edges"][-1]["cursor"] == messages["pageInfo"]["endCursor"]
        after, more = messages["pageInfo"]["endCursor"], messages["pageInfo"]["hasNextPage"]
    assert found == ["0", "1", "2", "3", "4"]
    places = [[0, 2], [2, 2], [4, 2]]
    for command, place in zip(compiled.database.commands, places, strict=True):
        assert f"'messages': {{'$slice': {place}}}" in command


@pytest.mark.parametrize(("last", "shown"), [(1, ["4"]), (2, ["3", "4"]), (0, [])])
def test_in_a_list_of_all_kinds(compiled: Asker, last: int, shown: list[str]) -> None:
    """The functions of each kind get the windows, too."""
    (row,) = compiled(SESSIONS, last=last).data["sessions"]["nodes"]
    assert [node["messageId"] for node in row["messages"]["nodes"]] == shown
    assert row["messages"]["totalCount"] == 5


def test_variables_do_not_fill_what_is_remembered(compiled: Asker) -> None:
    """Nothing is remembered for a setting of such a variable."""
    known: Any = compiled.operations.known(PAGE)
    before = len(known._derived)
    for first in range(1, 30):
        assert compiled(PAGE, first=first).errors is None
    assert len(known._derived) == before
