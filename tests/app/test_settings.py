"""The settings of access, rates and retention refuse what would be dangerous or senseless."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from app.rest import VENDORS
from app.settings import OPEN_PATHS, Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"])
def test_access_may_be_off_on_loopback(host: str) -> None:
    """There nobody else can reach the gateway."""
    assert Settings(auth="off", host=host).auth == "off"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "gateway.example", ""])
def test_access_may_be_off_nowhere_else(host: str) -> None:
    """The refusal names the setting."""
    with pytest.raises(ValidationError, match="GATEWAY_AUTH=off is allowed only"):
        Settings(auth="off", host=host)


@pytest.mark.parametrize("name", ["*", "proxy.example", "10.0.0.1/8", "10.0.0.0/33", "localhost"])
def test_trusted_proxies_are_addresses(name: str) -> None:
    """A name may change its address, and `*` would let everybody be anybody."""
    with pytest.raises(ValidationError, match="is not an address or a network"):
        Settings(trusted_proxies=f"10.0.0.7,{name}")


def test_access_is_not_off_behind_a_proxy() -> None:
    """It would bring strangers to a gateway where everybody may do everything."""
    with pytest.raises(ValidationError, match="GATEWAY_TRUSTED_PROXIES"):
        Settings(auth="off", trusted_proxies="127.0.0.1")


def test_open_paths_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the environment gives them, blanks and empty parts aside."""
    monkeypatch.setenv("GATEWAY_OPEN_PATHS", "co_browse, knowledge,")
    assert Settings().open_paths == {"co_browse", "knowledge"}


def test_open_paths_are_vendors() -> None:
    """Those whose clients have no key; others are refused, and the nearest is named."""
    assert OPEN_PATHS == {"co_browse": ("read",), "knowledge": ("read", "write")}
    assert OPEN_PATHS.keys() <= {vendor.name for vendor in VENDORS}
    with pytest.raises(ValidationError, match=r"'knowlege' cannot .* mean knowledge\?"):
        Settings(open_paths="knowlege")


@pytest.mark.parametrize(
    "given",
    [
        {"open_paths": "bot"},
        {"rate": "many"},
        {"bot_rate": "60"},
        {"bot_rate": "0/minute"},
        {"demo_key": "x" * 31},
        {"demo_key": "x" * 65},
        {"demo_key": "with blanks" * 4},
        {"demo_key": "non-ascii-é" * 4},
        {"secret_key": "too short"},
        {"secret_key": "x" * 45},
        {"bot_max_limit": 0},
        {"remote_support_max_rows": 0},
        {"retention_bot_seconds": 0},
        {"retention_bot_seconds": 2**31},
    ],
)
def test_senseless_setting_is_refused(given: dict[str, Any]) -> None:
    """At the start, not at the first request."""
    with pytest.raises(ValidationError):
        Settings(**given)


def test_empty_rate_is_none() -> None:
    """How an operator switches the vendor's figure off."""
    assert Settings(bot_rate=" ").bot_rate == ""


def test_refusal_does_not_repeat_a_secret() -> None:
    """It goes to the terminal and into logs."""
    for name in ("secret_key", "demo_key"):
        with pytest.raises(ValidationError) as caught:
            Settings(**{name: "hush hush"})
        assert "hush" not in str(caught.value)


def test_settings_show_no_secret() -> None:
    """Not in a repr either: keys, and the address with its password."""
    key = Fernet.generate_key().decode()
    uri = "mongodb://user:hush@db.example"
    shown = repr(Settings(secret_key=key, demo_key="hush-hush" * 4, mongodb_uri=uri))
    assert "hush" not in shown
    assert key not in shown
