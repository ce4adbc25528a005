"""Search, as a front end sees it: `filter: {search: …}` of every list, and `searchSessions`."""

from datetime import timedelta
from typing import Any

import pytest

from resolvers.access import Caller
from schema.build import build
from schema.search import MOST_MATCHES
from tests.kinds import SAMPLES, every_kind
from tests.kinds.sample import Sample
from tests.schema.conftest import NOW, Client

SEARCH = """query ($text: String!, $speakers: [Speaker!], $kinds: [SessionKind!],
    $filter: SessionFilter, $first: Int, $after: String, $matches: Int) {
  searchSessions(text: $text, speakers: $speakers, kinds: $kinds, filter: $filter, first: $first,
      after: $after) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { sessionId }
    edges {
      cursor
      node { __typename sessionId ... on ChatSession { visitor { name } } }
      matches(first: $matches) { field speaker at parts { text isHit } }
    }
  }
}"""
CREATE_CHAT = """mutation ($input: CreateChatSessionInput!) {
  createChatSession(input: $input) { session { id } errors { message } } }"""


def create(client: Client, session_id: str, minutes: int, *messages: tuple[str, str]) -> None:
    """A chat that began so many minutes ago, with messages a minute apart."""
    start = NOW - timedelta(minutes=minutes)
    sent = [
        {
            "message": text,
            "source": source,
            "sent": {"dateTime": (start + timedelta(minutes=place)).isoformat()},
        }
        for place, (source, text) in enumerate(messages)
    ]
    values = {
        "sessionId": session_id,
        "start": {"dateTime": start.isoformat()},
        "visitor": {"name": "Zoë Jam"},
        "messages": sent,
    }
    assert not client.data(CREATE_CHAT, input=values)["errors"]


@pytest.fixture
def filled(client: Client) -> Client:
    """Three chats, the first one newest, and a note on a session of each other kind."""
    create(client, "a", 10, ("VISITOR", "My printer has a paper jam!"), ("OPERATOR", "A jam? Oh."))
    create(client, "b", 20, ("OPERATOR", "Printers jam."), ("VISITOR", "Drücker"))
    create(client, "c", 30, ("VISITOR", "Hello"))
    for sample in SAMPLES:
        if sample.kind != "chat":
            values = {**sample.least, **sample.another, "note": "the printer again"}
            client.data(sample.create, input=values)
    return client


def ids(page: Any) -> list[str]:
    return [edge["node"]["sessionId"] for edge in page["edges"]]


def marked(match: Any) -> str:
    """The text of a match with its hits in brackets."""
    return "".join(
        f"[{part['text']}]" if part["isHit"] else part["text"] for part in match["parts"]
    )


def test_newest_first_over_all_kinds(filled: Client) -> None:
    """Every kind has a note; each row has its own type."""
    page = filled.data(SEARCH, text="printer", first=50)
    assert {edge["node"]["__typename"] for edge in page["edges"]} == {one.type for one in SAMPLES}
    assert page["totalCount"] == len(page["nodes"]) == len(SAMPLES)
    assert ids(page)[-1] == "a"


def test_matches(filled: Client) -> None:
    """The texts with a hit: where, who, when, and what."""
    (edge,) = filled.data(SEARCH, text="jam printer", kinds=["CHAT"])["edges"]
    assert [(match["field"], match["speaker"], match["at"]) for match in edge["matches"]] == [
        ("customer.name", None, None),
        ("messages.message", "CUSTOMER", "2026-03-01T09:20:00.000Z"),
        ("messages.message", "AGENT", "2026-03-01T09:21:00.000Z"),
    ]
    assert [marked(match) for match in edge["matches"]] == [
        "Zoë [Jam]",
        "My [printer] has a paper [jam]!",
        "A [jam]? Oh.",
    ]


@pytest.mark.parametrize(
    ("speakers", "found"),
    [(["CUSTOMER"], ["a"]), (["AGENT"], ["a", "b"]), (["AGENT", "CUSTOMER"], ["a", "b"]),
     (["BOT"], []), ([], []), (None, ["a", "b", "c"])],
)  # fmt: skip
def test_speakers(filled: Client, speakers: list[str] | None, found: list[str]) -> None:
    """Only what they wrote is searched, and shown as a match."""
    page = filled.data(SEARCH, text="jam", speakers=speakers)
    assert ids(page) == found
    shown = {match["speaker"] for edge in page["edges"] for match in edge["matches"]}
    assert speakers is None or shown <= {*speakers}


