"""Straight from a service: another gateway is the vendor, with and without faults."""

import json
import tracemalloc
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from app.commands.imports.client import ATTEMPTS, LONGEST_WAIT
from app.commands.imports.services import Fetched
from app.errors import StartError
from tests.app.commands.imports.client import SECRET, SINCE, UNTIL, Client, vendor
from tests.app.commands.imports.conftest import Desk
from tests.app.commands.imports.service import Service, service
from tests.app.live import live

pytestmark = pytest.mark.anyio


@pytest.fixture
async def kore(tmp_path: Path) -> Client:
    """A bot with 40 sessions in five weeks."""
    client = Client("kore", await vendor("kore", 40), tmp_path)
    client.account |= {"bot": "st-1", "client_id": "c", "since": SINCE, "until": UNTIL}
    return client


async def imported(client: Client, fetched: Fetched, folder: Path) -> int:
    """How many sessions the download stores."""
    desk = Desk(await service(), folder)
    importing = desk.importing(client.name)
    object.__setattr__(importing.source, "files", fetched.files)
    await importing.check()
    done = await importing.store()
    desk.notes = list(importing.notes)
    assert not [note for note in desk.notes if "Warning" in note]
    return done.stored


async def test_weeks_of_a_bot(kore: Client, tmp_path: Path) -> None:
    """Seven days at most each, none twice, signed with the secret."""
    fetched = await kore.fetch()
    bodies = [json.loads(request.content) for request in kore.wire.requests]
    spans = [(body["dateFrom"], body["dateTo"]) for body in bodies]
    assert len(spans) == 5
    assert spans[:2] == [
        ("2026-01-01T00:00:00.000Z", "2026-01-07T23:59:59.999Z"),
        ("2026-01-08T00:00:00.000Z", "2026-01-14T23:59:59.999Z"),
    ]
    assert spans[-1][1] == "2026-01-31T23:59:59.999Z"
    claims = jwt.decode(kore.wire.requests[0].headers["auth"], SECRET, ["HS256"])
    assert claims["appId"] == "c"
    assert (len(fetched.complete), fetched.incomplete) == (5, [])
    assert await imported(kore, fetched, tmp_path) == 40


async def test_pages_of_a_week(kore: Client, tmp_path: Path) -> None:
    """The service sends fewer than were asked for: paging goes by what came."""

    def fewer(request: httpx.Request) -> None:
        body = json.loads(request.content)
        content = json.dumps(body | {"limit": 3}).encode()
        request.stream = httpx.ByteStream(content)
        request.headers["content-length"] = str(len(content))

    kore.wire.fault = fewer  # type: ignore[assignment]  # it answers nothing
    fetched = await kore.fetch()
    assert len(kore.wire.requests) == 17
    assert await imported(kore, fetched, tmp_path) == 40


@pytest.mark.parametrize(
    "fault",
    [
        httpx.Response(429, headers={"retry-after": "7"}),
        httpx.Response(503),
        httpx.Response(502, text="<html>Bad gateway</html>"),
        httpx.Response(200, content=b'{"total":1,"sessions":[{"sess'),
        httpx.Response(200, content=b""),
        httpx.Response(200, content=b"<html>Please wait</html>"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
    ],
)
async def test_faults_are_asked_again(
    kore: Client, tmp_path: Path, fault: httpx.Response | Exception
) -> None:
    """Each second request fails; in the end all is there."""

    def every_second(_request: httpx.Request) -> httpx.Response | None:
        if len(kore.wire.requests) % 2 == 0:
            return None
        if isinstance(fault, Exception):
            raise fault
        return httpx.Response(fault.status_code, headers=fault.headers, content=fault.content)

    kore.wire.fault = every_second
    fetched = await kore.fetch()
    assert fetched.incomplete == []
    wanted = 7.0 if isinstance(fault, httpx.Response) and fault.status_code == 429 else 1.0
    assert kore.waits == [wanted] * 5
    assert await imported(kore, fetched, tmp_path) == 40


async def test_week_that_fails_is_named(kore: Client, tmp_path: Path) -> None:
    """The others are stored; attempts are bounded."""

    def second_week(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(500) if b"2026-01-08" in request.content else None

    kore.wire.fault = second_week
    fetched = await kore.fetch()
    assert len(kore.wire.requests) == 4 + ATTEMPTS
    assert fetched.missing == (
        "Not complete, so ask for these again:\n"
        "  2026-01-08T00:00:00.000Z to 2026-01-14T23:59:59.999Z: it answers 500."
    )
    assert "Complete from the service (4): 2026-01-01" in fetched.report
    assert await imported(kore, fetched, tmp_path) == 30


async def test_dead_service_is_given_up(kore: Client) -> None:
    """After three weeks, not after all of them."""
    kore.wire.fault = lambda _request: httpx.Response(500)
    with pytest.raises(StartError, match="the service does not answer"):
        await kore.fetch(since=datetime(2020, 1, 1))
    assert len(kore.wire.requests) == 3 * ATTEMPTS


async def test_wait_that_is_too_long(kore: Client) -> None:
    """A service that asks for a day is not asked again."""
    answer = {"retry-after": str(LONGEST_WAIT + 1)}
    kore.wire.fault = lambda _request: httpx.Response(429, headers=answer)
    with pytest.raises(StartError, match="it answers 429"):
        await kore.fetch()
    assert kore.waits == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 412, 302])
