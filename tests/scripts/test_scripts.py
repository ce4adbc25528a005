"""Every script does what its first lines say, called as people call it."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from pymongo import MongoClient

from tests.gateway import ROOT, started, without_settings
from tests.timing import limit
from tests.wire.engine import WireEngine

SCRIPTS = sorted(path.name for path in (ROOT / "scripts").iterdir())

pytestmark = pytest.mark.slow


def script(name: str, *arguments: str, **environment: str) -> str:
    """What a script prints on standard output; it must succeed."""
    done = subprocess.run(
        [ROOT / "scripts" / name, *arguments],
        env={**without_settings(), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=limit(200),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def database(engine: WireEngine, database_name: str) -> dict[str, str]:
    """Settings that name a database of this test's own."""
    return {"GATEWAY_MONGODB_URI": engine.uri, "GATEWAY_MONGODB_DATABASE": database_name}


def test_each_has_a_test() -> None:
    """A new script is called here, or has a module of its own."""
    text = Path(__file__).read_text(encoding="utf-8")
    called = set(re.findall(r'(?:script\(|"scripts" / )"(\w+)"', text))
    modules = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert set(SCRIPTS) <= called | modules


@pytest.mark.parametrize("name", SCRIPTS)
def test_can_be_run(name: str) -> None:
    """It may be executed and opens with its usage; the shell finds no mistake in it."""
    path = ROOT / "scripts" / name
    first, *lines = path.read_text(encoding="utf-8").splitlines()
    assert os.access(path, os.X_OK)
    assert f"scripts/{name}" in "\n".join(lines[:5])
    if first.endswith("bash"):
        subprocess.run(["bash", "-n", path], check=True, timeout=limit(10))


def test_fuzz() -> None:
    """It finds nothing in twenty requests, and says with which seed."""
    assert "--seed 1\n0 faults" in script("fuzz", "--count", "20", "--seed", "1")


def test_customer(database: dict[str, str]) -> None:
    """Of somebody without sessions, the customer's own line is exported."""
    (line,) = script("customer", "export", "--customer-id", "17", **database).splitlines()
    assert json.loads(line)["customer"]["identifiers"][0]["value"] == "17"


def test_upgrade() -> None:
    """The last commit and this tree on one database: nothing is lost, and both answer alike."""
    said = script("upgrade", "HEAD", "--seconds", "1", "--seed", "3", "--clients", "2")
    assert "0 are wrong" in said


def test_audit(database: dict[str, str]) -> None:
    """An empty trail is whole."""
    assert "0 entries in 0 chains are whole" in script("audit", "verify", **database)


def test_chaos() -> None:
    """One fault, after which everything acknowledged is there."""
    said = script("chaos", "--count", "1", "--seed", "3", "--workers", "1", "--clients", "2")
    assert "chats are as acknowledged; 0 things are wrong" in said


def test_seed_export_import(database: dict[str, str], tmp_path: Path) -> None:
    """What is seeded can be exported, and what is exported can be imported."""
    file = tmp_path / "bots.jsonl"
    script("seed", "--kind", "BOT", "--count", "3", "--seed", "1", **database)
    script("export", "--kind", "BOT", "--output", str(file), **database)
    exported = file.read_text(encoding="utf-8")
    assert len(exported.splitlines()) == 3

    other = {**database, "GATEWAY_MONGODB_DATABASE": f"{database['GATEWAY_MONGODB_DATABASE']}_2"}
    script("import", str(file), **other)
    assert script("export", **other) == exported


def test_rebuild(database: dict[str, str]) -> None:
    """It brings sessions up to date, and notes that it did."""
    script("seed", "--kind", "BOT", "--count", "3", "--seed", "1", **database)
    with MongoClient[dict[str, object]](database["GATEWAY_MONGODB_URI"]) as client:
        stored = client[database["GATEWAY_MONGODB_DATABASE"]]
        stored["bot_sessions"].update_many({}, {"$unset": {"customer": ""}})
        stored["marks"].delete_many({})
        script("rebuild", "--kind", "BOT", **database)
        assert stored["bot_sessions"].count_documents({"customer": {"$exists": True}}) == 3
        assert [row["_id"] for row in stored["marks"].find({"_id": "derived:bot"})]


def test_mutants() -> None:
    """One small fault in one file, tried against the tests of that file."""
    tests, file = "--tests=tests/resolvers/test_reservations.py", "resolvers/reservations.py"
    told = script("mutants", "--count=1", "--seed=1", tests, file)
    assert re.search(r"^[01] of 1 survived\.$", told, re.MULTILINE)


def test_serve(database: dict[str, str], tmp_path: Path) -> None:
    """The gateway serves at the address that it prints, until Ctrl-C."""
    command = [str(ROOT / "scripts" / "serve"), "--no-demo"]
    with started(command, tmp_path / "log", database) as origin:
        assert f"Session Gateway at {origin}/" in (tmp_path / "log").read_text(encoding="utf-8")


def test_made_files() -> None:
    """Nothing that is made from code is stale."""
    script("schema", "--check")
    script("map", "--check")


def test_explain() -> None:
    """It says what it takes."""
    assert "--variables" in script("explain", "--help")


def test_shards() -> None:
    """It computes what a small cluster has to do."""
    assert "commands a second for each shard" in script("shards", "--shards", "3")


def test_bench(tmp_path: Path) -> None:
    """A tiny run measures the gateway beside the floor."""
    file = tmp_path / "figures.json"
    tiny = ("--rows", "1", "--requests", "10", "--rounds", "1", "--only", "gateway")
    printed = script("bench", *tiny, "--json", str(file))
    assert {"floor", "gateway"} <= set(re.findall(r"\w+", printed))
    assert json.loads(file.read_text(encoding="utf-8"))


def test_growth(engine: WireEngine) -> None:
    """A tiny run measures the pages of one size."""
    tiny = ("--sizes", "2000", "--requests", "0", "--page-requests", "5")
    printed = script("growth", *tiny, "--uri", engine.uri)
    assert "hundredth" in printed
