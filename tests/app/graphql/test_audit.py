"""The audit suite of the npm package graphql-http, against the live server."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.app.graphql_client import open_door
from tests.app.live import live

PROJECT = Path(__file__).parents[2] / "clients" / "audit"
AUDITS = 61
NPM_SECONDS = 100


def unavailable(reason: str) -> None:
    """Skip; in CI everything must be there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def node() -> str:
    """Node, with the project's packages installed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        unavailable("npm is not installed")
    if not (PROJECT / "node_modules" / "graphql-http").is_dir():
        done = subprocess.run(
            [str(npm), "ci", "--loglevel=error"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
            timeout=NPM_SECONDS,
        )
        if done.returncode:
            unavailable(f"npm could not install the audit suite: {done.stderr[-500:]}")
    return str(node)


def run(node: str, port: int, key: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [node, "audit.mjs", f"http://127.0.0.1:{port}/graphql"],
        cwd=PROJECT,
        env={**os.environ, "KEY": key},
        capture_output=True,
        text=True,
        check=False,
        timeout=NPM_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results


def test_every_audit_passes(node: str) -> None:
    """MUST, SHOULD and MAY of GraphQL over HTTP."""
    door = open_door()
    with live(door.app) as port:
        results = run(node, port, door.key)
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == AUDITS