async def test_refusal_ends_all(kore: Client, status: int) -> None:
    """The service's own words are shown, and nothing else is tried."""
    kore.wire.fault = lambda _request: httpx.Response(status, text='{"errors":[{"msg":"No."}]}')
    with pytest.raises(StartError, match=rf"(?s)Nothing is stored.*{status}.*No\."):
        await kore.fetch()
    assert len(kore.wire.requests) == 1


def answer(*ids: str, total: int, more: bool) -> httpx.Response:
    sessions = [{"sessionId": one} for one in ids]
    return httpx.Response(200, json={"total": total, "moreAvailable": more, "sessions": sessions})


@pytest.mark.parametrize(
    ("pages", "says"),
    [
        ([answer(total=3, more=True)], "it says that there are more sessions, and sends none"),
        ([answer("a", total=3, more=False)], "says that there are 3 sessions, and sends 1"),
        (
            [answer("a", "b", total=3, more=True), answer("b", total=3, more=False)],
            "says that there are 3 sessions, and sends 2",
        ),
    ],
)
async def test_week_that_does_not_fit_is_read_again(
    kore: Client, pages: list[httpx.Response], says: str
) -> None:
    """Three times at most; what is missing is said."""

    def next_page(request: httpx.Request) -> httpx.Response:
        skip = json.loads(request.content)["skip"]
        page = pages[min(skip, len(pages) - 1)]
        return httpx.Response(200, content=page.content)

    kore.wire.fault = next_page
    fetched = await kore.fetch(until=SINCE + timedelta(days=1))
    assert says in fetched.incomplete[0]
    assert len(kore.wire.requests) == 3 * len(pages)


async def test_session_that_changes_meanwhile_is_read_again(kore: Client) -> None:
    """Two pages show it differently; the next reading is right."""

    def changing(request: httpx.Request) -> httpx.Response:
        skip = json.loads(request.content)["skip"]
        first = len(kore.wire.requests) <= 2
        row = {"sessionId": "a", "noOfMessagesExchanged": skip if first else 2}
        page = {"total": 1, "moreAvailable": skip == 0, "sessions": [row]}
        return httpx.Response(200, json=page)

    kore.wire.fault = changing
    fetched = await kore.fetch(until=SINCE + timedelta(days=1))
    assert fetched.incomplete == []
    assert len(kore.wire.requests) == 4


async def test_download_goes_on_where_it_ended(kore: Client, tmp_path: Path) -> None:
    """Weeks that are complete are not asked for again."""

    class KilledError(BaseException):
        """As a signal would."""

    def kill(request: httpx.Request) -> None:
        if b"2026-01-15" in request.content:
            raise KilledError

    kore.wire.fault = kill  # type: ignore[assignment]  # it answers nothing
    with pytest.raises(KilledError):
        await kore.fetch()
    kore.wire.fault = lambda _request: None
    kore.wire.requests.clear()
    fetched = await kore.fetch()
    assert len(kore.wire.requests) == 3
    assert await imported(kore, fetched, tmp_path) == 40


class EnoughError(Exception):
    """The test has seen what it wanted."""


