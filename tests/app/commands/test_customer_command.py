"""`customer export` and `customer erase` on the command line, over a real engine."""

import asyncio
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from pymongo import MongoClient
from typer.testing import CliRunner

from app.commands import customers as command
from resolvers import customers, sessions
from resolvers.context import Context
from resolvers.identifiers import Identifier, IdentifierType
from resolvers.rebuild import outdated
from tests.conftest import KINDS_BY_NAME, opened_store, prepared
from tests.wire.engine import WireEngine

ADA = ("--email", "ada@example.org")
ERASE = ("erase", "--mode", "DELETE", *ADA)


@pytest.fixture
def database(
    engine: WireEngine, database_name: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """Two chats of Ada's, a bot session under an id that is linked, and a chat of Bob's."""
    for name in [name for name in os.environ if name.startswith("GATEWAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GATEWAY_MONGODB_URI", engine.uri)
    monkeypatch.setenv("GATEWAY_MONGODB_DATABASE", database_name)

    async def fill() -> None:
        async with opened_store(engine.uri, database_name) as store:
            context = Context(await prepared(store))
            await outdated(store, KINDS_BY_NAME.values())
            for name, mail in (("a1", "Ada@example.org"), ("a2", ADA[1]), ("b1", "bob@x.org")):
                visitor = {"emailAddress": mail}
                given = {"sessionId": name, "visitor": visitor}
                await sessions.create(context, KINDS_BY_NAME["chat"], given)
            bot = {"botId": "st-1", "channel": "rtm", "userId": "17"}
            await sessions.create(context, KINDS_BY_NAME["bot"], bot)
            found = [(IdentifierType.EMAIL, ADA[1]), (IdentifierType.CUSTOMER_ID, "17")]
            await customers.link(context, [Identifier(*one) for one in found])

    asyncio.run(fill())
    with MongoClient[dict[str, Any]](engine.uri) as client:
        yield client[database_name]


def run(*arguments: str, given: str = "") -> Result:
    """What a command ends with."""
    return CliRunner().invoke(command.customer, arguments, input=given)


def left(database: Any) -> int:
    """How many documents are about anybody."""
    names = ("chat_sessions", "bot_sessions", "customer_links")
    return sum(database[name].count_documents({}) for name in names)


def test_export(database: Any, tmp_path: Path) -> None:
    """A file that only its owner may read, also in the place of another one."""
    output = tmp_path / "ada.jsonl"
    output.write_text("older", encoding="utf-8")
    output.chmod(0o666)
    done = run("export", *ADA, "--output", str(output))
    assert done.exit_code == 0, done.output
    assert "3 sessions exported" in done.output
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    first, *rest = map(json.loads, output.read_text(encoding="utf-8").splitlines())
    assert len(first["customer"]["identifiers"]) == 2
    assert [row["kind"] for row in rest] == ["CHAT", "CHAT", "BOT"]
    assert list(tmp_path.iterdir()) == [output]
    printed = run("export", "--customer-id", "17").stdout.splitlines()
    assert [json.loads(line) for line in printed][1:] == rest


def test_erasing(database: Any, tmp_path: Path) -> None:
    """Counted, asked, done; Bob's chat stays."""
    counted = run(*ERASE, "--dry-run")
    assert "2 chat sessions, and 0 beside them" in counted.stdout
    assert "2 linked identifiers" in counted.stdout
    refused = run(*ERASE, given="n\n")
    assert refused.exit_code == 1
    assert left(database) == 5
    address = tmp_path / "address"
    address.write_text(ADA[1], encoding="utf-8")
    address.chmod(0o600)
    done = run("erase", "--mode", "DELETE", "--email-from", str(address), "--yes")
    assert done.exit_code == 0, done.output
    assert "3 sessions erased, 2 linked identifiers forgotten." in done.output
    assert left(database) == 1
    assert "0 sessions erased" in run(*ERASE, given="y\n").output


def test_links_that_are_never_done(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """End with a sentence instead of going on for ever."""

    async def unlinked(_work: object) -> bool:
        return False

    monkeypatch.setattr("resolvers.erasure._Work._unlink", unlinked)
    done = run(*ERASE, "--yes")
    assert done.exit_code == 1
    assert "keep linking" in done.output


def test_read_only(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is erased where nothing changes."""
    monkeypatch.setenv("GATEWAY_READ_ONLY", "true")
    done = run(*ERASE, "--yes")
    assert done.exit_code == 1
    assert "read-only" in done.output
    assert left(database) == 5


@pytest.mark.parametrize("given", [(), (*ADA, "--customer-id", "17")])
@pytest.mark.parametrize("name", ["export", "erase"])
def test_who_is_meant(name: str, given: tuple[str, ...]) -> None:
    """Exactly one option says it."""
    mode = ("--mode", "DELETE") if name == "erase" else ()
    done = run(name, *mode, *given)
    assert done.exit_code == 2
    assert "exactly one of them" in done.output