@pytest.mark.parametrize(
    ("text", "found"),
    [("PRINTER", ["a"]), ("print*", ["a", "b"]), ('"paper jam"', ["a"]), ('"jam paper"', []),
     ("drucker", ["b"]), ("printer nothing", []), ("zoe hello", ["c"])],
)  # fmt: skip
def test_syntax(filled: Client, text: str, found: list[str]) -> None:
    """The same in the field, in SessionFilter and in the kind's own filter."""
    assert ids(filled.data(SEARCH, text=text, kinds=["CHAT"])) == found
    both = """query ($text: String) {
      sessions(kinds: [CHAT], filter: {search: $text}) { nodes { sessionId } totalCount }
      chatSessions(filter: {search: $text}) { nodes { sessionId } totalCount }
      chatSessionSummary(filter: {search: $text}) { count }
      chatSessionStatistics(filter: {search: $text}) { groups { count } }
      sessionStatistics(kinds: [CHAT], filter: {search: $text}) { groups { count } }
    }"""
    answer = filled.data(both, text=text)
    for name in ("sessions", "chatSessions"):
        assert [row["sessionId"] for row in answer[name]["nodes"]] == found
        assert answer[name]["totalCount"] == len(found)
    assert answer["chatSessionSummary"]["count"] == len(found)
    for name in ("chatSessionStatistics", "sessionStatistics"):
        assert sum(group["count"] for group in answer[name]["groups"]) == len(found)


def test_pages(filled: Client) -> None:
    """Each session once, whatever the page's size; a cursor goes on where its row was."""
    expected = ids(filled.data(SEARCH, text="prin*", first=50))
    for first in (1, 2, 3):
        seen, after = [], None
        while True:
            page = filled.data(SEARCH, text="prin*", first=first, after=after)
            seen += ids(page)
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        assert seen == expected


def test_filter_of_a_search(filled: Client) -> None:
    """Further conditions narrow it."""
    page = filled.data(SEARCH, text="jam", filter={"startedAt": {"lt": "2026-03-01T09:15:00Z"}})
    assert ids(page) == ["b", "c"]
    page = filled.data(SEARCH, text="jam", filter={"not": {"search": "printer"}})
    assert ids(page) == ["b", "c"]


def test_number_of_matches(filled: Client) -> None:
    """Three by default, also for null; none for 0; more than the limit is refused."""
    for given, shown in ((None, 3), (1, 1), (0, 0), (MOST_MATCHES, 3)):
        (edge,) = filled.data(SEARCH, text="jam paper", matches=given)["edges"]
        assert len(edge["matches"]) == shown
    error = filled.error(SEARCH, text="jam paper", matches=MOST_MATCHES + 1)
    assert error["message"].startswith("first: 21 is out of range")


def test_matches_are_read_only_if_selected(filled: Client, finds: list[dict[str, Any]]) -> None:
    """Without them, no text is read: the index and the stored words answer."""
    filled.data('{ searchSessions(text: "jam") { nodes { sessionId } } }')
    assert {path for find in finds for path in find["projection"]} == {"_id", "startedAt"}
    assert len(finds) == len(SAMPLES)
    finds.clear()
    filled.data('{ searchSessions(text: "jam") { edges { matches { field } } } }')
    assert len(finds) == len(SAMPLES) + 1
    assert "messages" in finds[-1]["projection"]


