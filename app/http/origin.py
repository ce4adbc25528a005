"""Where a request comes from: which hosts it may name, and which sites' pages may send it.

A browser shows with `Origin` and `Sec-Fetch-Site` that another site's page sends a request. What
CORS does not allow is refused with any method, because a page's script can do harm without reading
the answer. A foreign name that resolves to this machine (DNS rebinding) shows in `Host`.
"""

import ipaddress
import logging
import re
from collections.abc import Iterable, Mapping
from typing import Final

from app.http.refusal import Header, RefusedError

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_OWN_SITE: Final = (None, b"same-origin", b"none")
_PREFLIGHT_SECONDS: Final = b"600"
_ALLOWED_METHODS: Final = b"GET, HEAD, POST, PUT, DELETE"
_EXPOSED: Final = (
    b"ETag, Idempotency-Replayed, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate,"
    b" X-Request-Id"
)

LOOPBACK: Final = "loopback"
"""Stands for the origins on this machine, with any port."""

_ORIGIN: Final = re.compile(r"https?://[\w.:\[\]-]{1,255}", re.ASCII)
_MOST_LOGGED: Final = 20

Headers = Mapping[bytes, bytes]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_log = logging.getLogger(__name__)


class Hosts:
    """The hosts this server goes by: `*` for any, else loopback, its own and the given ones.

    A server that listens on all addresses goes by each of them: an address cannot be rebound.
    """

    def __init__(self, own: str, allowed: Iterable[str] = ()) -> None:
        names = {name.lower() for name in allowed}
        self._any = "*" in names
        self._addresses = own in ("", "0.0.0.0", "::")  # noqa: S104  compared, not bound
        self._names = names | _LOOPBACK | {f"[{own}]" if ":" in own else own.lower()}

    def require(self, host: bytes | None) -> None:
        """RefusedError (403) for a foreign name; none at all comes from no browser."""
        if host is None or self._any:
            return
        name = _name(host)
        if name not in self._names and not (self._addresses and _is_address(name)):
            raise RefusedError(
                403,
                "FORBIDDEN",
                "Host: this server does not go by that name. Its operator can add it to "
                "GATEWAY_ALLOWED_HOSTS.",
            )


class Origins:
    """The other sites whose pages may send requests: `*` for any, `loopback` for this machine's.

    Refused origins are logged, each once: a browser shows its developer no reason.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = frozenset(origin.lower().rstrip("/").encode() for origin in allowed)
        self._any = b"*" in self._allowed
        self._loopback = LOOPBACK.encode() in self._allowed
        self._logged: set[str] = set()

    def require(self, headers: Headers, page: bool = False) -> tuple[Header, ...]:
        """The CORS headers of the response; RefusedError (403) if another site may not send this.

        Following a link to a `page` is always allowed.
        """
        origin, site = headers.get(b"origin"), headers.get(b"sec-fetch-site")
        if origin is None and (site in _OWN_SITE or (page and _is_navigation(headers))):
            return ()
        if origin is not None and self._is_allowed(origin):
            return self._cors(origin)
        if origin is not None and site in _OWN_SITE and _authority(origin) == headers.get(b"host"):
            return ()
        raise RefusedError(403, "FORBIDDEN", self._refusal(origin))

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

    def _is_allowed(self, origin: bytes) -> bool:
        return (
            self._any
            or origin.lower() in self._allowed
            or (self._loopback and _name(_authority(origin)) in _LOOPBACK)
        )

    def _refusal(self, origin: bytes | None) -> str:
        text = (origin or b"").decode("latin-1")
        if not _ORIGIN.fullmatch(text):
            return (
                "Pages of other sites may not use this server. Its operator can allow their "
                "origins with GATEWAY_CORS_ORIGINS."
            )
        message = (
            f"Pages of {text} may not use this server. Its operator can allow them: "
            f"GATEWAY_CORS_ORIGINS={text}"
        )
        if text not in self._logged and len(self._logged) < _MOST_LOGGED:
            self._logged.add(text)
            _log.warning("%s", message)
        return message

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


def is_loopback_name(host: bytes | None) -> bool:
    """Whether a `Host` is a name, or an address, of the machine that it is used on; or is none."""
    return host is None or _name(host) in _LOOPBACK


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine only."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def networks(names: Iterable[str]) -> list[Network]:
    """Addresses and networks, such as 10.0.0.7 and 10.0.0.0/8; ValueError names any other."""
    found: list[Network] = []
    for name in sorted(names):
        try:
            found.append(ipaddress.ip_network(name))
        except ValueError as error:
            raise ValueError(
                f"{name!r} is not an address or a network, such as 10.0.0.7 or 10.0.0.0/8 ({error})"
            ) from None
    return found


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
