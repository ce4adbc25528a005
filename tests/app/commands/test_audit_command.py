"""`audit verify`, `export` and `prune` on the command line, over a real engine."""

import asyncio
import json
import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from pymongo import MongoClient
from typer.testing import CliRunner

from app.commands import audit as command
from app.commands import keys
from resolvers import sessions
from resolvers.context import utc_now
from tests.conftest import Clock, opened_store, prepared
from tests.kinds import BY_KIND
from tests.resolvers.audit.following import KEY, followed
from tests.wire.engine import WireEngine

KNOWLEDGE = BY_KIND["knowledge"].definition


@pytest.fixture
def database(
    engine: WireEngine, database_name: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """A chain of a hundred days ago, with a session that was stored and read."""
    for name in [name for name in os.environ if name.startswith("GATEWAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GATEWAY_MONGODB_URI", engine.uri)
    monkeypatch.setenv("GATEWAY_MONGODB_DATABASE", database_name)
    monkeypatch.setenv("GATEWAY_AUDIT", "all")
    monkeypatch.setenv("GATEWAY_AUDIT_KEY", KEY)

    async def fill() -> None:
        clock = Clock()
        clock.time = utc_now() - timedelta(days=100)
        async with (
            opened_store(engine.uri, database_name) as store,
            followed(await prepared(store), now=clock) as made,
        ):
            given = {"sessionId": BY_KIND["knowledge"].session_id}
            await sessions.create(made.context(), KNOWLEDGE, given)
            await sessions.get(made.context(), KNOWLEDGE, given["sessionId"])

    asyncio.run(fill())
    with MongoClient[dict[str, Any]](engine.uri) as client:
        yield client[database_name]


def run(*arguments: str, of: Any = command.audit) -> Result:
    """What a command ends with."""
    return CliRunner().invoke(of, arguments)


def test_verify(database: Any, tmp_path: Path) -> None:
    """Says what was looked at; or names what is wrong with its place, and ends with 1."""
    anchor = tmp_path / "anchor.json"
    for _ in range(2):
        found = run("verify", "--anchor", str(anchor))
        assert found.exit_code == 0, found.output
        assert "5 entries in 1 chains are whole since" in found.output
    assert stat.S_IMODE(anchor.stat().st_mode) == 0o600
    (row,) = database["audit"].find({"action": "READ"})
    database["audit"].delete_one({"_id": row["_id"]})
    found = run("verify", "--anchor", str(anchor))
    assert found.exit_code == 1
    assert f"chain {row['writer']}, entry 5: the entries from 4 to 4 are missing" in found.output


def test_export(database: Any, tmp_path: Path) -> None:
    """Lines in a file that only its owner may read: all, or those about a session."""
    output = tmp_path / "trail.jsonl"
    assert run("export", "--output", str(output)).exit_code == 0
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert [line["seq"] for line in lines] == [1, 2, 3, 4, 5]
    assert lines[0]["at"].endswith("Z")
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    chosen = ("--session", BY_KIND["knowledge"].session_id, "--credential", "everybody")
    assert run("export", "--output", str(output), *chosen).exit_code == 0
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert [(line["action"], line["outcome"]) for line in lines] == [
        ("CREATED", "BEGUN"),
        ("CREATED", "DONE"),
        ("READ", "DONE"),
    ]
    assert run("export", "--output", str(output), "--since", "2026-11-20").exit_code == 0
    assert output.read_text() == ""
    refused = run("export", "--output", str(output), "--since", "yesterday")
    assert (refused.exit_code, "--since 'yesterday'" in refused.output) == (2, True)


def test_prune(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the setting, or by the option; what is left is whole."""
    assert run("prune").exit_code == 2
    monkeypatch.setenv("GATEWAY_AUDIT_RETENTION_DAYS", "30")
    found = run("prune")
    assert (found.exit_code, "4 entries removed" in found.output) == (0, True), found.output
    found = run("verify")
    assert found.exit_code == 0, found.output
    assert "were removed as planned" in found.output


def test_keys_are_in_the_trail(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who issued and revoked them, and nothing that could be used."""
    monkeypatch.setenv("GATEWAY_SECRET_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    made = run("create", "--name", "Mia", "--scope", "bot:read", "--json", of=keys.keys)
    issued = json.loads(made.stdout)
    assert run("revoke", issued["id"], of=keys.keys).exit_code == 0
    found = list(database["audit"].find({"changed": issued["id"]}).sort("at", 1))
    assert [row["action"] for row in found] == ["KEY_ISSUED", "KEY_REVOKED"]
    assert all(row["credential"].startswith("command:") for row in found)
    assert found[0]["scopes"] == ["bot:read"]
    assert issued["key"] not in str(list(database["audit"].find({})))
    assert run("verify").exit_code == 0


def test_another_file_is_no_anchor(database: Any, tmp_path: Path) -> None:
    """A file that is no anchor is named."""
    other = tmp_path / "other"
    other.write_text("[]", encoding="utf-8")
    found = run("verify", "--anchor", str(other))
    assert (found.exit_code, "is not a file of `audit verify`" in found.output) == (2, True)