@every_kind
def test_note_of_each_kind(client: Client, kind: Sample) -> None:
    """What is written is found at once, and what is overwritten is not."""
    made = client.data(kind.create, input={**kind.least, "note": "Kängurus"})["session"]
    text = f"query ($text: String) {{ {kind.name}s(filter: {{search: $text}}) {{ totalCount }} }}"
    assert client.data(text, text="kanguru*") == {"totalCount": 1}
    client.data(kind.update, id=made["sessionId"], input={"note": "Emus"})
    assert client.data(text, text="kanguru*") == {"totalCount": 0}
    assert client.data(text, text="EMUS") == {"totalCount": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "no word"), ("— …", "no word"), ("a*", "too short"), ("x" * 201, "too long"),
     (" ".join("abcdefghijklmnopqrstu"), "too many"), ("a\0", "NUL")],
)  # fmt: skip
def test_refused_texts(client: Client, text: str, said: str) -> None:
    """By the name of where they stand; null, too. An absent variable is not a condition."""
    error = client.error(SEARCH, text=text)
    assert error["message"].startswith("text: ")
    assert said in error["message"]
    assert error["path"] == ["searchSessions"]
    listed = "query ($text: String) { botSessions(filter: {search: $text}) { totalCount } }"
    error = client.error(listed, text=text)
    assert error["message"].startswith("filter.search: ")
    assert said in error["message"]
    assert client.error(listed, text=None)["extensions"]["code"] == "BAD_USER_INPUT"
    assert client.data(listed) == {"totalCount": 0}


@pytest.mark.parametrize(
    "text",
    [
        '{ searchSessions(text: "jam") { totalCount } }',
        '{ searchSessions(text: "jam", speakers: []) { totalCount } }',
        '{ searchSessions(text: "nothing", kinds: [BOT]) { totalCount } }',
        '{ sessions(filter: {search: "jam"}) { totalCount } }',
        '{ sessions(filter: {or: [{kind: {eq: BOT}}, {not: {search: "x"}}]}) { totalCount } }',
        '{ chatSessions(filter: {and: [{search: "jam"}]}) { totalCount } }',
        '{ chatSessionSummary(filter: {search: "jam"}) { count } }',
        '{ chatSessionStatistics(filter: {search: "jam"}) { groups { count } } }',
        '{ sessionStatistics(filter: {search: "jam"}) { groups { count } } }',
    ],
)
def test_personal(filled: Client, text: str) -> None:
    """Without `pii:read` a search is refused wherever it stands, found or not."""
    filled.context.caller = Caller("c", frozenset({"*:read"}))
    error = filled.error(text)
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "search is personal" in error["message"]


def test_scopes(filled: Client) -> None:
    """The kinds that may be read are searched; naming another one is refused."""
    filled.context.caller = Caller("c", frozenset({"chat:read", "pii:read"}))
    assert ids(filled.data(SEARCH, text="printer")) == ["a"]
    assert filled.error(SEARCH, text="printer", kinds=["BOT"])["extensions"]["code"] == "FORBIDDEN"
    filled.context.caller = Caller("c", frozenset({"pii:read"}))
    assert filled.error(SEARCH, text="printer")["extensions"]["code"] == "FORBIDDEN"


def test_compiled_and_not(filled: Client) -> None:
    """Both ways of execution give the same."""
    other = Client(build(compiled=False), filled.context, filled.runner, filled.clock)
    for variables in ({"text": "jam"}, {"text": "print*", "first": 2, "matches": 1}, {"text": "…"}):
        answers = [filled(SEARCH, **variables) for _ in range(3)]
        assert all(answer == other(SEARCH, **variables) for answer in answers)


def test_hidden_columns_are_nowhere(filled: Client) -> None:
    """No type, filter or ordering knows how the index is stored."""
    text = filled.schema.as_str()
    assert "searchKeys" not in text
    assert "searchTexts" not in text


def test_a_damaged_session_is_found_without_harm(filled: Client) -> None:
    """What is no text has no match; the rest is shown."""
    broken = {"messages.0.message": 5, "note": ["x"], "customer": "Zoë"}
    filled.runner.run(filled.collection("chat").update_one({"_id": "a"}, {"$set": broken}))
    text = '{ searchSessions(text: "jam printer") { edges { matches { field parts { text } } } } }'
    (edge,) = filled.data(text)["edges"]
    assert [match["field"] for match in edge["matches"]] == ["messages.message"]


def test_matches_have_smaller_pages(filled: Client) -> None:
    """Texts are read of 100 sessions at most; a page without matches has as many as any list."""
    error = filled.error(SEARCH, text="jam", first=101)
    assert (error["extensions"]["argument"], "100" in error["message"]) == ("first", True)
    text = '{ searchSessions(text: "jam", first: 500) { totalCount nodes { sessionId } } }'
    assert filled.data(text)["totalCount"] > 0
