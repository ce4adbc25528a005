"""Proxies in front: whose word is taken for a request's client, scheme and host.

    peer 10.0.0.7, trusted     X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.0.0.8
    the client                 203.0.113.9: the last address that is not a trusted proxy's

Each proxy adds the address that it saw at the end, so what stands further to the left is only what
a client wrote. Nobody is trusted by being on this machine: a proxy there brings strangers as well.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.http.origin import networks

_HOST: Final = re.compile(rb"[\w.-]{1,255}(:\d{1,5})?|\[[0-9a-fA-F:.]{2,45}\](:\d{1,5})?")


class TrustedProxies:
    """ASGI middleware that corrects a request's client, scheme and `Host`.

    `trusted` are addresses and networks. A request of any other peer stays as it is.
    """

    def __init__(self, app: ASGIApp, trusted: Iterable[str]) -> None:
        names = sorted(trusted)
        self._app = app
        self._networks = networks(names)
        inner: Any = app  # uvicorn has types of its own for ASGI
        self._forwarded: Any = ProxyHeadersMiddleware(inner, names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Believe what a trusted peer says."""
        host, port = scope.get("client") or ("", 0)
        address = _address(host)
        if address is None or not any(ip_address(address) in one for one in self._networks):
            await self._app(scope, receive, send)
            return
        corrected = {**scope, "client": (address, port), "headers": _with_host(scope["headers"])}
        await self._forwarded(corrected, receive, send)


def _address(text: str) -> str | None:
    """The peer's address; one of IPv4 as such, where the server listens on both."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _with_host(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers; with `X-Forwarded-Host`, its last entry is the `Host`."""
    given = list(headers)
    forwarded = [value for name, value in given if name == b"x-forwarded-host"]
    host = forwarded[-1].rpartition(b",")[2].strip() if forwarded else b""
    if not _HOST.fullmatch(host):
        return given
    return [(b"host", host), *(pair for pair in given if pair[0] != b"host")]
