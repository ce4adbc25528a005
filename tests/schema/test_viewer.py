"""`viewer`: who asks."""

from datetime import datetime

from resolvers.access import Caller
from tests.schema.conftest import Client

VIEWER = "{ viewer { name scopes bots tenants seesPersonalData expiresAt isEverybody } }"


def test_credential(client: Client) -> None:
    """Everything that its holder may know of it, in a fixed order."""
    scopes, bots = frozenset({"pii:read", "bot:read"}), frozenset({"b", "a"})
    client.context.caller = Caller(
        "id", scopes, bots, "Desk", datetime(2027, 1, 1), tenants=frozenset({"acme"})
    )
    for _ in range(3):
        assert client.data(VIEWER) == {
            "name": "Desk",
            "scopes": ["bot:read", "pii:read"],
            "bots": ["a", "b"],
            "tenants": ["acme"],
            "seesPersonalData": True,
            "expiresAt": "2027-01-01T00:00:00.000Z",
            "isEverybody": False,
        }


def test_access_is_off(client: Client) -> None:
    """Without access control, it says so."""
    assert client.data(VIEWER) == {
        "name": "Everybody",
        "scopes": ["admin"],
        "bots": None,
        "tenants": None,
        "seesPersonalData": True,
        "expiresAt": None,
        "isEverybody": True,
    }
