"""Who guesses keys: an address that gives wrong credentials too often is refused for a while.

Only wrong credentials are counted, and only they are refused: whoever has a valid one is served,
from the same address, too. Each worker counts for itself, in a fixed number of buckets, so that no
flood of addresses costs memory; the 2^64 addresses of one IPv6 network are one.
"""

import hashlib
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Final

from starlette.requests import HTTPConnection

from app.access.rates import Rate
from resolvers.errors import RateLimited
from resolvers.store.store import Store

BUCKETS: Final = 65_536
"""Two addresses in one bucket share their wrong guesses, which does no harm to valid keys."""
_NETWORK: Final = 64
"""Bits of an IPv6 address that name the network of one customer."""


class Guesses:
    """The wrong credentials of each address, at most `rate` of them in a stretch of time."""

    def __init__(self, store: Store, rate: str, clock: Callable[[], float] = time.time) -> None:
        self._rate = Rate(store, rate, clock, alone=True)

    async def failed(self, request: HTTPConnection) -> None:
        """Count a wrong credential; RateLimited, with the seconds to wait, if it is one too many.

        The address is the client's, as trusted proxies say it.
        """
        try:
            await self._rate.hit("guesses", bucket(request.client.host if request.client else ""))
        except RateLimited as error:
            raise RateLimited(
                f"Too many wrong credentials came from this address. {error.message}",
                **error.details,
            ) from None


def bucket(address: str) -> str:
    """Where an address is counted."""
    try:
        found = ip_address(address)
    except ValueError:
        name = address
    else:
        mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
        name = str(mapped or found)
        if isinstance(found, IPv6Address) and mapped is None:
            name = str(int(found) >> (128 - _NETWORK))
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return str(int.from_bytes(digest) % BUCKETS)
