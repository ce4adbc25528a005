"""A small identity provider on a loopback socket: it issues, rotates and revokes."""

import base64
import contextlib
import json
import time
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, KeySet, RSAKey
from joserfc.jws import JWSRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.settings import Settings
from tests.app.access import SETTINGS
from tests.app.live import live

AUDIENCE = "gateway"
GROUPS = "desk=chat:read bot:read;staff=*:read *:write pii:read;chiefs=admin"
SigningKey = RSAKey | ECKey


@cache
def rsa(name: str, bits: int = 2048) -> RSAKey:
    """An RSA key of that name, the same in all tests."""
    with warnings.catch_warnings():  # a short one is made on purpose
        warnings.simplefilter("ignore", SecurityWarning)
        return RSAKey.generate_key(bits, {"kid": name, "use": "sig"})


@cache
def elliptic(name: str, curve: str = "P-256") -> ECKey:
    """A key of that name on an elliptic curve."""
    return ECKey.generate_key(curve, {"kid": name, "use": "sig"})


def _encoded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def rs256(key: RSAKey) -> Callable[[bytes], bytes]:
    """Signs as RS256 does."""
    return lambda data: key.private_key.sign(data, PKCS1v15(), SHA256())


class Provider:
    """What it says can be changed at any time; `url` is its issuer."""

    def __init__(self) -> None:
        self.url = ""
        self.keys: list[SigningKey] = [rsa("first"), elliptic("curve")]
        self.asked: list[str] = []
        self.instead: Response | None = None
        """What is answered in the place of keys."""
        self.configuration: dict[str, Any] = {}
        """What the configuration says besides."""
        routes = [
            Route("/.well-known/openid-configuration", self._configured),
            Route("/keys", self._keys),
        ]
        self.app = Starlette(routes=routes)

    def settings(self, **given: Any) -> Settings:
        """A gateway's, which accepts its tokens."""
        values = {
            "oidc_issuer": self.url,
            "oidc_audience": AUDIENCE,
            "oidc_scopes_claim": "groups",
            "oidc_scopes": GROUPS,
            **given,
        }
        return Settings(secret_key=SETTINGS.secret_key, **values)

    def claims(self, **more: Any) -> dict[str, Any]:
        """Those of a valid token; a None takes one away."""
        now = int(time.time())
        times = {"iat": now, "nbf": now, "exp": now + 300}
        given = {"iss": self.url, "aud": AUDIENCE, "sub": "u-1", "groups": ["desk"], **times}
        return {name: value for name, value in {**given, **more}.items() if value is not None}

    def token(
        self, key: SigningKey | None = None, header: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        """A signed token."""
        signing = key or self.keys[0]
        algorithm = "ES256" if isinstance(signing, ECKey) else "RS256"
        head = {"alg": algorithm, "kid": signing.kid, "typ": "at+jwt", **(header or {})}
        head = {name: value for name, value in head.items() if value is not None}
        lenient = JWSRegistry(algorithms=[head["alg"]], strict_check_header=False)
        return jwt.encode(head, self.claims(**claims), signing, None, lenient)

    def forged(self, header: dict[str, Any], sign: Callable[[bytes], bytes], **claims: Any) -> str:
        """A token with a header that no library makes."""
        parts = (json.dumps(one).encode() for one in (header, self.claims(**claims)))
        signed = b".".join(map(_encoded, parts))
        return b".".join((signed, _encoded(sign(signed)))).decode()

    async def _configured(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        return JSONResponse(
            {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **self.configuration}
        )

    async def _keys(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        if self.instead is not None:
            return self.instead
        return JSONResponse(KeySet(list(self.keys)).as_dict(private=False))


@contextlib.contextmanager
def provider() -> Iterator[Provider]:
    """A running one."""
    made = Provider()
    with live(made.app) as port:
        made.url = f"http://127.0.0.1:{port}"
        yield made
