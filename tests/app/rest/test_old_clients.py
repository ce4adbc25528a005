"""What clients of all vendors send that is not quite what the pages say."""

# ruff: noqa: F811
import gzip
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app import rest
from app.errors import StartError
from app.http import base_paths
from app.rest import VENDORS, openapi
from app.rest.vendor import Vendor
from app.settings import Settings
from schema.kinds.bot import BOT
from schema.kinds.remote_support import REMOTE_SUPPORT
from tests.app.graphql_client import CORRECT, TYPENAME, open_door
from tests.app.rest.bot_calls import AUTH, BOT_ID, PATH, SESSION, found, store
from tests.app.rest.gateway import KEY, Gateway
from tests.app.rest.legacy import Door, door  # noqa: F401
from tests.app.rest.remote_support_calls import local  # noqa: F401

ID = "83d03970-c959-11e2-857d-082e5f12b9a1"
BEARER = {"Authorization": f"Bearer {KEY}"}
ROOT = {"Authorization": "Bearer root-key"}
MARK = b"\xef\xbb\xbf"


def test_a_byte_order_mark_before_json_is_skipped(door: Door) -> None:
    """In the bodies of both vendors that take JSON, alone too."""
    store(door, "s1")
    store(door, "s2", userId="u2")
    assert found(door, MARK + b'{"userId":"u2"}') == ["s2"]
    assert len(found(door, MARK)) == 2
    answer = door.send("POST", f"/sessions/{ID}", MARK + b'{"visitId":"v1"}', ROOT)
    assert answer.json()["visitId"] == "v1"


def test_json_in_windows_1252(door: Door) -> None:
    """As PowerShell sends it unless told otherwise."""
    store(door, "s1", userId="Zoë €")
    for encoding in ("utf-8", "cp1252"):
        assert found(door, '{"userId":"Zoë €"}'.encode(encoding)) == ["s1"]


