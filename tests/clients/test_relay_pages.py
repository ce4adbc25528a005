"""Relay's usePaginationFragment in React, against the live server, in both directions."""

import json
from pathlib import Path

import pytest

from tests import node
from tests.clients.conftest import CLIENTS
from tests.gateway import ROOT, Gateway

pytestmark = pytest.mark.timeout(node.INSTALL_SECONDS + node.RUN_SECONDS)


def test_relay_pages(tmp_path: Path, clients: Path, gateway: Gateway) -> None:
    """loadPrevious and loadNext merge every row once; a default of `first` is refused by name."""
    relay = node.copy(CLIENTS / "relay_pages", tmp_path / "relay", clients, gateway.environment)
    (relay.folder / "artifacts").mkdir()
    (relay.folder / "schema.graphql").write_text((ROOT / "schema" / "schema.graphql").read_text())
    relay.run("relay-compiler", "relay.config.json")
    found = json.loads(relay.run("node", "run.mjs", gateway.make_bot_sessions(12)))
    rows = list(range(12))
    assert found["fromTheEnd"] == [
        [rows[7:], True, False],
        [rows[2:], True, False],
        [rows, False, False],
    ]
    assert found["fromTheMiddle"] == [
        [rows[5:8], True, True],
        [rows[5:], True, False],
        [rows, False, False],
    ]
    assert found["backwardOnly"] == [[rows[7:], True, False], [rows, False, False]]
    assert found["withoutDefaults"] == []
    assert (found["withDefaults"]["sent"]["first"], found["withDefaults"]["sent"]["last"]) == (5, 5)
    assert "first and last cannot be used together" in found["withDefaults"]["errors"][0]
