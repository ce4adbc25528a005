"""The settings of an identity provider refuse what would let strangers in, or means nothing."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.settings import Settings

WHOLE: dict[str, Any] = {
    "oidc_issuer": "https://login.example.com/realms/shop",
    "oidc_audience": "gateway",
    "oidc_scopes": "support agents=chat:read co_browse:read; admins=admin",
}


def test_values_are_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the environment gives them: values may have blanks in their names."""
    for name, value in WHOLE.items():
        monkeypatch.setenv(f"GATEWAY_{name.upper()}", value)
    assert Settings().oidc_scopes == {
        "support agents": ("chat:read", "co_browse:read"),
        "admins": ("admin",),
    }


def test_without_a_provider_nothing_is_needed() -> None:
    """Keys alone are the default."""
    assert Settings().oidc_issuer is None


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/x", "http://localhost:1", "https://a.example"]
)
def test_addresses_of_a_provider(url: str) -> None:
    """Only on the same machine without encryption."""
    assert Settings(**{**WHOLE, "oidc_issuer": url, "oidc_jwks_url": url})


@pytest.mark.parametrize(
    "url",
    ["http://login.example.com", "login.example.com", "file:///x", "", "https://u:p@a.example"],
)
@pytest.mark.parametrize("name", ["oidc_issuer", "oidc_jwks_url"])
def test_other_addresses_are_refused(name: str, url: str) -> None:
    """Who is on the way could put in keys of their own."""
    with pytest.raises(ValidationError, match="write an address"):
        Settings(**{**WHOLE, name: url})


@pytest.mark.parametrize("name", ["none", "HS256", "RS1", "rs256", ""])
def test_algorithms_are_asymmetric(name: str) -> None:
    """Never one for which the public key is the secret."""
    with pytest.raises(ValidationError, match=r"is not allowed|name at least one"):
        Settings(**WHOLE, oidc_algorithms=name)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"oidc_audience": ""}, "GATEWAY_OIDC_ISSUER needs GATEWAY_OIDC_AUDIENCE"),
        ({"oidc_scopes": ""}, "GATEWAY_OIDC_ISSUER needs GATEWAY_OIDC_SCOPES"),
        ({"oidc_issuer": None}, "is of use only with GATEWAY_OIDC_ISSUER"),
        ({"oidc_scopes": "a"}, "write pairs such as"),
        ({"oidc_scopes": "=admin"}, "write pairs such as"),
        ({"oidc_scopes": "a="}, "write pairs such as"),
        ({"oidc_scopes": "a=admin;a=chat:read"}, "'a' is there twice"),
        ({"oidc_scopes": "a=chat:reed"}, r"'chat:reed' is not a scope.*chat:read"),
        ({"oidc_tenants": "a=b"}, "GATEWAY_OIDC_TENANTS needs GATEWAY_OIDC_TENANT_CLAIM"),
        ({"oidc_tenant_claim": "t", "oidc_tenants": "a=b/c"}, "'b/c' is not a tenant"),
        ({"oidc_keys_seconds": 100, "oidc_keys_max_age_seconds": 50}, "must not be less"),
        ({"oidc_keys_seconds": 1}, "greater than or equal to 10"),
        ({"oidc_leeway_seconds": 301}, "less than or equal to 300"),
    ],
)
def test_what_cannot_be_meant(given: dict[str, Any], message: str) -> None:
    """Each refusal names the setting."""
    with pytest.raises(ValidationError, match=message):
        Settings(**{**WHOLE, **given})
