"""What the JWT claims of a token allow: by the mapping in the settings, and nothing besides."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from app.settings import Settings
from app.settings.oidc import ALL
from resolvers.access import Caller
from resolvers.credentials import NAME_LENGTH
from resolvers.errors import BadInput, Forbidden
from resolvers.tenants import Tenants, checked

PREFIX: Final = "oidc:"
"""What the id of a token's bearer begins with; no credential's does."""
NAME_CLAIMS: Final = ("name", "preferred_username", "client_id", "azp")
"""Where providers put a name for people; the first one present counts."""
MOST_VALUES: Final = 1000
"""Values of a JWT claim that are looked at: a person may be in many groups."""
PLAIN_SUBJECT: Final = re.compile(r"[\w.|:-]{1,64}", re.ASCII)
"""A subject that can stand in logs as it is: an id, and no address."""

Claims = Mapping[str, Any]


def caller(settings: Settings, claims: Claims) -> Caller:
    """The bearer of a verified token; Forbidden, saying why, if it may do nothing."""
    scopes = _scopes(settings, claims)
    if not scopes:
        raise Forbidden(
            f"This token is valid, but nothing in its JWT claim {settings.oidc_scopes_claim} is "
            "mapped to a scope here. Ask the operator of the gateway for GATEWAY_OIDC_SCOPES."
        )
    return Caller(
        id=PREFIX + _subject(claims["sub"]),
        scopes=scopes,
        bots=_bots(settings, claims),
        name=_name(claims),
        expires_at=datetime.fromtimestamp(int(claims["exp"]), UTC).replace(tzinfo=None),
        tenants=_tenants(settings, claims),
    )


def values(claims: Claims, name: str) -> list[str]:
    """The texts of a JWT claim; [] if it is missing, or of another form.

    A JWT claim whose name has dots in it is found as well as one within objects.
    """
    found: Any = claims
    if name in claims:
        found = claims[name]
    else:
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    listed = [found] if isinstance(found, str) else found
    if not isinstance(listed, list):
        return []
    return [one for one in listed[:MOST_VALUES] if isinstance(one, str) and one]


def _scopes(settings: Settings, claims: Claims) -> frozenset[str]:
    name = settings.oidc_scopes_claim
    given = values(claims, name)
    # As the JWT claim `scope` (RFC 8693, section 4.2); names of groups may have spaces.
    given += [part for one in given for part in one.split()]
    return frozenset(scope for one in given for scope in settings.oidc_scopes.get(one, ()))


def _tenants(settings: Settings, claims: Claims) -> Tenants:
    name = settings.oidc_tenant_claim
    if name is None:
        return None
    given: Iterable[str] = values(claims, name)
    if settings.oidc_tenants:
        given = [tenant for one in given for tenant in settings.oidc_tenants.get(one, ())]
        if ALL in given:
            return None
    try:
        found = frozenset(checked(given))
    except BadInput:
        found = frozenset()
    return _required(found, name, "tenant")


def _bots(settings: Settings, claims: Claims) -> frozenset[str] | None:
    name = settings.oidc_bots_claim
    return None if name is None else _required(frozenset(values(claims, name)), name, "bot")


def _required(found: frozenset[str], claim: str, what: str) -> frozenset[str]:
    """What a JWT claim limits to; Forbidden for nothing, which must never mean everything."""
    if not found:
        raise Forbidden(
            f"This token is valid, but its JWT claim {claim} names no {what} that is known here. "
            "Ask the operator of the gateway."
        )
    return found


def _subject(subject: str) -> str:
    if PLAIN_SUBJECT.fullmatch(subject):
        return subject
    return hashlib.sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _name(claims: Claims) -> str:
    for claim in NAME_CLAIMS:
        if (found := values(claims, claim)) and found[0].isprintable():
            return found[0][:NAME_LENGTH]
    return ""
