"""`/export`: files for a key or a one-time link, and refusals that say what is wrong."""

import asyncio
import csv
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import httpx
import pytest

from app.commands.exporter import parse
from app.export import endpoint
from resolvers import sessions
from resolvers.context import Context, utc_now
from schema.json_lines import columns_of
from tests.app.graphql_client import Door, code, error, open_door
from tests.conftest import NOW
from tests.kinds import EXAMPLES, SAMPLES
from tests.kinds.sample import Sample

EVERYTHING = ("*:read", "*:write", "pii:read")
every_kind = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)


def stocked(scopes: tuple[str, ...] = EVERYTHING, **settings: Any) -> Door:
    """With a session of each kind."""
    door = open_door(scopes, **settings)

    async def stock() -> None:
        context = Context(door.app.state.gateway.store)
        for sample in SAMPLES:
            values = EXAMPLES[sample.kind].values
            await sessions.create(context, sample.definition, {**values, **sample.personal})

    asyncio.run(stock())
    return door


@pytest.fixture
def door() -> Door:
    return stocked()


def export(door: Door, name: str, **options: Any) -> httpx.Response:
    return door.request(options.pop("method", "GET"), f"/export/{name}", **options)


@every_kind
def test_lines_can_be_imported(door: Door, sample: Sample) -> None:
    """What an import makes of a line is the session that was exported."""
    answer = export(door, f"{sample.kind}.ndjson")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert f'filename="{sample.kind}-sessions.ndjson"' in answer.headers["content-disposition"]
    (line,) = answer.content.splitlines()
    kind, document = parse(
        Context.offline(), {sample.definition.enum_name: sample.definition}, line
    )
    store = door.app.state.gateway.store
    stored = asyncio.run(store.collection(kind).find_one({"_id": document["_id"]}))
    assert {**document, "revision": 1} == {**stored, "revision": 1}


@every_kind
def test_every_column_can_be_named(door: Door, sample: Sample) -> None:
    """Those that an import takes, and those that are computed."""
    kind = sample.definition
    names = {one.name for one in (*columns_of(kind), *kind.columns) if not one.hidden}
    answer = export(door, f"{sample.kind}.csv", params={"columns": ",".join(sorted(names))})
    head, row = csv.reader(StringIO(answer.text, newline=""))
    assert head == [*sorted(names), "cursor", "damaged"]
    shown = dict(zip(head, row, strict=True))
    assert shown["damaged"] == ""
    assert shown["sessionId"]
    assert shown["startedAt"]


def test_a_filter_and_columns(door: Door) -> None:
    """The filter is GraphQL's, as JSON."""
    for bot, lines in (("st-1", 1), ("another", 0)):
        params = {"filter": json.dumps({"botId": {"eq": bot}}), "columns": "botId, channel"}
        found = export(door, "bot.ndjson", params=params).content.splitlines()
        assert [json.loads(one)["session"] for one in found] == [
            {"botId": "st-1", "channel": "c"}
        ] * lines


def test_it_goes_on_after_a_row(door: Door) -> None:
    """With the cursor of that row; after the last one there is nothing."""
    line = export(door, "bot.ndjson").json()
    assert export(door, "bot.ndjson", params={"after": line["cursor"]}).content == b""


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "no JSON": ({"filter": "{"}, "not valid JSON"),
    "an unknown column in the filter": ({"filter": '{"bot": {}}'}, "'botId'"),
    "a wrong value": ({"filter": '{"botId": {"eq": 5}}'}, "filter.botId.eq"),
    "no condition": ({"filter": '{"botId": {}}'}, "filter.botId"),
    "a list": ({"filter": "[1]"}, "filter"),
    "an unknown column": ({"columns": "bodId"}, "Did you mean botId?"),
    "a hidden column": ({"columns": "searchKeys"}, "searchKeys"),
    "no column": ({"columns": " , "}, "at least one"),
    "another cursor": ({"after": "W10="}, "after"),
    "another parameter": ({"where": "{}"}, "filter, columns, after"),
}


READ_WITH_THE_SESSIONS = "another cursor"
"""What a link does not look at."""


@pytest.mark.parametrize(
    ("method", "case"),
    [("GET", case) for case in REFUSED]
    + [("POST", case) for case in REFUSED if case != READ_WITH_THE_SESSIONS],
)
def test_a_refusal_names_what_is_wrong(door: Door, case: str, method: str) -> None:
    """Before anything is sent; a link to it is refused as well."""
    params, named = REFUSED[case]
    answer = export(door, "bot.csv", params=params, method=method)
    assert code(answer) == (400, "BAD_USER_INPUT")
    assert named in error(answer)["message"]


def test_a_parameter_twice(door: Door) -> None:
    """Which of them would count is not clear."""
    assert code(export(door, "bot.csv?after=&after="))[1] == "BAD_USER_INPUT"


@pytest.mark.parametrize("name", ["bots.csv", "bot.xml", "bot", ""])
def test_unknown_files(door: Door, name: str) -> None:
    """The refusal names those that there are."""
    answer = export(door, name)
    assert code(answer) == (404, "NOT_FOUND")
    assert "/export/bot.csv" in error(answer)["message"]


