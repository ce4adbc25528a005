"""Addresses that guess keys wait; whoever has a key does not."""

import httpx
import pytest

from app.access.guesses import BUCKETS, bucket
from tests.app.graphql_client import Door, code, open_door

WRONG = {"authorization": "Bearer of-nobody"}
WAYS = {
    "graphql": {"path": "/graphql", "json": {"query": "{ __typename }"}, "headers": WRONG},
    "co_browse": {"method": "GET", "path": "/history/sessions/x", "headers": WRONG},
    "remote_support": {
        "method": "GET",
        "path": "/get_session_history.php?VARS=ID&KEY=of-nobody",
        "headers": {"authorization": None},
    },
    "chat": {
        "method": "GET",
        "path": "/api/2.0/chat/history/x?apiKey=a&token=b",
        "headers": {"authorization": None},
    },
    "bot": {
        "path": "/api/public/getSessions",
        "headers": {"authorization": None, "auth": "e30.e30.e30"},
    },
    "reference": {"method": "GET", "path": "/openapi.json", "headers": WRONG},
}


LEGACY = {"remote_support": (200, 200)}
"""What a vendor answers that tells of a wrong key in the body; the others answer 401."""


def ask(door: Door, way: str) -> httpx.Response:
    """A request with a wrong credential."""
    given = dict(WAYS[way])
    return door.request(**{**given, "headers": dict(given["headers"])})  # type: ignore[arg-type]


@pytest.mark.parametrize("way", WAYS)
def test_a_guesser_waits(way: str) -> None:
    """Two wrong credentials are refused as such; the third one is told how long to wait."""
    door = open_door(guess_rate="2/minute", introspection="scoped")
    told = [ask(door, way) for _ in range(3)]
    assert [answer.status_code for answer in told] == [*LEGACY.get(way, (401, 401)), 429]
    assert 0 < int(told[2].headers["retry-after"]) <= 60


def test_a_valid_key_is_served_from_the_same_address() -> None:
    """However many wrong ones came from there; and it does not make room for further guesses."""
    door = open_door(guess_rate="1/minute")
    assert [ask(door, "graphql").status_code for _ in range(2)] == [401, 429]
    assert door.post().status_code == 200
    assert ask(door, "graphql").status_code == 429


def test_no_credential_is_no_guess() -> None:
    """Whoever forgot the key is told so, each time."""
    door = open_door(guess_rate="1/minute")
    answers = [door.post(headers={"authorization": None}) for _ in range(3)]
    assert [code(answer) for answer in answers] == [(401, "UNAUTHENTICATED")] * 3


def test_no_rate_is_no_limit() -> None:
    """The setting may be empty."""
    door = open_door(guess_rate="")
    assert {ask(door, "graphql").status_code for _ in range(3)} == {401}


def test_addresses_are_counted_apart() -> None:
    """Those of one IPv6 network together; one of IPv4 in both of its forms."""
    assert bucket("203.0.113.9") == bucket("::ffff:203.0.113.9") != bucket("203.0.113.8")
    assert bucket("2001:db8::1") == bucket("2001:db8::ffff:1") != bucket("2001:db8:0:1::1")
    assert bucket("") == bucket("")
    assert len({bucket(f"2001:db8:{n:x}::") for n in range(2000)} | {"0"}) > 1900
    assert int(bucket("testclient")) < BUCKETS
