"""Vendors' GETs of one session: a tag of each answer, and 304 for who has it."""

import asyncio
from typing import Any

import httpx
import pytest

from app.rest.conditional import is_among
from resolvers import sessions
from resolvers.kind import Kind
from tests.app.rest.gateway import KEY, MASKED_KEY, Gateway
from tests.conftest import KINDS_BY_NAME
from tests.kinds import SAMPLES

PATHS = {
    "co_browse": "/history/sessions/{}",
    "knowledge": "/sessions/{}",
    "chat": "/api/2.0/chat/history/{}",
}
SAMPLE = {sample.kind: sample for sample in SAMPLES}
TAG = '"3-abc"'


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def stored(gateway: Gateway, kind: str, **more: Any) -> tuple[Kind, str]:
    """A session of the kind, ended where it can be; its path."""
    sample, of = SAMPLE[kind], KINDS_BY_NAME[kind]
    ended = {of.ended: gateway.context.now()} if kind == "co_browse" and of.ended else {}
    made = gateway.create(of, **{**sample.example.values, **ended, **more})
    return of, PATHS[kind].format(made["_id"])


def asked(
    gateway: Gateway, path: str, tag: str | None = None, method: str = "GET", **headers: str
) -> httpx.Response:
    given = {"authorization": f"Bearer {KEY}", "accept-encoding": "identity", **headers}
    given |= {} if tag is None else {"if-none-match": tag}
    return gateway.request(method, path, headers=given)


@pytest.mark.parametrize("kind", PATHS)
def test_who_has_it_is_told_so(gateway: Gateway, kind: str) -> None:
    """The same tag each time; 304 with it, and with no body."""
    _, path = stored(gateway, kind)
    first = asked(gateway, path)
    tag = first.headers["etag"]
    assert tag.startswith('"1-')
    assert first.headers["cache-control"] == "no-store"
    for method in ("GET", "HEAD"):
        again = asked(gateway, path, tag, method)
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["etag"], again.headers["cache-control"]) == (tag, "no-store")
    assert asked(gateway, path, method="HEAD").headers["etag"] == tag


@pytest.mark.parametrize("kind", PATHS)
def test_a_change_gives_another_tag(gateway: Gateway, kind: str) -> None:
    """Also one of what the vendor does not show."""
    of, path = stored(gateway, kind)
    tag = asked(gateway, path).headers["etag"]
    change = sessions.update(gateway.context, of, path.rsplit("/", 1)[1], {"note": "seen"})
    asyncio.run(change)
    changed = asked(gateway, path, tag)
    assert changed.status_code == 200
    assert changed.headers["etag"].startswith('"2-')


def test_a_mask_gives_another_tag(gateway: Gateway) -> None:
    """Who sees less is not told that it has what another one was shown."""
    _, path = stored(gateway, "chat", visitor={"name": "Zoë", "country": "France"})
    tag = asked(gateway, path).headers["etag"]
    masked = asked(gateway, path, tag, authorization=f"Bearer {MASKED_KEY}")
    assert (masked.status_code, "Zoë" in masked.text) == (200, False)
    assert masked.headers["etag"] != tag


def test_a_write_past_the_gateway_gives_another_tag(gateway: Gateway) -> None:
    """Whoever changes the record without its revision."""
    of, path = stored(gateway, "knowledge")
    tag = asked(gateway, path).headers["etag"]
    gateway.damage(of, path.rsplit("/", 1)[1], {"agentId": "another"})
    assert asked(gateway, path, tag).status_code == 200


@pytest.mark.parametrize("path", ["/history/sessions/{}", "/api/2.0/chat/history/{}"])
def test_what_is_not_there_has_no_tag(gateway: Gateway, path: str) -> None:
    """404, whatever the client has."""
    found = asked(gateway, path.format("83d03970-c959-11e2-857d-082e5f12b9a1"), "*")
    assert found.status_code == 404
    assert "etag" not in found.headers


def test_a_session_made_by_its_reading(gateway: Gateway) -> None:
    """There was none that the client could have."""
    path = "/sessions/83d03970-c959-11e2-857d-082e5f12b9a1"
    assert asked(gateway, path, "*").status_code == 200
    assert asked(gateway, path, "*").status_code == 304


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ([TAG], True),
        (["W/" + TAG], True),
        (['"x", W/' + TAG + ', "y"'], True),
        (['"x"', TAG], True),
        (["*"], True),
        ([], False),
        ([""], False),
        (['"3-abcd"'], False),
        (["3-abc"], False),
        (['"x,3-abc"'], False),
        ([TAG + "x"], False),
    ],
)
def test_conditions(condition: list[str], met: bool) -> None:
    """Lists, weak tags, `*`, and what is none of these."""
    assert is_among(TAG, condition) is met
