"""The audit suite of the npm package graphql-http, against the live server."""

import json
import os
from pathlib import Path

import pytest

from tests import node
from tests.app.graphql_client import open_door
from tests.app.live import live

PROJECT = Path(__file__).parents[2] / "clients" / "audit"
AUDITS = 61

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(node.INSTALL_SECONDS + node.RUN_SECONDS),
]


def test_every_audit_passes() -> None:
    """MUST, SHOULD and MAY of GraphQL over HTTP."""
    project = node.Project(node.install(PROJECT), dict(os.environ))
    door = open_door()
    with live(door.app) as port:
        address = f"http://127.0.0.1:{port}/graphql"
        results = json.loads(project.run("node", "audit.mjs", address, KEY=door.key))
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == AUDITS
