"""The command in a process of its own, killed while it stores; then the same command again."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from pymongo import MongoClient

from tests.app.commands.imports.test_files import kore
from tests.gateway import ROOT, without_settings
from tests.timing import limit, until
from tests.wire.engine import WireEngine

SESSIONS = 1200
"""More than one batch."""

pytestmark = pytest.mark.slow


def test_killed_import_goes_on(
    engine: WireEngine,
    engine_client: MongoClient[dict[str, Any]],
    database_name: str,
    tmp_path: Path,
) -> None:
    """Nothing is lost and nothing is there twice."""
    path = tmp_path / "export.json"
    path.write_bytes(orjson.dumps([kore(sessionId=f"s{place}") for place in range(SESSIONS)]))
    command = [sys.executable, "-m", "app.cli", "import", "--from", "kore", str(path)]
    environment = {
        **without_settings(),
        "GATEWAY_MONGODB_URI": engine.uri,
        "GATEWAY_MONGODB_DATABASE": database_name,
    }
    stored = engine_client[database_name]["bot_sessions"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE) as process:
        until(lambda: stored.estimated_document_count() > 0 or process.poll() is not None, 90)
        process.kill()
    before = stored.count_documents({})
    again = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, timeout=limit(90), text=True
    )
    assert again.returncode == 0, again.stderr
    assert f"{SESSIONS - before:,} sessions stored, 0 left out." in again.stderr
    assert stored.count_documents({}) == SESSIONS
