"""`--tenant` of seed, export and import: one tenant's sessions, and no other's."""

from pathlib import Path

import orjson
import pytest
import typer
from typer.testing import CliRunner, Result

from app.commands.data import data
from app.commands.imports.command import imports
from tests.wire.engine import WireEngine

app = typer.Typer()
for commands in (data, imports):
    app.add_typer(commands)


class Database:
    """Runs commands over one database."""

    def __init__(self, uri: str, name: str) -> None:
        self.given = {"GATEWAY_MONGODB_URI": uri, "GATEWAY_MONGODB_DATABASE": name}

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, env=self.given)

    def done(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.output


@pytest.fixture
def database(engine: WireEngine, database_name: str) -> Database:
    return Database(engine.uri, database_name)


@pytest.mark.slow
def test_data_of_one_tenant(database: Database, tmp_path: Path) -> None:
    """What is generated for a tenant is exported for it, and imported for another one."""
    file, lines = tmp_path / "acme.jsonl", tmp_path / "lines.jsonl"
    database.done("seed", "--kind", "KNOWLEDGE", "--count", "3", "--tenant", "acme")
    database.done("seed", "--kind", "KNOWLEDGE", "--count", "2", "--seed", "2")
    assert "3 sessions exported" in database.done(
        "export", "--tenant", "acme", "--output", str(file)
    )
    rows = [orjson.loads(line)["session"] for line in file.read_bytes().splitlines()]
    assert [row["tenant"] for row in rows] == ["acme"] * 3
    assert "0 sessions exported" in database.done("export", "--tenant", "globex")
    refused = database.run("import", str(file), "--tenant", "globex")
    assert refused.exit_code == 1
    assert "line 1, session.tenant" in refused.output
    assert "of that tenant" in refused.output
    lines.write_text('{"kind": "KNOWLEDGE", "session": {"customerId": "c"}}')
    assert "1 sessions stored" in database.done("import", str(lines), "--tenant", "globex")
    assert "1 sessions exported" in database.done("export", "--tenant", "globex")
    assert "6 sessions exported" in database.done("export")


@pytest.mark.slow
def test_sessions_get_a_tenant_by_an_import(database: Database, tmp_path: Path) -> None:
    """Those from before there were tenants; nothing else of them changes."""
    file = tmp_path / "all.jsonl"
    database.done("seed", "--kind", "BOT", "--count", "3")
    database.done("export", "--output", str(file))
    before = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    given = [{**row, "session": {**row["session"], "tenant": "acme"}} for row in before]
    file.write_bytes(b"\n".join(map(orjson.dumps, given)))
    assert "3 replaced" in database.done("import", str(file), "--on-conflict", "replace")
    database.done("export", "--tenant", "acme", "--output", str(file))
    after = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    for row in after:
        del row["session"]["updatedAt"]
    assert [{**row["session"], "updatedAt": ""} for row in after] == [
        {**row["session"], "updatedAt": ""} for row in given
    ]


@pytest.mark.parametrize(
    "command", [("seed", "--kind", "BOT"), ("export",), ("import", "pyproject.toml")]
)
def test_what_is_no_tenant(command: tuple[str, ...]) -> None:
    """Refused before a database is opened."""
    result = CliRunner().invoke(app, [*command, "--tenant", "a b"])
    assert result.exit_code == 2
    assert "'a b' is not a tenant" in result.output
