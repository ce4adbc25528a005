"""The embedded database answers who has the password of its folder."""

from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from app.database.embedded import PASSWORD, Engine, embedded

pytestmark = pytest.mark.slow


def asked(uri: str) -> int:
    """How many documents a client finds, after it stored one."""
    with MongoClient[dict[str, object]](uri) as client:
        client.shop.things.insert_one({})
        return client.shop.things.count_documents({})


def test_strangers_are_refused(tmp_path: Path) -> None:
    """Other users of the machine reach the port, and can neither read, write nor sign up."""
    tmp_path.chmod(0o755)
    with embedded(tmp_path) as database:
        assert asked(database.uri) == 1
        stranger = f"mongodb://127.0.0.1:{database.port}/?directConnection=true"
        with pytest.raises(OperationFailure, match="requires authentication"):
            asked(stranger)
        with (
            MongoClient[dict[str, object]](stranger) as client,
            pytest.raises(OperationFailure, match="requires authentication"),
        ):
            client.admin.command("createUser", "me", pwd="x", roles=["root"])
        written = [path for path in tmp_path.iterdir() if path.stat().st_mode & 0o077]
        assert written == []
        inner = [path for path in (tmp_path / "mongodb").iterdir() if path.stat().st_mode & 0o077]
        assert inner == []


def test_a_folder_of_an_earlier_version_gets_a_password(tmp_path: Path) -> None:
    """What is stored stays; so it does when the file of the password is lost."""
    engine = Engine(tmp_path)
    engine.start()
    assert asked(engine.uri) == 1
    engine.stop()
    passwords = set()
    for count in (2, 3):
        with embedded(tmp_path) as database:
            assert asked(database.uri) == count
        passwords.add((tmp_path / PASSWORD).read_text())
        (tmp_path / PASSWORD).unlink()
    assert len(passwords) == 2