async def test_rate_is_kept(kore: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """61 requests need more than a minute."""

    async def wait(seconds: float) -> None:
        kore.waits.append(seconds)
        raise EnoughError

    monkeypatch.setattr(kore, "_sleep", wait)
    with pytest.raises(EnoughError):
        await kore.fetch(since=UNTIL - timedelta(weeks=70))
    assert len(kore.wire.requests) == 60
    assert 0 < kore.waits[0] <= 60


async def test_days_of_remote_support(tmp_path: Path) -> None:
    """Asked once for those that were answered and once for the others: no row says it."""
    client = Client("n-able", await vendor("n-able", 10), tmp_path)
    fetched = await client.fetch(since=SINCE, until=SINCE + timedelta(days=9))
    assert len(client.wire.requests) == 18
    assert all(SECRET not in str(request.url) for request in client.wire.requests)
    desk = Desk(await service(), tmp_path)
    importing = desk.importing("n-able")
    object.__setattr__(importing.source, "files", fetched.files)
    await importing.check()
    assert (await importing.store()).stored == 10
    answered = {row["_id"]: row["answered"] for row in await desk.stored("n-able")}
    assert answered == {str(place + 1): place % 3 == 0 for place in range(10)}


async def test_day_with_too_many_sessions_is_halved(tmp_path: Path) -> None:
    """Until each part is small enough."""
    busy = await vendor("n-able", 10)
    client = Client("n-able", Service(busy.store, max_rows=1), tmp_path)
    fetched = await client.fetch(since=SINCE, until=SINCE + timedelta(days=3))
    assert fetched.incomplete == []
    rows = "".join(file.path.read_text() for file in fetched.files).count('"id":')
    assert rows == 5


async def test_wrong_key_ends_all(tmp_path: Path) -> None:
    """The vendor says so with status 200."""
    client = Client("n-able", await service(), tmp_path)
    client.wire.fault = lambda _request: httpx.Response(200, json={"error_msg": "Invalid KEY."})
    with pytest.raises(StartError, match=r"Nothing is stored.*Invalid KEY\."):
        await client.fetch(since=SINCE, until=UNTIL)
    assert len(client.wire.requests) == 1


async def test_chats_by_their_ids(tmp_path: Path) -> None:
    """Over a socket; unknown ids are named, the others are stored."""
    found = await vendor("agendize", 3)
    client = Client("agendize", found, tmp_path)
    with live(found.app) as port:
        client.wire.inner = httpx.AsyncHTTPTransport()  # type: ignore[assignment]
        fetched = await client.fetch(
            url=f"http://127.0.0.1:{port}", client_id="key", ids=["s0", "no/ne", "s1", "s2"]
        )
        await client.wire.inner.aclose()
    assert fetched.incomplete == ["ids 1 to 4: 1 are unknown to the service: no/ne"]
    assert client.wire.requests[1].url.raw_path.endswith(b"/history/no%2Fne")
    assert found.authenticator.seen[0] == ("key", SECRET)
    assert await imported(client, fetched, tmp_path) == 3


@pytest.mark.parametrize("name", ["genesys-co-browse", "genesys-knowledge"])
async def test_genesys_by_ids(tmp_path: Path, name: str) -> None:
    """With a bearer key, if one is given."""
    client = Client(name, await service(), tmp_path)
    client.wire.fault = lambda _request: httpx.Response(200, json={"id": "x"})
    await client.fetch(ids=["a", "b"])
    assert [request.headers["authorization"] for request in client.wire.requests] == [
        f"Bearer {SECRET}"
    ] * 2


def pages_of(number: int, row: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
    """A service with so many pages of ten rows in the first week, and nothing later."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        first = asked["skip"] if asked["dateFrom"].startswith("2026-01-01") else 10 * number
        rows = [row | {"sessionId": f"s{first + place}"} for place in range(10)]
        more = first + 10 < 10 * number
        page = {"moreAvailable": more, "sessions": rows if first < 10 * number else []}
        return httpx.Response(200, content=sent(json.dumps(page).encode()))

    async def sent(body: bytes) -> AsyncIterator[bytes]:
        yield body

    return answer


async def test_a_week_of_any_size_needs_no_memory(kore: Client) -> None:
    """Pages go to the file as they come, and large ones through a file: 48 MB here."""
    kore.wire.fault = pages_of(40, {"text": "x" * 120_000})
    tracemalloc.start()
    try:
        fetched = await kore.fetch()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert fetched.incomplete == []
    assert sum(file.path.stat().st_size for file in fetched.files) > 46e6
    assert peak < 20e6


async def test_the_same_page_again_and_again_has_an_end(kore: Client) -> None:
    """A service that ignores `skip` says for ever that more follow."""
    page = {"moreAvailable": True, "sessions": [{"sessionId": "s1"}]}
    kore.wire.fault = lambda _request: httpx.Response(200, json=page)
    fetched = await kore.fetch(until=SINCE + timedelta(days=7))
    (missing,) = fetched.incomplete
    assert missing.endswith("it says that there are more sessions, and sends none")
    assert len(kore.wire.requests) == 2 * 3