@pytest.mark.parametrize(
    ("coding", "pack"),
    [("gzip", gzip.compress), ("X-GZIP", gzip.compress), ("deflate", zlib.compress)],
)
def test_compressed_bodies_are_read(
    door: Door, local: Gateway, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    """JSON and forms alike."""
    store(door, "s1")
    store(door, "s2", userId="u2")
    headers = {**AUTH, "Content-Encoding": coding}
    answer = door.send("POST", PATH, pack(b'{"userId":"u2"}'), headers)
    assert [row["sessionId"] for row in answer.json()["sessions"]] == ["s2"]
    form = {"Content-Encoding": coding, "Content-Type": "application/x-www-form-urlencoded"}
    content = pack(f"KEY={KEY}&VARS=ID&OUTPUT_FORMAT=JSON".encode())
    listed = local.request("POST", "/get_session_history.php", content=content, headers=form)
    assert listed.json()["nrequests"] == 2


def refused(vendor: Vendor, status: int, answer: httpx.Response) -> None:
    """That an answer is the vendor's refusal."""
    shape: dict[str, Any] = {
        "knowledge": {"statusCode", "errorMessage"},
        "remote_support": {"error_msg"},
        "bot": {"errors"},
    }
    assert answer.status_code == status
    assert answer.json().keys() == shape[vendor.name]


BODIES = [
    ("knowledge", "PUT", "/sessions/new"),
    ("remote_support", "POST", "/get_session_history.php?OUTPUT_FORMAT=JSON"),
    ("bot", "POST", "/api/public/getSessions"),
]
by_body = pytest.mark.parametrize(("name", "method", "path"), BODIES)


@by_body
def test_other_codings_are_refused_in_the_vendors_shape(name: str, method: str, path: str) -> None:
    """415, with the codings that are read."""
    vendor = next(one for one in VENDORS if one.name == name)
    answer = Gateway().request(method, path, content=b"x", headers={"Content-Encoding": "br"})
    refused(vendor, 415, answer)
    assert answer.headers["accept-encoding"] == "gzip, deflate"


@by_body
def test_a_bomb_is_refused_in_the_vendors_shape(name: str, method: str, path: str) -> None:
    """413: the limit holds for what is unpacked."""
    vendor = next(one for one in VENDORS if one.name == name)
    headers = {"Content-Encoding": "gzip"}
    bomb = gzip.compress(b" " * 2_000_000)
    refused(vendor, 413, Gateway().request(method, path, content=bomb, headers=headers))


def test_graphql_takes_the_same_bodies() -> None:
    """A mark, both codings; a refusal for other codings, broken ones and bombs."""
    door = open_door()
    query = f'{{"query":"{TYPENAME}"}}'.encode()

    def send(content: bytes, coding: str | None = None) -> httpx.Response:
        headers = {"content-type": "application/json", "content-encoding": coding}
        return door.request(content=content, headers=headers)

    assert send(MARK + query).json() == CORRECT
    assert send(gzip.compress(MARK + query), "gzip").json() == CORRECT
    assert send(zlib.compress(query), "deflate").json() == CORRECT
    assert door.get(query=TYPENAME, variables="\ufeff{}").json() == CORRECT
    for body, coding, status in (
        (query, "br", 415),
        (query, "gzip", 400),
        (gzip.compress(b" " * 2_000_000), "gzip", 413),
    ):
        answer = send(body, coding)
        assert (answer.status_code, list(answer.json())) == (status, ["errors"])


def test_forms_and_queries_in_windows_1252(local: Gateway) -> None:
    """By URL, by form and by multipart form, as by UTF-8."""
    local.create(REMOTE_SUPPORT, sessionId="1", customerName="Müller – „Süd“", techUsername="x")
    name = "Müller – „Süd“"
    path, url = "/get_session_history.php", f"KEY={KEY}&VARS=ID&OUTPUT_FORMAT=JSON"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for encoding in ("utf-8", "cp1252"):
        raw = name.encode(encoding)
        filtered = url.encode() + b"&FILTER_CUSTOMER_NAME=" + raw.replace(b" ", b"+")
        quoted = "".join(f"%{byte:02X}" for byte in raw)
        multipart = (
            b'--x\r\nContent-Disposition: form-data; name="FILTER_CUSTOMER_NAME"\r\n\r\n%b\r\n--x--'
        )
        for answer in (
            local.request("GET", f"{path}?{url}&FILTER_CUSTOMER_NAME={quoted}"),
            local.request("POST", path, content=filtered, headers=form),
            local.request(
                "POST",
                f"{path}?{url}",
                content=multipart % raw,
                headers={"Content-Type": "multipart/form-data; boundary=x"},
            ),
        ):
            assert answer.json()["requests"] == [{"id": 1}], encoding


def test_path_segments_and_headers_in_windows_1252(door: Door) -> None:
    """A bot's id, a call's id and a customer's."""
    door.create(BOT, {**SESSION, "botId": "bé", "callId": "çà"})
    for bot, call in (("b%C3%A9", "%C3%A7%C3%A0"), ("b%E9", "%E7%E0")):
        assert found(door, path=f"/api/public/bot/{bot}/getSessions?callId={call}") == ["s1"]
    headers = {**ROOT, "gkc_customerId": "M\u00fcller \u20ac".encode("cp1252")}
    answer = door.send("PUT", "/sessions/new", headers=headers)
    assert answer.json()["customerId"] == "Müller €"


@pytest.mark.parametrize(
    "path",
    [
        f"//api/public/bot/{BOT_ID}/getSessions",
        f"/api//public/bot/{BOT_ID}//getSessions/",
        f"///api/public//stream/{BOT_ID}/getSessions",
    ],
)
def test_doubled_slashes_do_not_matter(door: Door, path: str) -> None:
    """As where a base address with a slash at its end and a path with one at its start meet."""
    store(door, "s1")
    assert found(door, path=path) == ["s1"]


def test_a_doubled_slash_opens_nothing() -> None:
    """A path of a vendor that asks for no credential stays a path of that vendor."""
    gateway = Gateway(open_paths=frozenset({"co_browse"}))
    assert gateway.request("GET", f"http://gateway//history//sessions/{ID}").status_code == 404
    assert gateway.request("PUT", "http://gateway//sessions//new").status_code == 401
    assert gateway.get(f"http://gateway//sessions/a%2F{ID}").json()["sessionId"] != ID


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_no_answer_is_kept_on_the_way(vendor: Vendor) -> None:
    """Cache-Control: no-store on answers, refusals, wrong methods and unknown addresses."""
    gateway = Gateway()
    for endpoint in vendor.endpoints:
        path = "/".join("x" if "{" in part else part for part in endpoint.path.split("/"))
        for method, headers in ((endpoint.method, BEARER), (endpoint.method, {}), ("PATCH", {})):
            answer = gateway.request(method, path, headers=headers)
            assert answer.headers["cache-control"] == "no-store"
    answer = gateway.request("GET", f"{vendor.bases[0]}/nothing/here/at/all")
    assert answer.headers["cache-control"] == "no-store"


EXTRA = (
    "bot=/kore/api/public, knowledge=/gks/v2,co_browse=/gen-1,remote_support=/takecontrol, "
    "chat=/agendize/api/2.0/chat"
)
UNDER = [
    ("co_browse", "GET", f"/gen-1/history/sessions/{ID}", 404),
    ("remote_support", "GET", f"/takecontrol/get_session_history.php?KEY={KEY}&VARS=ID", 200),
    ("remote_support", "GET", f"/takecontrol/get_history_api.php?KEY={KEY}&VARS=ID", 200),
    ("knowledge", "PUT", "/gks/v2/sessions/new", 200),
    ("knowledge", "GET", f"/gks/v2/sessions/{ID}", 200),
    ("chat", "GET", "/agendize/api/2.0/chat/history", 200),
    ("bot", "POST", "/kore/api/public/bot/b/getSessions", 401),
    ("bot", "POST", "/kore/api/public/getSessions", 401),
]


@pytest.mark.parametrize(("name", "method", "path", "status"), UNDER)
def test_an_extra_base_path_serves_the_same(
    name: str, method: str, path: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor's endpoints and refusals, without it nobody's."""
    headers = {} if name == "remote_support" else BEARER
    assert Gateway().request(method, path, headers=headers).text == "Not Found"
    monkeypatch.setenv("GATEWAY_EXTRA_BASE_PATHS", EXTRA)
    gateway = Gateway()
    answer = gateway.request(method, path, headers=headers)
    assert answer.status_code == status
    assert answer.text != "Not Found"
    routes = rest.routes(gateway.settings)
    vendor = routes.vendor({"type": "http", "path": path.partition("?")[0]})
    assert vendor
    assert vendor.name == name


def test_an_extra_base_path_is_described() -> None:
    """The reference has it beside the vendor's own, with the same operation."""
    settings = Settings(extra_base_paths=frozenset({("bot", "/kore")}))
    paths = openapi.document(settings, "1")["paths"]
    own, extra = paths["/api/public/getSessions"]["post"], paths["/kore/getSessions"]["post"]
    assert {**extra, "operationId": ""} == {**own, "operationId": ""}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("bots=/x", "bots"),
        ("bot", "base path"),
        ("bot=x", "base path"),
        ("bot=/x/", "base path"),
        ("bot=/x/{BotID}", "base path"),
        ("bot=/graphql/x", "gateway itself"),
        ("bot=/x,chat=/x", "two vendors"),
    ],
)
def test_an_extra_base_path_is_checked(
    text: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the start, by name."""
    monkeypatch.setenv("GATEWAY_EXTRA_BASE_PATHS", text)
    with pytest.raises(ValueError, match=says):
        Settings()


def test_an_extra_base_path_of_another_vendor_stops_the_start() -> None:
    """Two vendors cannot answer one address; one that is the vendor's own changes nothing."""
    with pytest.raises(StartError, match="GATEWAY_EXTRA_BASE_PATHS"):
        rest.routes(Settings(extra_base_paths=frozenset({("bot", "/history")})))
    own = Settings(extra_base_paths=frozenset({("bot", "/api/public")}))
    assert rest.vendors(own) == VENDORS


def test_the_gateways_own_paths_are_known() -> None:
    """Every route that is no vendor's lies under one of base_paths.OWN."""
    app = open_door().app
    paths = {getattr(route, "path", "/") for route in app.routes} | {"/graphql"}
    firsts = {f"/{path.split('/')[1]}" for path in paths}
    assert firsts <= set(base_paths.OWN)
