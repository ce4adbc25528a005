"""The id of a request: the client's, if it is sane, else a new one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.request_id import request_id


def of(*given: bytes) -> str:
    scope: dict[str, Any] = {"headers": [(b"x-request-id", value) for value in given]}
    return request_id(scope)


@pytest.mark.parametrize("id_", [b"7", b"a" * 128, b"req/2026-03:01~"])
def test_sane_ids_are_the_clients(id_: bytes) -> None:
    """Up to 128 visible ASCII characters."""
    assert of(id_) == id_.decode()


@pytest.mark.parametrize("id_", [b"", b"a" * 129, b"a b", b"a\n", "ä".encode(), b"\x7f"])
def test_others_get_a_new_one(id_: bytes) -> None:
    """Too long, with a space, a line end or other bytes."""
    assert len(of(id_)) == 32
    assert of(id_) != of(id_)


@given(st.binary(max_size=200))
def test_whatever_comes_it_is_short_and_visible(id_: bytes) -> None:
    """No header can put a line end into a log."""
    made = of(id_)
    assert 1 <= len(made) <= 128
    assert made.isascii()
    assert made.isprintable()
    assert " " not in made


def test_it_stays() -> None:
    """Of one request there is one id, and of two headers the first counts."""
    scope: dict[str, Any] = {"headers": []}
    assert request_id(scope) == request_id(scope)
    assert of(b"first", b"second") == "first"
