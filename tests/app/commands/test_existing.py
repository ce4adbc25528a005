"""The commands `adopt` and `verify`: options, reports and exit codes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from pymongo import MongoClient
from typer.testing import CliRunner, Result

from app.commands.existing import existing
from tests.resolvers.test_adoption import MAP, OTHER_FORMS, SNAKE
from tests.wire.engine import WireEngine

Run = Callable[..., Result]


@pytest.fixture
def database(
    engine: WireEngine, engine_client: MongoClient[dict[str, Any]], database_name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:  # fmt: skip
    """The database that the commands use."""
    monkeypatch.setenv("GATEWAY_MONGODB_URI", engine.uri)
    monkeypatch.setenv("GATEWAY_MONGODB_DATABASE", database_name)
    return engine_client[database_name]


def run(*arguments: str) -> Result:
    """A command in this process."""
    app = typer.Typer()
    app.add_typer(existing)
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--kind", "BOTS"), "Did you mean BOT?"),
        (("--collection", "c"), "--kind"),
        (("--propose",), "name one kind"),
        (("--propose", "--undo", "--kind", "BOT"), "--propose stands without"),
        (("--own", "--dry-run"), "--own stands without"),
        (("--map", "no-such.toml"), "no-such.toml: No such file"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], message: str, database: Any) -> None:
    """Exit code 2, and a sentence that says what is right; the database stays empty."""
    done = run("adopt", *arguments)
    assert (done.exit_code, message in done.output) == (2, True), done.output
    assert database.list_collection_names() == []


def test_wrong_maps(database: Any, tmp_path: Path) -> None:
    """They are named with the entry at fault."""
    file = tmp_path / "map.toml"
    file.write_text('kind = "BOT"\ncollection = "c"\n[columns]\nbotID = "x"\n', encoding="utf-8")
    done = run("adopt", "--map", str(file))
    assert (done.exit_code, "Did you mean botId?" in done.output) == (2, True), done.output
    file.write_text("kind =", encoding="utf-8")
    assert run("adopt", "--map", str(file)).exit_code == 2
    file.write_text('kind = "BOT"\ncollection = "c"\n', encoding="utf-8")
    assert run("adopt", "--map", str(file), "--kind", "CHAT").exit_code == 2


def test_dry_run(database: Any) -> None:
    """Each kind is reported; misfits make exit code 1; nothing is written, no mark either."""
    database["bot_sessions"].insert_many([OTHER_FORMS, {**OTHER_FORMS, "_id": 7, "botId": True}])
    before = repr(list(database["bot_sessions"].find()))  # NaN is not equal to itself
    done = run("adopt", "--dry-run")
    assert done.exit_code == 1
    assert "1  do not fit" in done.output
    assert "botId: bool does not fit: a text" in done.output
    assert "CHAT: chat_sessions has no documents." in done.output
    assert database.list_collection_names() == ["bot_sessions"]
    assert repr(list(database["bot_sessions"].find())) == before


def test_nothing_fits(database: Any) -> None:
    """A sample without a document that fits ends the command before it writes."""
    database["bot_sessions"].insert_one({"_id": 1})
    done = run("adopt", "--kind", "BOT")
    assert (done.exit_code, "none of 1 documents fits" in done.output) == (1, True)
    assert database.list_collection_names() == ["bot_sessions"]


def test_own(database: Any) -> None:
    """Only if every document is whole and every id a text; then the next start gives it rules."""
    rows = database["bot_sessions"]
    rows.insert_many([OTHER_FORMS, {**OTHER_FORMS, "_id": "a"}])
    done = run("adopt", "--kind", "BOT", "--own")
    assert (done.exit_code, "does not become" in done.output) == (1, True)
    rows.delete_one({"_id": OTHER_FORMS["_id"]})
    assert run("adopt", "--kind", "BOT", "--own").exit_code == 0
    assert database["marks"].find_one({"_id": "collection:bot_sessions"})["state"] == "own"
    assert "is the gateway's own" in run("adopt", "--kind", "BOT").output
    assert run("adopt", "--kind", "BOT", "--undo").exit_code == 0
    (restored,) = rows.find()
    assert restored.keys() == OTHER_FORMS.keys()


def test_read_only(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking and verifying are allowed, changing is refused by name."""
    database["bot_sessions"].insert_one(OTHER_FORMS)
    monkeypatch.setenv("GATEWAY_READ_ONLY", "true")
    assert run("adopt", "--dry-run").exit_code == 0
    assert run("adopt", "--kind", "BOT", "--propose").exit_code in (0, 1)
    for options in ((), ("--undo",)):
        done = run("adopt", *options)
        assert (done.exit_code, "GATEWAY_READ_ONLY" in done.output or "read-only" in done.output) \
            == (1, True), done.output  # fmt: skip
    assert database.list_collection_names() == ["bot_sessions"]


