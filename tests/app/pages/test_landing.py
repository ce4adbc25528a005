"""The page at `/` and the schema as a file: what they show, to whom, and when things are away."""

import asyncio
import html
import re
import shlex
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from unittest.mock import AsyncMock, patch
from urllib.parse import parse_qs

import httpx
import pytest
from fastapi import FastAPI

from app.access.authenticator import Authenticator
from app.context import State
from app.main import create_app
from app.pages import landing
from app.pages.overview import DatabaseFigures, Latest, engine_name, look
from app.settings import Settings
from resolvers.errors import Timeout, Unavailable
from resolvers.store import overview
from resolvers.store.overview import Arrivals
from resolvers.store.store import Store
from schema.build import sdl
from schema.kinds import KINDS
from tests.app.graphql_client import Door, build_once, code, open_door
from tests.conftest import KINDS_BY_NAME, NOW

pytestmark = pytest.mark.anyio

FIGURES = DatabaseFigures(
    "MongoDB 8.0", tuple((entry.kind, Arrivals(1234, NOW)) for entry in KINDS)
)


@pytest.fixture(scope="module")
def door() -> Door:
    return open_door()


def page(door: Door, figures: DatabaseFigures = FIGURES, **headers: str) -> httpx.Response:
    """The page, with these figures for those who may see them."""
    with patch("app.pages.landing.Latest.of", AsyncMock(return_value=figures)):
        return door.request("GET", "/", headers={"authorization": None, **headers})


