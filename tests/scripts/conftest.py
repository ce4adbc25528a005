"""A copy of the scripts where Python and npm only note what they are asked to do."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.gateway import ROOT
from tests.timing import limit

PAGES = "app/pages/static/graphiql"
TOOLS = ("bash", "cat", "cmp", "cp", "dirname", "env", "grep", "mkdir", "rm", "tee")
"""What a bare system has, npm and Python not among it."""

PYTHON = f"""#!/usr/bin/env bash
note() {{ echo "$*" >> "$CALLS"; [[ "$*" != *"${{FAILS:-nothing}}"* ]]; }}
case "$*" in
  "-m venv --clear .venv")
    rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python
    echo "$PWD/.venv" > .venv/bin/activate; note "$@" ;;
  "-m pip --version" | --version) ;;
  -m*) note "$@" ;;
  *) exec {sys.executable} "$@" ;;
esac
"""
NPM = """#!/usr/bin/env bash
echo "npm $1" >> "$CALLS"
rm -rf node_modules
[ -z "${NPM_FAILS-}" ] && mkdir node_modules
"""


@dataclass(frozen=True)
class Tree:
    """The copy, and a folder with all commands that its scripts find."""

    folder: Path
    commands: Path

    def add(self, name: str, text: str) -> None:
        """Put a command on the PATH, in the place of the system's."""
        (self.commands / name).unlink(missing_ok=True)  # a link would be written through
        (self.commands / name).write_text(text, encoding="utf-8")
        (self.commands / name).chmod(0o755)

    def start(self, name: str, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """Start a script of the copy."""
        return subprocess.Popen(
            [self.folder / "scripts" / name, *arguments],
            env={
                "PATH": str(self.commands),
                "PYTHON": str(self.commands / "some-python"),
                "CALLS": str(self.folder / "calls"),
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, name: str, *arguments: str, **environment: str) -> tuple[int, str]:
        """Exit code, and what a script of the copy says on standard error."""
        with self.start(name, *arguments, **environment) as process:
            said = process.communicate(timeout=limit(60))[1]
        return process.returncode, said

    def calls(self) -> list[str]:
        """What Python and npm were asked to do since this was last asked."""
        file = self.folder / "calls"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return lines


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A checkout on which nothing ran yet, on a system without npm."""
    folder, commands = tmp_path / "checkout", tmp_path / "commands"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    (folder / PAGES).mkdir(parents=True)
    for name in ("pyproject.toml", "constraints.txt", f"{PAGES}/package-lock.json"):
        shutil.copy(ROOT / name, folder / name)
    commands.mkdir()
    for tool in TOOLS:
        (commands / tool).symlink_to(str(shutil.which(tool)))
    made = Tree(folder, commands)
    made.add("some-python", PYTHON)
    return made
