"""The README's commands and queries do what it says, against a started gateway."""

import json
import os
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import SERVE, started
from tests.node import unavailable
from tests.timing import limit

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"```(\w+)\n(.*?)```", README, re.S)
KEY = "readme-demo-key"

QUERIES = [
    (
        text,
        BLOCKS[place + 1][1]
        if BLOCKS[place + 1 : place + 2] and BLOCKS[place + 1][0] == "json"
        else "",
    )
    for place, (language, text) in enumerate(BLOCKS)
    if language == "graphql"
]
"""Each query with the answer that follows it, if one does."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a gateway that was started as the README says, with data of its own."""
    folder = tmp_path_factory.mktemp("gateway")
    settings = {"GATEWAY_DATA_DIR": str(folder / "data"), "GATEWAY_DEMO_KEY": KEY}
    with started(SERVE, folder / "log", settings) as origin:
        yield origin.removeprefix("http://")


def ask(address: str, query: str) -> Any:
    """The gateway's answer to a query."""
    request = urllib.request.Request(
        f"http://{address}/graphql",
        json.dumps({"query": query}).encode(),
        {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=limit(30)) as response:
        return json.load(response)


def test_queries(address: str) -> None:
    """Every query gets the answer that is printed below it, or one without errors."""
    assert len(QUERIES) >= 4
    for query, answer in QUERIES:
        found = ask(address, query)
        assert "errors" not in found, found
        if answer:
            assert found == json.loads(answer)
    assert sum(bool(answer) for _, answer in QUERIES) >= 3


def test_curl(address: str) -> None:
    """The shell's example works with the key in $KEY."""
    if not shutil.which("curl"):
        unavailable("the README's shell example needs curl")
    (command,) = [text for language, text in BLOCKS if language == "sh" and "curl" in text]
    done = subprocess.run(
        ["bash", "-c", command.replace("127.0.0.1:8000", address)],
        env={**os.environ, "KEY": KEY},
        capture_output=True,
        text=True,
        check=True,
        timeout=limit(60),
    )
    assert json.loads(done.stdout) == {
        "data": {"botSession": {"botId": "st-dc600cf5-b1c5-581e-a2c3-eb81fe39c927"}}
    }


def test_commands() -> None:
    """The two commands are there and can be run."""
    commands = [text.split()[0] for language, text in BLOCKS if language == "sh"]
    ours = [command for command in commands if command.startswith("scripts/")]
    assert ours == ["scripts/serve", "scripts/test"]
    for command in ours:
        assert os.access(ROOT / command, os.X_OK)