@pytest.fixture
async def served(wire_store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """The application over a real engine."""
    settings = Settings()
    with patch("app.main.build", build_once):
        app: FastAPI = create_app(settings)
    app.state.gateway = State(wire_store, settings, Authenticator(wire_store, settings))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def test_engine_and_sessions_by_the_real_engine(
    served: httpx.AsyncClient, wire_store: Store
) -> None:
    """What the database says is what the page says."""
    rows: list[dict[str, Any]] = [
        {"_id": "a", "createdAt": datetime(2026, 2, 1, 8, 5)},
        {"_id": "b", "createdAt": datetime(2026, 1, 1)},
    ]
    await wire_store.database["bot_sessions"].insert_many(rows, bypass_document_validation=True)
    response = await served.get("/")
    text = re.sub(r"<[^>]+>|\s+", " ", response.text.replace("&nbsp;", " "))
    assert response.status_code == 200
    assert re.search(r"Bot +2 +1 Feb 2026, 08:05 UTC", text)
    assert re.search(r"Knowledge +0 +–", text)
    assert re.search(r"Database +SecantusDB 0\.\S+, embedded \(speaks MongoDB \d", text)


async def test_newest_is_found_by_an_index(wire_store: Store) -> None:
    """The page is as cheap over a million sessions: no scan, no sort in memory."""
    names = [index for entry in KINDS for index in entry.kind.indexes]
    assert sum(index.spec == [("createdAt", 1), ("_id", 1)] for index in names) == len(KINDS)
    plan = (
        await wire_store.database["bot_sessions"]
        .find()
        .sort([("createdAt", -1), ("_id", -1)])
        .limit(1)
        .explain()
    )
    assert "IXSCAN" in str(plan)
    assert "COLLSCAN" not in str(plan)


async def test_figures_are_kept_for_a_while(wire_store: Store) -> None:
    """Many visitors at once cost the database one look."""
    latest = Latest()
    with patch("app.pages.overview.overview.engine", wraps=overview.engine) as asked:
        found = await asyncio.gather(*(latest.of(wire_store) for _ in range(10)))
    assert asked.call_count == 1
    assert all(figures is found[0] for figures in found)


async def test_figures_are_asked_for_again(wire_store: Store) -> None:
    """They do not stay for ever."""
    latest = Latest(fresh=0)
    before = await latest.of(wire_store)
    await wire_store.database["bot_sessions"].insert_one(
        {"_id": "a", "createdAt": NOW}, bypass_document_validation=True
    )
    after = await latest.of(wire_store)
    counts = [dict(figures.kinds)[KINDS_BY_NAME["bot"]] for figures in (before, after)]
    assert counts == [Arrivals(0, None), Arrivals(1, NOW)]


async def test_one_slow_kind_spoils_its_own_row(wire_store: Store) -> None:
    """What does not answer in time is unknown; the rest is shown."""
    with patch("app.pages.overview.overview.arrivals", AsyncMock(side_effect=Timeout("slow"))):
        figures = await look(wire_store)
    assert figures.engine is not None
    assert {arrivals for _, arrivals in figures.kinds} == {None}
    assert landing.page(Settings(), figures).count("unknown") == len(KINDS)


async def test_database_away(wire_store: Store) -> None:
    """Without the database there are no figures, and no error."""
    with patch("app.pages.overview.overview.engine", AsyncMock(side_effect=Unavailable("away"))):
        assert await look(wire_store) == DatabaseFigures(None)


def test_page_without_a_database_says_so(door: Door) -> None:
    """The page still comes."""
    response = page(door, DatabaseFigures(None))
    assert response.status_code == 200
    assert "The database does not answer." in response.text


def test_links_to_everything(door: Door) -> None:
    """Each page is one click away, and no link needs a script."""
    assert {"/graphiql", "/guide", "/docs", "/schema.graphql", "/readyz"} <= set(
        re.findall(r'<a href="([^"]+)"', page(door).text)
    )


def command(door: Door) -> list[str]:
    """The first query that the page shows, as a shell would take it apart."""
    found = re.search(r'<code id="command">(.+?)</code>', page(door).text, re.S)
    assert found
    return shlex.split(html.unescape(found[1]).replace("\\\n", ""))


def test_first_query_can_be_copied(door: Door) -> None:
    """It is sent to the address that the page was asked at, with the key from a variable."""
    name, _, address, *options = command(door)
    assert (name, address) == ("curl", "http://localhost/graphql")
    assert options[::2] == ["-H", "-H", "-d"]
    assert options[1] == "Authorization: Bearer $KEY"
    answer = door.request(content=options[5], headers={"content-type": "application/json"})
    assert answer.json() == {"data": {"botSessions": {"totalCount": 0, "nodes": []}}}


def test_first_query_opens_in_graphiql(door: Door) -> None:
    """The same query, in an address without a key."""
    (link,) = re.findall(r'<a href="/graphiql[?]([^"]+)"', page(door).text)
    (query,) = parse_qs(html.unescape(link))["query"]
    assert query in command(door)[-1]


def test_first_query_without_access_needs_no_key() -> None:
    """Where access is off, neither the command nor its hint has one."""
    door = open_door(auth="off")
    assert command(door)[3:5] == ["-H", "Content-Type: application/json"]
    assert "$KEY" not in page(door).text


def test_every_kind_has_a_row(door: Door) -> None:
    """A further kind appears by itself."""
    assert page(door).text.count("1,234") == len(KINDS)


def test_headers_of_the_page(door: Door) -> None:
    """The strict policy of the pages, and no copy in a cache."""
    headers = page(door).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("name", ["forwarded", "x-forwarded-for", "via"])
def test_visitors_through_a_proxy_are_strangers(door: Door, name: str) -> None:
    """A proxy on this machine brings visitors from elsewhere: they see no figure and no engine."""
    text = page(door, **{name: "203.0.113.9"}).text
    assert "1,234" not in text
    assert "MongoDB 8.0" not in text
    assert "botSessionSummary" in text


def test_strangers_by_name() -> None:
    """Whoever asks for another name than this machine's own is a stranger."""
    door = open_door(allowed_hosts="desk.example.com")
    assert "1,234" not in page(door, host="desk.example.com").text
    assert "1,234" in page(door, host="127.0.0.1:8000").text


def test_strangers_where_the_gateway_listens_on_a_network() -> None:
    """Beyond loopback nobody is trusted by address."""
    assert "1,234" not in page(open_door(host="0.0.0.0")).text


def test_access_off_shows_everything() -> None:
    """Where everybody may do everything, the page hides nothing, and says that it is so."""
    text = page(open_door(auth="off"), via="a proxy").text
    assert "1,234" in text
    assert "Access is off" in text


def test_what_the_database_says_is_escaped(door: Door) -> None:
    """Text from elsewhere stays text."""
    text = page(door, DatabaseFigures("<b>&")).text
    assert "<b>" not in text
    assert "does not answer" not in text.split("This server")[1]
    assert "&lt;b&gt;&amp;" in text


@pytest.mark.parametrize(
    ("info", "name"),
    [
        ({"version": "8.0.4"}, "MongoDB 8.0.4"),
        ({"version": "7.0.77", "ferretdb": {}}, "FerretDB (speaks MongoDB 7.0.77)"),
        (
            {"version": "8.2", "secantusVersion": "0.7"},
            "SecantusDB 0.7, embedded (speaks MongoDB 8.2)",
        ),
        ({}, "MongoDB of an unknown version"),
    ],
)
def test_engine_by_name(info: dict[str, Any], name: str) -> None:
    """An engine that speaks MongoDB's protocol is called by its own name."""
    assert engine_name(info) == name


def test_schema_download(door: Door) -> None:
    """The running schema, as a file, without a key."""
    response = door.request("GET", "/schema.graphql", headers={"authorization": None})
    assert response.text == sdl(build_once())
    assert response.headers["content-disposition"] == 'attachment; filename="schema.graphql"'


def test_known_schema_is_not_sent_again(door: Door) -> None:
    """A tool that asks often gets 304."""
    tag = door.request("GET", "/schema.graphql").headers["etag"]
    again = door.request("GET", "/schema.graphql", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_schema_for_some() -> None:
    """Where introspection needs a scope, so does the file, and the page has no link to it."""
    door = open_door(scopes=("introspection",), introspection="scoped")
    assert door.request("GET", "/schema.graphql").status_code == 200
    without = door.request("GET", "/schema.graphql", headers={"authorization": None})
    assert code(without) == (401, "UNAUTHENTICATED")
    assert without.headers["www-authenticate"].startswith("Bearer")
    assert "/schema.graphql" not in page(door).text


def test_schema_for_nobody() -> None:
    """Where introspection is off, the file is, too."""
    door = open_door(scopes=("admin",), introspection="none")
    assert code(door.request("GET", "/schema.graphql")) == (403, "FORBIDDEN")