@every_kind
def test_a_scope_is_needed(sample: Sample) -> None:
    """To read the kind; as for a link."""
    others = tuple(f"{one.kind}:read" for one in SAMPLES if one is not sample)
    door = open_door(others)
    for method in ("GET", "POST"):
        answer = export(door, f"{sample.kind}.csv", method=method)
        assert code(answer) == (403, "FORBIDDEN")
    answer = export(door, f"{sample.kind}.csv", headers={"authorization": None})
    assert code(answer) == (401, "UNAUTHENTICATED")


def test_strangers_learn_no_names(door: Door) -> None:
    """A wrong filter is looked at only for those who have a key."""
    params = {"filter": '{"bot": {}}', "columns": "bodId"}
    answer = export(door, "bot.csv", params=params, headers={"authorization": None})
    assert code(answer) == (401, "UNAUTHENTICATED")
    assert "botId" not in answer.text


def test_names_are_no_secret_but_where_they_are() -> None:
    """Suggestions follow the setting, as in GraphQL."""
    params = {"filter": '{"bodId": {}}'}
    for setting, shown in (("all", True), ("none", False)):
        answer = export(open_door(introspection=setting), "bot.csv", params=params)
        assert ("botId" in error(answer)["message"]) == shown


def test_rates_are_told() -> None:
    """What is left, also of a file; and that nothing is."""
    door = stocked(rate="2/minute", read_only=True)  # which counts in its own memory
    left = [export(door, "bot.csv") for _ in range(3)]
    assert [answer.status_code for answer in left] == [200, 200, 429]
    assert all("ratelimit" in answer.headers for answer in left)
    assert int(left[2].headers["retry-after"]) > 0


def test_a_masked_filter_is_refused() -> None:
    """What would be found shows what is masked."""
    door = open_door(("*:read",))
    given = json.dumps({"visitor": {"name": {"eq": "x"}}})
    assert code(export(door, "chat.csv", params={"filter": given})) == (403, "FORBIDDEN")


def test_no_more_than_so_many_at_once() -> None:
    """Whoever comes then is told when to come again."""
    answer = export(open_door(max_exports=0), "bot.csv")
    assert code(answer) == (503, "OVERLOADED")
    assert answer.headers["retry-after"] == "10"


def test_places_are_given_back(door: Door) -> None:
    """After files, heads and refusals."""
    for _ in range(5):
        assert export(door, "bot.csv").status_code == 200
        assert export(door, "bot.csv", method="HEAD").content == b""
        assert export(door, "bot.csv", params={"after": "x"}).status_code == 400


def link(door: Door, **params: str) -> str:
    answer = export(door, "bot.csv", method="POST", params=params)
    assert answer.status_code == 201
    return str(answer.json()["url"])


def follow(door: Door, url: str) -> httpx.Response:
    return door.request("GET", url, headers={"authorization": None})


def test_a_link_works_once(door: Door) -> None:
    """Without a key, with what was asked."""
    url = link(door, columns="botId", filter='{"botId": {"eq": "st-1"}}')
    answer = follow(door, url)
    assert answer.text.startswith("botId,cursor,damaged\r\nst-1,")
    assert code(follow(door, url)) == (401, "UNAUTHENTICATED")


def test_a_link_is_for_one_address(door: Door) -> None:
    """And is gone after an attempt with another one."""
    url = link(door)
    other = url.replace("?", "?columns=botId&")
    assert code(follow(door, other)) == (401, "UNAUTHENTICATED")
    assert code(follow(door, url)) == (401, "UNAUTHENTICATED")


def test_a_link_has_its_time(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the database has not removed it yet."""
    url = link(door)
    monkeypatch.setattr(endpoint, "utc_now", lambda: utc_now() + timedelta(seconds=61))
    assert code(follow(door, url)) == (401, "UNAUTHENTICATED")


def test_a_link_of_a_revoked_credential(door: Door) -> None:
    """It may not do what its credential may not."""
    url = link(door)
    state = door.app.state.gateway
    asyncio.run(state.store.database["credentials"].update_many({}, {"$set": {"revokedAt": NOW}}))
    state.authenticator.credentials._known.clear()
    assert code(follow(door, url)) == (401, "UNAUTHENTICATED")


def test_a_link_says_nothing_of_what_is_asked(door: Door) -> None:
    """Filters may have personal values: the database has a hash of them."""
    link(door, filter='{"userId": {"eq": "somebody"}}')
    (row,) = asyncio.run(door.app.state.gateway.store.database["export_links"].find().to_list())
    assert "somebody" not in str(row)


def test_guesses_of_links_are_counted() -> None:
    """As wrong keys are."""
    door = open_door(guess_rate="2/minute")
    told = [follow(door, "/export/bot.csv?link=x").status_code for _ in range(3)]
    assert told == [401, 401, 429]


def test_no_links_where_nothing_is_written(door: Door) -> None:
    """A read-only gateway says so; the file itself is there."""
    door = stocked(read_only=True)
    assert code(export(door, "bot.csv", method="POST")) == (403, "READ_ONLY")
    assert export(door, "bot.csv").status_code == 200
