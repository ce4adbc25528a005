"""Serving where the package of the embedded database is missing: the demo, from memory."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.access.own_keys import for_memory
from app.commands.common import own_database
from app.database import embedded, memory
from app.settings import Settings
from tests.gateway import KEY, ROOT, without_settings
from tests.timing import limit

pytestmark = pytest.mark.slow

HIDDEN = """
from app.database import embedded
embedded.COMMAND = "secantusd-that-is-not-installed"
from app.cli import main
main()
"""
"""The command line where the program of the embedded database is missing."""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """Where it serves, and what it says before that and after."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "mongodb").mkdir()
    (folder / "mongodb" / "WiredTiger").touch()
    process = subprocess.Popen(
        [sys.executable, "-c", HIDDEN, "serve", "--port", "0", "--workers", "2"],
        cwd=ROOT,
        env={**without_settings(), "GATEWAY_DATA_DIR": str(folder), "GATEWAY_DEMO_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    said = []
    try:
        for line in process.stdout:
            said.append(line.rstrip())
            if "NOTHING IS STORED ON DISK" in line:
                break
        address = re.search(r"at (http://127\.0\.0\.1:\d+)/", "\n".join(said))
        assert address, said
        yield address[1], said
    finally:
        process.terminate()
        process.communicate(timeout=limit(30))


def test_the_start_says_what_is_missing(started: tuple[str, list[str]]) -> None:
    """What it costs, how to keep data, and that older data is untouched."""
    text = "\n".join(started[1])
    assert "THE EMBEDDED DATABASE IS NOT INSTALLED" in text
    assert "GATEWAY_MONGODB_URI" in text
    assert re.search(r"The sessions in \S*mongodb are untouched", text)


def test_the_demo_is_served_and_may_be_changed(started: tuple[str, list[str]]) -> None:
    """Lists, filters, a change and what is read afterwards, by the printed key."""
    session = 'sessionId: "0b6f3c55-6a3c-4a1e-9f4f-53a0c8f6c7d1"'
    change = f'linkKnowledgeSession({session} agentId: "mia") {{ session {{ agentId }} }}'
    query = f"mutation {{ {change} }}"
    read = (
        f"{{ knowledgeSession({session}) {{ agentId }}"
        + """
        sessions(first: 30) { nodes { kind } totalCount }
        botSessions(first: 2, filter: { status: { eq: CLOSED } }) { nodes { status } } }"""
    )
    answers = [ask(started[0], text) for text in (query, read)]
    assert [answer.get("errors") for answer in answers] == [None, None]
    assert answers[1]["data"]["knowledgeSession"] == {"agentId": "mia"}
    assert answers[1]["data"]["sessions"]["totalCount"] > 1000
    assert len(answers[1]["data"]["botSessions"]["nodes"]) == 2


def ask(origin: str, query: str) -> dict[str, dict[str, object]]:
    """The whole answer."""
    headers = {"Authorization": f"Bearer {KEY}"}
    answer = httpx.post(
        f"{origin}/graphql", json={"query": query}, headers=headers, timeout=limit(30)
    )
    found: dict[str, dict[str, object]] = answer.json()
    return found


def test_pages_and_readiness_say_so(started: tuple[str, list[str]]) -> None:
    """Whoever looks later learns that nothing is stored."""
    assert "Nothing is stored on disk" in httpx.get(started[0], timeout=limit(30)).text
    ready = httpx.get(f"{started[0]}/readyz", timeout=limit(30))
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "stored": "in memory"})


def test_a_package_that_is_broken_counts_as_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its program is there and cannot import what it needs."""
    program = tmp_path / "secantusd-broken"
    program.write_text(f"#!{sys.executable}\nimport a_module_that_nobody_has\n")
    program.chmod(0o755)
    monkeypatch.setattr(embedded, "_binary", lambda: program)
    with own_database(Settings(data_dir=tmp_path / "data")) as (settings, _tend):
        assert settings.mongodb_uri == memory.URI


def test_keys_of_a_database_in_memory_are_written_nowhere(tmp_path: Path) -> None:
    """They are as short-lived as it is."""
    first, second = (for_memory(Settings(data_dir=tmp_path)) for _ in range(2))
    assert first.demo_key
    assert first.demo_key != second.demo_key
    assert list(tmp_path.iterdir()) == []
