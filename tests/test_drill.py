"""docs/add-a-kind.md tells the truth: its steps are performed on copies of the whole tree.

`tests/drill/kind` has the files of a sixth kind of session, as they would lie in the tree. The
first drill adds them and runs the suite, so every test that runs for each kind runs for this one.
The second adds a type of column, decimal numbers.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.timing import limit

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "add-a-kind.md").read_text(encoding="utf-8")
KIND = ROOT / "tests" / "drill" / "kind"
TYPE = ROOT / "tests" / "drill" / "type"

EDITS = {
    "schema/common.py": (
        '    BOT = strawberry.enum_value("BOT"',
        '    VIDEO = strawberry.enum_value("VIDEO", description="People saw each other.")\n',
    ),
}
"""Before which line of a file another one is put."""

PACKAGES = "app/pages/static/graphiql/node_modules"


def files(folder: Path) -> list[str]:
    """The files below a folder, by their paths in it."""
    found = (path.relative_to(folder) for path in folder.rglob("*.py"))
    return sorted(path.as_posix() for path in found if "__pycache__" not in path.parts)


def steps(heading: str) -> list[list[str]]:
    """The files and commands that the table below a heading of the page names, row by row."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.split(" | ")[1] for line in section.splitlines() if re.match(r"\| \d", line)]
    return [re.findall(r"`([^`]+)`", row) for row in rows]


def copied(folder: Path) -> None:
    """The tree as it is committed, and as it is being changed."""
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    if (ROOT / PACKAGES).exists():
        (folder / PACKAGES).symlink_to(ROOT / PACKAGES)
    # The scripts run this, and would set up what is not there.
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nPYTHONPATH={folder} exec {sys.executable} "$@"\n')
    python.chmod(0o755)


def added(folder: Path, new: Path) -> None:
    """Put new files into a copy."""
    for name in files(new):
        assert not (folder / name).exists()
        shutil.copy(new / name, folder / name)


def edited(folder: Path, name: str, place: str, line: str) -> None:
    """Put a line before another one, which stands in the file once."""
    text = (folder / name).read_text(encoding="utf-8")
    assert text.count(place) == 1, (name, place)
    (folder / name).write_text(text.replace(place, line + place), encoding="utf-8")


def run(folder: Path, arguments: Sequence[str], seconds: float) -> str:
    """What Python prints in a copy; it must succeed. `drill.log` shows how far it is."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    log = folder / "drill.log"
    with log.open("wb") as file:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env={**ours, "PYTHONPATH": str(folder)},
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=limit(seconds),
        )
    told = log.read_text(encoding="utf-8")
    assert done.returncode == 0, told[-20_000:]
    return told


MAKING = {"scripts/schema": ("docs/generate.py",), "scripts/map": ("-m", "app.commands.route_map")}
"""What the scripts run."""


def test_page_lists_what_the_drill_does() -> None:
    """Its table has the drill's files and commands, each once, and nothing else."""
    named = [name for row in steps("The steps") for name in row]
    assert sorted(named) == sorted([*files(KIND), *EDITS, *MAKING])


@pytest.mark.slow
@pytest.mark.timeout(limit(3600))
def test_sixth_kind(tmp_path: Path) -> None:
    """One new file and one line, two files of tests: the suite runs with the kind in it."""
    copied(tmp_path)
    added(tmp_path, KIND)
    for name, (place, line) in EDITS.items():
        edited(tmp_path, name, place, line)
    for command in MAKING.values():
        run(tmp_path, command, 300)
    assert "## VideoSession" in (tmp_path / "docs/data-model.md").read_text(encoding="utf-8")
    suite = ("-m", "pytest", "-vv", "-n2", "-p", "no:cacheprovider", "-m", "not slow")
    told = run(tmp_path, suite, 3500)
    with_it = [line for line in told.splitlines() if " PASSED " in line and "video" in line.lower()]
    assert len(with_it) > 100, with_it


IMPORTS = "from bson import Decimal128\nfrom bson.codec_options import TypeCodec\n\n"
TYPE_EDITS = (
    (
        "resolvers/value_types.py",
        "from enum import StrEnum\n",
        "from decimal import Decimal\n",
    ),
    ("resolvers/value_types.py", "from resolvers.errors", IMPORTS),
    ("resolvers/value_types.py", "\nVALUE_TYPES = (", (TYPE / "core.txt").read_text("utf-8")),
    ("resolvers/value_types.py", "ENUM, OBJECT)", "DECIMAL, "),
    ("schema/value_types.py", "from typing import", "from decimal import Decimal\n"),
    ("schema/value_types.py", "    ENUM,\n", "    DECIMAL,\n"),
    ("schema/value_types.py", "    ENUM: GraphQLForm", (TYPE / "graphql.txt").read_text("utf-8")),
)
"""The two entries with what they import, each before the text that it is to precede."""
NEW_TYPES_TESTS = (
    "tests/schema/test_decimals.py",
    "tests/schema/test_graphql_forms.py",
    "tests/resolvers/test_value_types.py",
    "tests/resolvers/test_documents.py",
    "tests/schema/test_sdl.py",
    "tests/test_architecture.py::test_packages_stay_in_their_layer",
    "tests/test_architecture.py::test_no_import_circles",
    "tests/docs/test_made_pages.py",
)


def test_page_lists_what_a_new_type_takes() -> None:
    """Two entries, a file of tests, and one command."""
    named = [name for row in steps("A type of column") for name in row]
    edited_files = {name for name, _, _ in TYPE_EDITS}
    assert sorted(named) == sorted([*edited_files, *files(TYPE), "scripts/schema"])


@pytest.mark.slow
@pytest.mark.timeout(limit(600))
def test_new_type_of_column(tmp_path: Path) -> None:
    """Decimal numbers are one entry in the core and their form in GraphQL."""
    copied(tmp_path)
    added(tmp_path, TYPE)
    for name, place, text in TYPE_EDITS:
        edited(tmp_path, name, place, text)
    run(tmp_path, MAKING["scripts/schema"], 100)
    run(tmp_path, ("-m", "pytest", "-p", "no:cacheprovider", *NEW_TYPES_TESTS), 550)
