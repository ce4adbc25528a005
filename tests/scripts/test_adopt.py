"""scripts/adopt and the page that walks a reader through it, as people call them."""

import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bson import json_util
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from tests.gateway import ROOT, without_settings
from tests.timing import limit, until
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "existing-data.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.S)
DOCUMENT: dict[str, Any] = json_util.loads(next(text for name, text in BLOCKS if name == "json"))
MAP = next(text for name, text in BLOCKS if name == "toml")
MANY = 400
"""Documents: several batches."""
RAW = CodecOptions(document_class=RawBSONDocument)


class Existing:
    """A database of another application, and the commands over it."""

    def __init__(self, engine: WireEngine, name: str) -> None:
        self.environment = {
            **without_settings(),
            "GATEWAY_MONGODB_URI": engine.uri,
            "GATEWAY_MONGODB_DATABASE": name,
        }
        self.client: MongoClient[dict[str, Any]] = MongoClient(engine.uri)
        self.rows = self.client[name]["conversations"]

    def stored(self) -> list[bytes]:
        """Every document, byte by byte."""
        raw: Any = self.rows.with_options(codec_options=RAW)
        return [bytes(row.raw) for row in raw.find().sort("_id", 1)]

    def run(self, name: str, *arguments: str, **more: str) -> tuple[int, str, str]:
        """Exit code, output and messages of a script."""
        done = subprocess.run(
            [ROOT / "scripts" / name, *arguments],
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=limit(100),
        )
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def existing(engine: WireEngine, database_name: str) -> Iterator[Existing]:
    """The page's collection, with the page's document and 20 more."""
    found = Existing(engine, database_name)
    found.rows.insert_many([DOCUMENT, *({**DOCUMENT, "_id": place} for place in range(20))])
    yield found
    found.client.close()


def test_the_page(existing: Existing, tmp_path: Path) -> None:
    """Its commands, one after the other, do what it says with its document and its map."""
    file = tmp_path / "conversations.toml"
    commands = [line for name, text in BLOCKS if name == "sh" for line in text.splitlines()]
    given = [line.split()[1:] for line in commands if line.startswith("scripts/adopt")]
    propose, dry_run, adopt, undo = ([part for part in one if part[0] != ">"] for one in given)
    before = existing.stored()

    code, proposed, _ = existing.run("adopt", *propose[:-1])
    assert code == 0
    columns, shown = tomllib.loads(proposed)["columns"], tomllib.loads(MAP)["columns"]
    known = {**shown, "sessionType": columns["sessionType"]}
    known["containmentType"] = columns["containmentType"]  # the page's sample has more names
    assert columns == known

    file.write_text(MAP, encoding="utf-8")
    use = {"conversations.toml": str(file)}
    dry_run, adopt, undo = ([use.get(part, part) for part in one] for one in (dry_run, adopt, undo))
    code, said, _ = existing.run("adopt", *dry_run)
    assert (code, existing.stored()) == (0, before)
    assert re.search(r"21  fit, and are changed", said)
    code, said, _ = existing.run("adopt", *adopt)
    assert (code, re.findall(r"(\d+)  were adopted", said)) == (0, ["21"])
    assert existing.rows.count_documents({"status": "CLOSED", "durationSeconds": 60.0}) == 21
    code, said, _ = existing.run("adopt", *undo)
    assert (code, existing.stored()) == (0, before)


def test_a_killed_process(existing: Existing, tmp_path: Path) -> None:
    """After SIGKILL in the middle, the next run adopts the rest; undo restores all."""
    existing.rows.insert_many([{**DOCUMENT, "_id": place} for place in range(20, MANY - 1)])
    file = tmp_path / "map.toml"
    file.write_text(MAP, encoding="utf-8")
    before = existing.stored()
    adopted = {"gatewayAdoption": {"$exists": True}}
    command = [sys.executable, "-m", "app.cli", "adopt", "--map", str(file)]
    with subprocess.Popen(
        command, cwd=ROOT, env=existing.environment, stdout=subprocess.DEVNULL
    ) as process:
        until(lambda: existing.rows.find_one(adopted) is not None or process.poll() is not None)
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    done = existing.rows.count_documents(adopted)
    assert 0 < done < MANY
    code, said, _ = existing.run("adopt", "--map", str(file))
    assert code == 0, said
    assert existing.rows.count_documents(adopted) == MANY
    assert {row["revision"] for row in existing.rows.find()} == {1}
    code, said, _ = existing.run("adopt", "--map", str(file), "--undo")
    assert (code, existing.stored()) == (0, before), said
