"""The keys that the gateway makes for itself, on an embedded database or one that it gave the demo.

`secret.key` (GATEWAY_SECRET_KEY) and `demo.key` (GATEWAY_DEMO_KEY) stand in GATEWAY_DATA_DIR, for
their owner's eyes only, and stay the same over restarts. Any other database gets neither: there
several gateways must agree, so the operator sets them.
"""

import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet
from pydantic import SecretStr

from app import private_writing
from app.access.sealer import sealer
from app.database import memory
from app.errors import StartError
from app.settings import Settings
from app.settings.access import LONGEST_KEY, SHORTEST_KEY
from resolvers import credentials
from resolvers.access import ADMIN, PERSONAL
from resolvers.context import utc_now
from resolvers.credentials import Credential
from resolvers.store.store import Store

DEMO_ID = "demo"
DEMO_SCOPES = (ADMIN, "*:read", "*:write", PERSONAL)


def for_embedded(settings: Settings, uri: str) -> Settings:
    """The settings completed for the embedded database at `uri`, with keys where none are set.

    Raises StartError when a key file cannot be read or written.
    """
    made: dict[str, object] = {"mongodb_uri": uri}
    if settings.secret_key is None:
        made["secret_key"] = SecretStr(_secret_key(settings.data_dir / "secret.key"))
    if settings.demo_key is None:
        made["demo_key"] = SecretStr(_demo_key(settings))
    return settings.model_copy(update=made)


def for_memory(settings: Settings) -> Settings:
    """The settings completed for a database in memory; its keys are as short-lived as it is."""
    made: dict[str, object] = {"mongodb_uri": memory.URI}
    if settings.secret_key is None:
        made["secret_key"] = SecretStr(Fernet.generate_key().decode())
    if settings.demo_key is None:
        made["demo_key"] = SecretStr(f"demo_{secrets.token_urlsafe(32)}")
    return settings.model_copy(update=made)


async def ensure_demo(store: Store, settings: Settings) -> str | None:
    """Store the credential `demo` and return its key, to be printed; None if it was revoked.

    The key is GATEWAY_DEMO_KEY, else the one in GATEWAY_DATA_DIR, which is made if need be.
    Raises StartError when that file cannot be used, Unavailable or Timeout for the database.
    """
    key = settings.demo_key.get_secret_value() if settings.demo_key else _demo_key(settings)
    return key if await credentials.ensure(store, sealer(settings), _demo(key), key) else None


def unstored(settings: Settings) -> tuple[Credential, ...]:
    """The credentials that are stored nowhere: `demo`, of a gateway that may not write."""
    if not (settings.read_only and settings.demo_key):
        return ()
    return (_demo(settings.demo_key.get_secret_value()),)


def _demo(key: str) -> Credential:
    return Credential(
        id=DEMO_ID,
        name="Demo",
        key_hash=credentials.hash_key(key),
        sealed_secret=None,
        scopes=DEMO_SCOPES,
        bots=None,
        created_at=utc_now(),
    )


def _demo_key(settings: Settings) -> str:
    key = _kept(settings.data_dir / "demo.key", lambda: f"demo_{secrets.token_urlsafe(32)}")
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise StartError(f"{settings.data_dir / 'demo.key'} has no valid key: remove the file.")
    return key


def _secret_key(path: Path) -> str:
    key = _kept(path, lambda: Fernet.generate_key().decode())
    try:
        Fernet(key)
    except ValueError:
        raise StartError(
            f"{path} has no valid key: restore it, or remove it and create the credentials of "
            "bot clients again."
        ) from None
    return key


def _kept(path: Path, make: Callable[[], str]) -> str:
    """The text of the file, which is made, readable by its owner alone, if it is missing."""
    try:
        private_writing.make_folder(path.parent)
        try:
            file = private_writing.opened_text(path, "x")
        except FileExistsError:
            private_writing.close_file(path)
            return path.read_text(encoding="utf-8").strip()
        with file:
            text = make()
            print(text, file=file)
        return text
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(
            f"The key file {path} cannot be used ({getattr(error, 'strerror', 'no text')}): "
            "repair it, or choose another folder with GATEWAY_DATA_DIR."
        ) from None
