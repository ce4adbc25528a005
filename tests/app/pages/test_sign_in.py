"""`POST /sign-in`: a one-time code for the demo key."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from pydantic import SecretStr

from app.access.one_time_codes import OneTimeCodes
from app.main import create_app
from app.settings import Settings
from tests.app.graphql_client import Door, build_once, code, error

KEY = "demo-key-of-the-tests-32-characters"


@pytest.fixture
def codes(tmp_path: Path) -> OneTimeCodes:
    return OneTimeCodes(tmp_path)


def door_to(codes: OneTimeCodes | None, **settings: Any) -> Door:
    """The application, asked without a key."""
    with patch("app.main.build", build_once):
        return Door(create_app(Settings(**settings), codes), "")


@pytest.fixture
def door(codes: OneTimeCodes) -> Door:
    return door_to(codes, demo_key=SecretStr(KEY))


def sign_in(door: Door, body: Any, **headers: str) -> httpx.Response:
    return door.request(path="/sign-in", json=body, headers={"authorization": None, **headers})


def test_a_code_is_exchanged_once(door: Door, codes: OneTimeCodes) -> None:
    """The answer has the key and stays in no cache; the second time there is none."""
    body = {"code": codes.make()}
    first = sign_in(door, body)
    assert (first.status_code, first.json()) == (200, {"key": KEY})
    assert first.headers["cache-control"] == "no-store"
    second = sign_in(door, body)
    assert code(second) == (403, "FORBIDDEN")
    assert "Paste the key" in error(second)["message"]
    assert KEY not in second.text


def test_workers_share_the_codes(codes: OneTimeCodes) -> None:
    """What one worker exchanged, another does not."""
    doors = [door_to(OneTimeCodes(codes.folder), demo_key=SecretStr(KEY)) for _ in range(2)]
    body = {"code": codes.make()}
    assert [sign_in(one, body).status_code for one in doors] == [200, 403]


@pytest.mark.parametrize(
    "body", [{}, [], "code", None, {"code": None}, {"code": 5}, {"code": ["a"]}], ids=str
)
def test_bodies_without_a_code(door: Door, body: object) -> None:
    """The refusal shows the form."""
    refused = sign_in(door, body)
    assert code(refused) == (400, "BAD_USER_INPUT")
    assert '{"code": "…"}' in error(refused)["message"]


def test_large_bodies_are_not_read(door: Door) -> None:
    """Nobody needs more than a code."""
    assert code(sign_in(door, {"code": "a" * 2000})) == (413, "LIMIT_EXCEEDED")


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}],
    ids=str,
)
def test_other_sites_neither_get_nor_use_up_a_code(
    door: Door, codes: OneTimeCodes, headers: dict[str, str]
) -> None:
    """Their pages are refused before anything happens."""
    body = {"code": codes.make()}
    assert code(sign_in(door, body, **headers)) == (403, "FORBIDDEN")
    assert sign_in(door, body).status_code == 200


def test_codes_come_by_post_alone(door: Door, codes: OneTimeCodes) -> None:
    """A link with a code in its query would be in histories and logs."""
    answer = door.request("GET", f"/sign-in?code={codes.make()}")
    assert code(answer) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("missing", ["codes", "key"])
def test_without_a_demo_key_nobody_signs_in(codes: OneTimeCodes, missing: str) -> None:
    """Where there is no code, or nothing to exchange it for, every code is refused."""
    closed = door_to(None, demo_key=SecretStr(KEY)) if missing == "codes" else door_to(codes)
    assert code(sign_in(closed, {"code": codes.make()})) == (403, "FORBIDDEN")
