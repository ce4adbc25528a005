"""Compressed bodies: the two codings that are read, and no more than the limit of what is in."""

import gzip
import time
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.coding import coding_of, unpacked
from app.http.refusal import RefusedError


def bare(body: bytes) -> bytes:
    """Deflate without zlib's frame."""
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(body) + packing.flush()


PACK: dict[str, list[Callable[[bytes], bytes]]] = {
    "gzip": [gzip.compress],
    "x-gzip": [gzip.compress],
    "deflate": [zlib.compress, bare],
}
FORMS = [(coding, pack) for coding, packs in PACK.items() for pack in packs]


@given(st.binary(max_size=300), st.sampled_from(FORMS))
def test_what_is_packed_comes_back(body: bytes, form: tuple[str, Callable[[bytes], bytes]]) -> None:
    """In every form that clients send."""
    coding, pack = form
    assert unpacked(pack(body), coding, 300) == body


@pytest.mark.parametrize(("coding", "pack"), FORMS)
def test_the_limit_is_of_what_is_in(coding: str, pack: Callable[[bytes], bytes]) -> None:
    """A byte more is too much, however small the body is."""
    assert unpacked(pack(b"x" * 1000), coding, 1000) == b"x" * 1000
    assert unpacked(pack(b"x" * 1001), coding, 1000) is None


def test_a_bomb_costs_no_more_than_the_limit() -> None:
    """A gigabyte in a megabyte is left packed."""
    packing = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    bomb = b"".join(packing.compress(b"\0" * 2**20) for _ in range(256)) + packing.flush()
    started = time.process_time()
    assert unpacked(bomb, "gzip", 2**20) is None
    assert time.process_time() - started < 1


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b + b"x", lambda _: b"{}", lambda _: b"x"]
)
def test_a_broken_body_is_400(coding: str, damage: Callable[[bytes], bytes]) -> None:
    """Cut off, with something behind it, or not compressed at all."""
    with pytest.raises(RefusedError) as caught:
        unpacked(damage(PACK[coding][0](b"{}")), coding, 1000)
    assert (caught.value.status, caught.value.message) == (400, f"The body is not valid {coding}.")


@pytest.mark.parametrize("header", [None, b"", b"identity", b" Identity "])
def test_a_body_need_not_be_compressed(header: bytes | None) -> None:
    """Without a coding, or with the one that changes nothing."""
    assert coding_of(header) == ""


@pytest.mark.parametrize(
    "header", [b"br", b"zstd", b"compress", b"gzip, gzip", b"gzip, identity", b"\xff"]
)
def test_other_codings_are_415(header: bytes) -> None:
    """With the ones that are read, as RFC 9110 asks."""
    with pytest.raises(RefusedError) as caught:
        coding_of(header)
    assert caught.value.status == 415
    assert (b"accept-encoding", b"gzip, deflate") in caught.value.headers