def test_audit(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An adoption and its undoing are in the trail; what only looks writes no entry."""
    monkeypatch.setenv("GATEWAY_AUDIT", "writes")
    rows = database["bot_sessions"]
    rows.insert_one(OTHER_FORMS)
    for looking in (("adopt", "--dry-run"), ("adopt", "--undo", "--dry-run"), ("verify",)):
        run(*looking)
        assert database.list_collection_names() == ["bot_sessions"]
    assert run("adopt", "--kind", "BOT").exit_code == 0
    assert run("adopt", "--kind", "BOT", "--undo").exit_code == 0
    chosen = {"action": {"$in": ["ADOPTED", "RESTORED"]}}
    found = list(database["audit"].find(chosen).sort("at", 1))
    said = [("ADOPTED", "BEGUN"), ("ADOPTED", "DONE"), ("RESTORED", "BEGUN"), ("RESTORED", "DONE")]
    assert [(row["action"], row["outcome"]) for row in found] == said
    begun = [row for row in found if row["outcome"] == "BEGUN"]
    assert {(row["kind"], row["collection"]) for row in begun} == {("bot", "bot_sessions")}
    assert all(row["credential"].startswith("command:") for row in begun)


def test_a_mapped_kind_is_adopted(
    database: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A collection that is served in place so far, while the setting still names its map."""
    file = tmp_path / "map.toml"
    columns = {name: entry for name, entry in MAP["columns"].items() if name != "sessionId"}
    lines = [f"{_key(name)} = {_inline(entry)}" for name, entry in columns.items()]
    head = ['kind = "BOT"', 'collection = "conversations"', "[columns]"]
    file.write_text("\n".join([*head, *lines]), encoding="utf-8")
    monkeypatch.setenv("GATEWAY_MAPS", str(file))
    database["conversations"].insert_one(SNAKE)
    done = run("adopt", "--map", str(file))
    assert done.exit_code == 0, done.output


def test_verify_through_a_map(
    database: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A collection that is served in place is verified through its map, by its own paths."""
    file = tmp_path / "map.toml"
    lines = [f"{_key(name)} = {_inline(entry)}" for name, entry in MAP["columns"].items()]
    head = ['kind = "BOT"', 'collection = "conversations"', "[columns]"]
    file.write_text("\n".join([*head, *lines]), encoding="utf-8")
    monkeypatch.setenv("GATEWAY_MAPS", str(file))
    database["conversations"].insert_one(SNAKE)
    assert run("verify").exit_code == 0
    database["conversations"].insert_one({**SNAKE, "_id": 2, "started": "2026-03-01T09:30:00Z"})
    done = run("verify")
    assert done.exit_code == 1
    assert "started: string should be a date" in done.output
    assert "started" in done.output.split("indexes missing")[1]


def _key(name: str) -> str:
    return f'"{name}"' if "." in name else name


def _inline(entry: Any) -> str:
    """A value of TOML."""
    if isinstance(entry, dict):
        parts = (f"{_key(name)} = {_inline(value)}" for name, value in entry.items())
        return f"{{ {', '.join(parts)} }}"
    return f'"{entry}"' if isinstance(entry, str) else str(entry).lower()
