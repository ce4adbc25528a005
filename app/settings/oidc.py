"""Tokens of a company's identity provider, beside keys."""

from collections.abc import Mapping
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_settings import NoDecode

from app.http.origin import is_loopback
from app.settings.types import Group, Names
from resolvers.credentials import check_scopes, known_scopes
from resolvers.errors import BadInput, nearest
from resolvers.tenants import checked
from schema.kinds import KINDS

ALGORITHMS: Final = (
    *(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)),
    "EdDSA",
)
"""All are asymmetric: with one of the others, who knows the public key could sign."""
ALL: Final = "*"
"""Stands for every tenant where a JWT claim's value is mapped to tenants."""


def _mapped(value: object) -> object:
    """`a=x y;b=z` as a mapping; ValueError if it is none."""
    if not isinstance(value, str):
        return value
    found: dict[str, tuple[str, ...]] = {}
    for pair in filter(str.strip, value.split(";")):
        name, equals, granted = pair.rpartition("=")
        if not (equals and name.strip() and granted.split()):
            raise ValueError("write pairs such as support=chat:read bot:read;admins=admin")
        if name.strip() in found:
            raise ValueError(f"{name.strip()!r} is there twice: write all that it stands for once")
        found[name.strip()] = tuple(granted.split())
    return found


Grants = Annotated[Mapping[str, tuple[str, ...]], NoDecode, BeforeValidator(_mapped)]
"""What the values of a JWT claim stand for."""


def check_url(url: str) -> str:
    """The URL; ValueError unless it is https, or http on a loopback address."""
    parts = urlsplit(url)
    local = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or local):
        raise ValueError("write an address that begins with https://")
    if parts.username or parts.password or parts.fragment:
        raise ValueError("write an address without a user, a password and a fragment")
    return url


class OpenID(Group):
    """Tokens of a company's identity provider (OpenID Connect), beside keys."""

    oidc_issuer: str | None = Field(
        None,
        description="The provider whose tokens are accepted: exactly what their JWT claim `iss` "
        "says, such as `https://login.example.com/realms/shop`. Unset: no tokens, only keys.",
    )
    oidc_audience: Names = Field(
        frozenset(),
        description="Whom the tokens must be for, separated by commas: their JWT claim `aud` has "
        "one of these. Needed with GATEWAY_OIDC_ISSUER.",
    )
    oidc_jwks_url: str | None = Field(
        None,
        description="Where the provider's public keys are. Unset: found through "
        "`/.well-known/openid-configuration` below the issuer.",
    )
    oidc_algorithms: Names = Field(
        frozenset({"RS256", "ES256"}),
        description="How tokens may be signed, separated by commas: of "
        + ", ".join(f"`{name}`" for name in ALGORITHMS)
        + ".",
    )
    oidc_leeway_seconds: float = Field(
        30.0,
        ge=0,
        le=300,
        description="How far the provider's clock may differ, in seconds.",
    )
    oidc_keys_seconds: float = Field(
        300.0,
        ge=10,
        le=86_400,
        description="How long the provider's keys are used before they are asked for again, in "
        "seconds. A key that the provider removes is refused after that.",
    )
    oidc_keys_max_age_seconds: float = Field(
        3600.0,
        ge=10,
        le=604_800,
        description="How long known keys go on while the provider does not answer, in seconds. "
        "After that requests with tokens are answered with 503.",
    )
    oidc_scopes_claim: str = Field(
        "scope",
        min_length=1,
        description="The JWT claim that says what its bearer may do: a list, or a text with "
        "spaces between. A dot leads into an object: `realm_access.roles`.",
    )
    oidc_scopes: Grants = Field(
        {},
        description="The scopes that each value of that JWT claim stands for: "
        "`support=chat:read co_browse:read;admins=admin`. A value that is not here gives nothing. "
        "Needed with GATEWAY_OIDC_ISSUER.",
    )
    oidc_tenant_claim: str | None = Field(
        None,
        min_length=1,
        description="The JWT claim that says which tenants its bearer is limited to: a text or a "
        "list. A token without it is refused. Unset: tokens are not limited to tenants.",
    )
    oidc_tenants: Grants = Field(
        {},
        description="The tenants that each value of that JWT claim stands for: "
        "`3f6c0b1e=acme;staff=*`, with `*` for all. A value that is not here gives nothing. Unset: "
        "each value is a tenant's name.",
    )
    oidc_bots_claim: str | None = Field(
        None,
        min_length=1,
        description="The JWT claim that says which bots its bearer is limited to: a text or a "
        "list. A token without it is refused. Unset: tokens are not limited to bots.",
    )

    @field_validator("oidc_issuer", "oidc_jwks_url")
    @classmethod
    def _safe_url(cls, url: str | None) -> str | None:
        return None if url is None else check_url(url)

    @field_validator("oidc_algorithms")
    @classmethod
    def _asymmetric(cls, names: frozenset[str]) -> frozenset[str]:
        for name in sorted(names - {*ALGORITHMS}):
            raise ValueError(f"{name!r} is not allowed. {nearest(name, ALGORITHMS)}")
        if not names:
            raise ValueError("name at least one")
        return names

    @field_validator("oidc_scopes")
    @classmethod
    def _known_scopes(cls, grants: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        known = known_scopes(entry.kind.name for entry in KINDS)
        try:
            for granted in grants.values():
                check_scopes(granted, known)
        except BadInput as error:
            raise ValueError(error.message) from None
        return grants

    @field_validator("oidc_tenants")
    @classmethod
    def _tenants(cls, grants: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        try:
            for granted in grants.values():
                checked(name for name in granted if name != ALL)
        except BadInput as error:
            raise ValueError(error.message) from None
        return grants

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.oidc_issuer is None:
            given = sorted(name for name in self.model_fields_set if name.startswith("oidc_"))
            if given:
                raise ValueError(
                    f"GATEWAY_{given[0].upper()} is of use only with GATEWAY_OIDC_ISSUER."
                )
            return self
        for name in ("oidc_audience", "oidc_scopes"):
            if not getattr(self, name):
                raise ValueError(f"GATEWAY_OIDC_ISSUER needs GATEWAY_{name.upper()} as well.")
        if self.oidc_tenants and self.oidc_tenant_claim is None:
            raise ValueError("GATEWAY_OIDC_TENANTS needs GATEWAY_OIDC_TENANT_CLAIM as well.")
        if self.oidc_keys_max_age_seconds < self.oidc_keys_seconds:
            raise ValueError(
                "GATEWAY_OIDC_KEYS_MAX_AGE_SECONDS must not be less than GATEWAY_OIDC_KEYS_SECONDS."
            )
        return self
