"""Where a request comes from: which hosts it may name, and which sites' pages may send it.

A browser shows with `Origin` and `Sec-Fetch-Site` that another site's page sends a request. What
CORS does not allow is refused with any method, because a page's script can do harm without reading
the answer. A foreign name that resolves to this machine (DNS rebinding) shows in `Host`.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Final

from app.http.refusal import Header, RefusedError

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_OWN_SITE: Final = (None, b"same-origin", b"none")
_PREFLIGHT_SECONDS: Final = b"600"
_ALLOWED_METHODS: Final = b"GET, HEAD, POST, PUT, DELETE"
_EXPOSED: Final = b"Retry-After, WWW-Authenticate"
_KNOWN_MOST: Final = 256

Headers = Mapping[bytes, bytes]


class Hosts:
    """The hosts this server goes by: `*` for any, else loopback, its own and the given ones.

    A server that listens on all addresses goes by each of them: an address cannot be rebound.
    """

    def __init__(self, own: str, allowed: Iterable[str] = ()) -> None:
        names = {name.lower() for name in allowed}
        self._any = "*" in names
        self._addresses = own in ("", "0.0.0.0", "::")  # noqa: S104  compared, not bound
        self._names = names | _LOOPBACK | {f"[{own}]" if ":" in own else own.lower()}
        self._known: set[bytes] = set()

    def require(self, host: bytes | None) -> None:
        """RefusedError (403) for a foreign name; none at all comes from no browser."""
        if host is None or host in self._known or self._any:
            return
        if not self._fits(_name(host)):
            raise RefusedError(
                403,
                "FORBIDDEN",
                "Host: this server does not go by that name. Its operator can add it to "
                "GATEWAY_ALLOWED_HOSTS.",
            )
        if len(self._known) < _KNOWN_MOST:
            self._known.add(host)

    def _fits(self, name: str) -> bool:
        return name in self._names or (self._addresses and _is_address(name))


class Origins:
    """The other sites whose pages may send requests."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = frozenset(origin.lower().rstrip("/").encode() for origin in allowed)
        self._any = b"*" in self._allowed

    def require(self, headers: Headers, page: bool = False) -> tuple[Header, ...]:
        """The CORS headers of the response; RefusedError (403) if another site may not send this.

        Following a link to a `page` is always allowed.
        """
        origin, site = headers.get(b"origin"), headers.get(b"sec-fetch-site")
        if origin is None and (site in _OWN_SITE or (page and _is_navigation(headers))):
            return ()
        if origin is not None and self._any_or_named(origin):
            return self._cors(origin)
        if origin is not None and site in _OWN_SITE and _authority(origin) == headers.get(b"host"):
            return ()
        raise RefusedError(
            403,
            "FORBIDDEN",
            "Pages of other sites may not use this server. Its operator can add an origin to "
            "GATEWAY_CORS_ORIGINS.",
        )

    def preflight(self, headers: Headers, cors: tuple[Header, ...]) -> tuple[Header, ...] | None:
        """The headers that answer a browser's preflight request; None if it is none."""
        if not cors or b"access-control-request-method" not in headers:
            return None
        asked = headers.get(b"access-control-request-headers", b"content-type, authorization")
        return (
            *cors,
            (b"access-control-allow-methods", _ALLOWED_METHODS),
            (b"access-control-allow-headers", asked),
            (b"access-control-max-age", _PREFLIGHT_SECONDS),
        )

    def _any_or_named(self, origin: bytes) -> bool:
        return self._any or origin.lower() in self._allowed

    def _cors(self, origin: bytes) -> tuple[Header, ...]:
        """Keys travel in headers, never in cookies, so credentials are not allowed."""
        return (
            (b"access-control-allow-origin", b"*" if self._any else origin),
            (b"access-control-expose-headers", _EXPOSED),
            (b"vary", b"Origin"),
        )


def _is_navigation(headers: Headers) -> bool:
    return (
        headers.get(b"sec-fetch-mode") == b"navigate"
        and headers.get(b"sec-fetch-dest") == b"document"
    )


def _authority(origin: bytes) -> bytes:
    """`host:port` of `scheme://host:port`; a proxy may have taken TLS off, so no scheme."""
    return origin.partition(b"://")[2]


def _name(host: bytes) -> str:
    """The host without its port, in lower case and without the root's dot."""
    text = host.decode("latin-1").lower()
    if text.startswith("["):
        return text.partition("]")[0] + "]"
    return text.partition(":")[0].removesuffix(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
