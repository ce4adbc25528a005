"""JSON Web Tokens of the bot path: HS256, signed with the signing secret of a credential."""

import jwt
from jwt.types import Options

from resolvers.errors import Unauthenticated

ALGORITHM = "HS256"
KEY_BYTES = 32
CLIENT_CLAIMS = ("appId", "iss", "clientId")
"""Where the vendor's clients put their id; the first one present counts."""

# The vendor's clients put what they like into the other registered claims.
_UNCHECKED: Options = {
    "verify_aud": False,
    "verify_iss": False,
    "verify_iat": False,
    "verify_sub": False,
    "verify_jti": False,
}
BROKEN = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)
"""What the library raises over a token that somebody forged with care."""


class MalformedToken(Unauthenticated):
    """A text that is not a JWT."""


def client_id(token: str) -> str | None:
    """The client id that the token names, unverified; None if it has none or is not HS256.

    MalformedToken if it is not a JWT.
    """
    try:
        parts = jwt.decode_complete(token, options={"verify_signature": False})
    except BROKEN:
        raise MalformedToken("This is not a valid JSON Web Token.") from None
    claims = [parts["payload"].get(name) for name in CLIENT_CLAIMS]
    named = next((claim for claim in claims if claim is not None), None)
    if parts["header"].get("alg") != ALGORITHM or not isinstance(named, str):
        return None
    return named


def is_signed(token: str, secret: str) -> bool:
    """Whether the token is signed with the secret and neither expired nor used too early."""
    # HMAC itself fills a key up with zeros; done before, the library has no short key to warn of.
    key = secret.encode().ljust(KEY_BYTES, b"\0")
    try:
        jwt.decode(token, key, algorithms=[ALGORITHM], options=_UNCHECKED)
    except BROKEN:
        return False
    return True
