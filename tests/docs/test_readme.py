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
PERFORMANCE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"```(\w+)\n(.*?)```", README, re.S)
KEY = "readme-demo-key-of-32-characters"

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
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the gateway stores its data."""
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="module")
def address(data_folder: Path) -> Iterator[str]:
    """The address of a gateway that was started as the README says, with data of its own."""
    settings = {"GATEWAY_DATA_DIR": str(data_folder), "GATEWAY_DEMO_KEY": KEY}
    with started(SERVE, data_folder / "log", settings) as origin:
        yield origin.removeprefix("http://")


def ask(address: str, query: str, key: str = KEY) -> Any:
    """The gateway's answer to a query."""
    request = urllib.request.Request(
        f"http://{address}/graphql",
        json.dumps({"query": query}).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
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


def test_key(address: str, data_folder: Path) -> None:
    """The command for a key, beside the running gateway, makes one that is accepted."""
    (command,) = [text for language, text in BLOCKS if language == "sh" and "keys create" in text]
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env={**os.environ, "GATEWAY_DATA_DIR": str(data_folder)},
        capture_output=True,
        text=True,
        check=True,
        timeout=limit(100),
    )
    key = re.search(r"^Key: +(\S+)$", done.stdout, re.M)
    assert key
    assert "errors" not in ask(address, QUERIES[0][0], key[1])


def test_figures() -> None:
    """The table of costs has the figures of docs/performance.md, and no others are named."""
    measured = {
        row[0].strip("* "): [re.search(r"\d+\.\d+", cell) for cell in row[1:4]]
        for row in table_after("## CPU a request", PERFORMANCE)
    }
    claimed = table_after("## What it costs", README)
    servers = (
        *("gateway", "async-graphql, axum, mongodb (Rust)", "Apollo Server 5"),
        *("plain Strawberry and FastAPI", "floor"),
    )
    for place, (rows, *cells) in enumerate(claimed):
        figures = [measured[server][place] for server in servers]
        assert [cell.strip("* ") for cell in cells] == [
            f"{figure[0]} ms" for figure in figures if figure
        ]
        assert rows == ("1", "20", "100")[place]
    assert len(re.findall(r"\d ms", README)) == len(claimed) * len(servers)


def table_after(heading: str, text: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    found = re.search(r"(?:^\|.*\n)+", text[text.index(heading) :], re.M)
    assert found
    rows = found[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_commands() -> None:
    """The command that starts everything is there and can be run."""
    commands = [text.split()[0] for language, text in BLOCKS if language == "sh"]
    ours = [command for command in commands if command.startswith("scripts/")]
    assert ours == ["scripts/serve"]
    assert "`scripts/test`" in README
    for command in ours:
        assert os.access(ROOT / command, os.X_OK)
