"""The keys that the gateway makes for itself."""

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from app.access.authenticator import Authenticator
from app.access.own_keys import ensure_demo, for_embedded
from app.errors import StartError
from app.settings import Settings
from resolvers import credentials
from resolvers.context import utc_now
from resolvers.errors import Unauthenticated
from resolvers.store.store import Store
from tests.app.access import token

URI = "mongodb://127.0.0.1:1"
SECRET_KEY = Fernet.generate_key().decode()
DEMO = "demo-key-of-at-least-32-characters"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def values(settings: Settings) -> tuple[str, str]:
    assert settings.secret_key
    assert settings.demo_key
    return settings.secret_key.get_secret_value(), settings.demo_key.get_secret_value()


def test_made_keys_stay_the_same(settings: Settings) -> None:
    """A second start reads what the first one wrote."""
    assert values(for_embedded(settings, URI)) == values(for_embedded(settings, URI))


def test_made_keys_are_settings_that_are_valid(settings: Settings) -> None:
    """What is made would be accepted from the environment."""
    made = for_embedded(settings, URI)
    again = Settings(secret_key=made.secret_key, demo_key=made.demo_key)
    assert values(again) == values(made)


def test_key_files_are_their_owners_alone(settings: Settings) -> None:
    """Nobody else on the machine can read them."""
    for_embedded(settings, URI)
    files = sorted(settings.data_dir.iterdir())
    assert [(file.name, stat.S_IMODE(file.stat().st_mode)) for file in files] == [
        ("demo.key", 0o600),
        ("secret.key", 0o600),
    ]


def test_keys_of_the_settings_make_no_file(settings: Settings) -> None:
    """GATEWAY_SECRET_KEY and GATEWAY_DEMO_KEY come first."""
    given = {
        "secret_key": SecretStr(Fernet.generate_key().decode()),
        "demo_key": SecretStr("the-demo-key-of-at-least-32-chars"),
    }
    fixed = settings.model_copy(update=given)
    assert values(for_embedded(fixed, URI)) == values(fixed)
    assert not settings.data_dir.exists()


@pytest.mark.parametrize("name", ["secret.key", "demo.key"])
@pytest.mark.parametrize("text", [b"", b"short", b"\xff\xfe" * 30], ids=["empty", "short", "bytes"])
def test_broken_key_file_is_refused_by_name(settings: Settings, name: str, text: bytes) -> None:
    """A sentence for the operator, without the file's text."""
    settings.data_dir.mkdir()
    (settings.data_dir / name).write_bytes(text)
    with pytest.raises(StartError, match=name):
        for_embedded(settings, URI)


def test_folder_that_is_a_file_is_refused(settings: Settings) -> None:
    """As for the database itself."""
    settings.data_dir.touch()
    with pytest.raises(StartError, match="GATEWAY_DATA_DIR"):
        for_embedded(settings, URI)


@pytest.mark.anyio
@pytest.mark.parametrize("secret_key", [None, SECRET_KEY], ids=["without", "with"])
async def test_demo_credential_may_everything(
    memory: Store, settings: Settings, secret_key: str | None
) -> None:
    """By key, by pair and by JWT, also without GATEWAY_SECRET_KEY."""
    fixed = settings.model_copy(
        update={
            "demo_key": SecretStr(DEMO),
            "secret_key": SecretStr(secret_key) if secret_key else None,
        }
    )
    assert await ensure_demo(memory, fixed) == DEMO
    authenticator = Authenticator(memory, fixed)
    ways = [
        authenticator.by_key(DEMO),
        authenticator.by_pair("demo", DEMO),
        authenticator.by_jwt(token(DEMO, appId="demo")),
    ]
    callers = [await way for way in ways]
    assert {caller.id for caller in callers} == {"demo"}
    assert all("admin" in caller.scopes for caller in callers)


@pytest.mark.anyio
async def test_demo_key_is_kept_in_the_data_folder(memory: Store, settings: Settings) -> None:
    """Without GATEWAY_DEMO_KEY the key is made once."""
    first = await ensure_demo(memory, settings)
    assert first
    assert await ensure_demo(memory, settings) == first


@pytest.mark.anyio
async def test_revoked_demo_credential_has_no_key(memory: Store, settings: Settings) -> None:
    """A restart neither revives it nor prints a key that opens nothing."""
    key = await ensure_demo(memory, settings)
    assert key
    await credentials.revoke(memory, "demo", utc_now())
    assert await ensure_demo(memory, settings) is None
    with pytest.raises(Unauthenticated):
        await Authenticator(memory, settings).by_key(key)
