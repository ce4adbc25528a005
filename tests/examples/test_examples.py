"""The example programs do what their READMEs say, against the live server."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import node
from tests.gateway import ROOT, Gateway

pytestmark = pytest.mark.timeout(node.INSTALL_SECONDS + node.RUN_SECONDS)

EXAMPLES = ROOT / "examples"
PAGE = "5"
REFUSED = "NOT_FOUND sessionId: There is no RemoteSupportSession with the session id '404404'."


@dataclass(frozen=True)
class Program:
    """An example, ready to run."""

    command: list[str]
    folder: Path

    def run(self, gateway: Gateway, *arguments: str) -> tuple[int, str, str]:
        """Exit code, and what it prints on either output."""
        done = subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder,
            env=gateway.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=node.RUN_SECONDS,
        )
        return done.returncode, done.stdout.strip(), done.stderr.strip()


def python(_request: pytest.FixtureRequest) -> Program:
    return Program([sys.executable, "sessions.py"], EXAMPLES / "python")


def typescript(request: pytest.FixtureRequest) -> Program:
    folder: Path = request.getfixturevalue("built")
    return Program(["node", "dist/main.js"], folder)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, gateway: Gateway) -> Path:
    """The TypeScript example, generated, checked and built as its README says."""
    source = EXAMPLES / "typescript"
    target = tmp_path_factory.mktemp("example") / "typescript"
    project = node.copy(source, target, node.install(source), gateway.environment)
    for script in ("codegen", "check", "build"):
        project.run("npm", "run", "--silent", script)
    return target


@pytest.fixture(params=[python, typescript])
def program(request: pytest.FixtureRequest) -> Program:
    """Each example in turn."""
    make: Callable[[pytest.FixtureRequest], Program] = request.param
    return make(request)


def test_list(program: Program, gateway: Gateway) -> None:
    """A list of three pages, each session once."""
    bot = gateway.make_bot_sessions(12)
    code, printed, _ = program.run(gateway, "list", bot, PAGE)
    assert code == 0
    ids = re.findall(r"^\S+Z?  (\S+)  active$", printed, re.M)
    assert len(ids) == len(set(ids)) == 12


def test_change(program: Program, gateway: Gateway) -> None:
    """A change is stored."""
    made = gateway.ask(
        "mutation { createRemoteSupportSession(input: {}) { session { sessionId } } }"
    )
    session_id = made["createRemoteSupportSession"]["session"]["sessionId"]
    assert program.run(gateway, "note", session_id, "All is well.") == (
        0,
        f"{session_id}: All is well.",
        "",
    )
    asked = f'{{ remoteSupportSession(sessionId: "{session_id}") {{ notes }} }}'
    assert gateway.ask(asked) == {"remoteSupportSession": {"notes": "All is well."}}


def test_refused_change(program: Program, gateway: Gateway) -> None:
    """A refusal names code, field and reason, and the program fails."""
    assert program.run(gateway, "note", "404404", "Nobody") == (1, "", REFUSED)


def test_wrong_key(program: Program, gateway: Gateway) -> None:
    """A wrong key is named by its code."""
    stranger = Gateway(gateway.origin, key="nobodys-key")
    code, printed, failure = program.run(stranger, "note", "12334", "Nobody")
    assert (code, printed) == (1, "")
    assert failure.startswith("UNAUTHENTICATED: ")


def test_readme(program: Program, gateway: Gateway) -> None:
    """The README's list shows sessions of the demo data."""
    text = (EXAMPLES / program.folder.name / "README.md").read_text()
    (bot,) = re.findall(r" list (st-\S+)", text)
    code, printed, _ = program.run(gateway, "list", bot)
    assert code == 0
    assert "2023-05-18T07:10:38.695" in printed


def test_locks_name_no_address() -> None:
    """Locks hold integrity hashes, and no address of a registry."""
    locks = [lock for depth in ("*/*", "*/*/*") for lock in ROOT.glob(f"{depth}/package-lock.json")]
    assert len(locks) >= 4
    for lock in locks:
        assert '"resolved": "http' not in lock.read_text(), lock
        assert '"integrity"' in lock.read_text(), lock
