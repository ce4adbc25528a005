"""scripts/verify tells a nightly job by its exit code whether there is something to look at."""

import json
import os
import subprocess
from typing import Any

import pytest
from pymongo import MongoClient

from tests.gateway import ROOT, without_settings
from tests.timing import limit
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.slow


def test_exit_codes(engine: WireEngine, database_name: str) -> None:
    """0 if nothing was found, 1 if something was, 2 for a wrong option; nothing is written."""
    settings = {"GATEWAY_MONGODB_URI": engine.uri, "GATEWAY_MONGODB_DATABASE": database_name}

    def run(name: str, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [ROOT / "scripts" / name, *arguments],
            env={**without_settings(), **settings, **more, "PATH": os.environ["PATH"]},
            capture_output=True, text=True, check=False, timeout=limit(100),
        )  # fmt: skip

    with MongoClient[dict[str, Any]](engine.uri) as client:
        database = client[database_name]
        assert run("verify").returncode == 0
        assert database.list_collection_names() == []
        assert run("seed", "--kind", "BOT", "--count", "5").returncode == 0
        done = run("verify", "--json", GATEWAY_READ_ONLY="true")
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["kinds"]["BOT"]["documents"] == 5
        database.command({"collMod": "bot_sessions", "validationLevel": "off"})
        database["bot_sessions"].update_one({}, {"$set": {"startTime": "noon"}})
        done = run("verify", "--json", "--kind", "bot")
        assert done.returncode == 1
        (misfit,) = json.loads(done.stdout)["kinds"]["BOT"]["misfits"]
        assert (misfit["path"], misfit["found"], misfit["count"]) == ("startTime", "string", 1)
        assert run("verify", "--kind", "bott").returncode == 2
