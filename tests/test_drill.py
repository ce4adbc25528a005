"""The pages on adding something are true: their steps are performed on copies of the whole tree.

`tests/drill/kind` has the files of a sixth kind of session, `tests/drill/vendor` those of a vendor
that serves it, as they would lie in the tree. The first drill adds both and runs the suite, so
every test that runs for each kind or each vendor runs for these. The second adds a type of column,
decimal numbers.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from secrets import randbelow

import pytest

from tests.timing import limit

ROOT = Path(__file__).resolve().parent.parent
DRILL = ROOT / "tests" / "drill"
KIND, VENDOR, TYPE = DRILL / "kind", DRILL / "vendor", DRILL / "type"

Edit = tuple[str, str, str]
"""A file, the text in it before which another one is put (empty: the end), and that other one."""
KIND_EDITS = (
    (
        "schema/common.py",
        '    BOT = strawberry.enum_value("BOT"',
        '    VIDEO = strawberry.enum_value("VIDEO", description="People saw each other.")\n',
    ),
)
VENDOR_EDITS = (
    (
        "app/rest/__init__.py",
        "from app.settings import",
        "from app.rest.video.endpoint import VENDOR as VIDEO\n",
    ),
    ("app/rest/__init__.py", ")\n\n\ndef vendors(", "    VIDEO,\n"),
    ("docs/rest.md", "", (VENDOR / "rest.txt").read_text("utf-8")),
    (
        "docs/data.md",
        "\nThe vendor's page shows",
        "| video | `5b0c3c1e-6f0e-4f1b-9a53-2f5c0d3a7e11` | the vendor |\n",
    ),
)

PACKAGES = "app/pages/static/graphiql/node_modules"


def files(folder: Path) -> list[str]:
    """The files below a folder that go into a copy, by their paths in it; `.txt` are edits."""
    found = (path.relative_to(folder) for path in folder.rglob("*.*") if path.is_file())
    return sorted(path.as_posix() for path in found if path.suffix not in (".txt", ".pyc"))


def steps(page: str, heading: str) -> list[str]:
    """The files and commands that the table below a heading of a page names."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    section = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.split(" | ")[1] for line in section.splitlines() if re.match(r"\| \d", line)]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


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
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(new / name, folder / name)


def edited(folder: Path, edits: Iterable[Edit]) -> None:
    """Put texts before others, each of which stands in its file once, or at the end of the file."""
    for name, place, new in edits:
        text = (folder / name).read_text(encoding="utf-8")
        assert not place or text.count(place) == 1, (name, place)
        changed = text.replace(place, new + place) if place else text + new
        (folder / name).write_text(changed, encoding="utf-8")


def run(folder: Path, arguments: Sequence[str], seconds: float) -> str:
    """What Python prints in a copy; it must succeed. `drill.log` shows how far it is."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    log = folder / "drill.log"
    with log.open("wb") as file:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            # The suite around it tries the same properties with all examples.
            env={**ours, "PYTHONPATH": str(folder), "TEST_EXAMPLES": "10"},
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=limit(seconds),
        )
    told = log.read_text(encoding="utf-8")
    assert done.returncode == 0, f"{arguments}\n{told[-20_000:]}"
    return told


MAKING = {"scripts/schema": ("docs/generate.py",), "scripts/map": ("-m", "app.commands.route_map")}
"""What the scripts run."""


def performed(new: Path, edits: Iterable[Edit], *commands: str) -> list[str]:
    """The files that a drill adds and edits, and the commands that it runs."""
    return sorted([*files(new), *{name for name, _, _ in edits}, *commands])


@pytest.mark.parametrize(
    ("page", "new", "edits"),
    [("add-a-kind.md", KIND, KIND_EDITS), ("add-a-vendor.md", VENDOR, VENDOR_EDITS)],
    ids=["kind", "vendor"],
)
def test_page_lists_what_the_drill_does(page: str, new: Path, edits: tuple[Edit, ...]) -> None:
    """Its table has the drill's files and commands, each once, and nothing else."""
    assert sorted(steps(page, "The steps")) == performed(new, edits, *MAKING)


@pytest.mark.slow
@pytest.mark.timeout(limit(3600))
def test_sixth_kind_and_vendor(tmp_path: Path) -> None:
    """The steps of both pages, and nothing else: the suite runs with the kind and its vendor.

    It runs in one process and in a random order, so that no test counts on another one.
    """
    copied(tmp_path)
    for new, edits in ((KIND, KIND_EDITS), (VENDOR, VENDOR_EDITS)):
        added(tmp_path, new)
        edited(tmp_path, edits)
    for command in MAKING.values():
        run(tmp_path, command, 300)
    assert "## VideoSession" in (tmp_path / "docs/data-model.md").read_text(encoding="utf-8")
    assert "`GET /video/sessions`" in (tmp_path / "docs/map.md").read_text(encoding="utf-8")
    order = ("-p", "randomly", f"--randomly-seed={randbelow(2**16)}", "--randomly-dont-reset-seed")
    suite = (
        "-m",
        "pytest",
        "-vv",
        "-n0",
        *order,
        "-p",
        "no:cacheprovider",
        *CHOSEN,
    )
    passed = [line for line in run(tmp_path, suite, 3500).splitlines() if " PASSED " in line]
    with_it = [line for line in passed if "video" in line.lower()]
    of_vendor = [line for line in with_it if OF_VENDOR.search(line)]
    assert len(with_it) - len(of_vendor) > 100, with_it
    assert len(of_vendor) > 20, of_vendor
    assert ran_with(passed, "tests/app/rest/test_video.py", "")
    for file, known, ours in EVERY_VENDOR:
        assert ran_with(passed, file, known) == ran_with(passed, file, ours) != set()


OF_VENDOR = re.compile(r"/rest/test_video\.py::|/rest/.*\[video\]|\[GET /video/|_pages.*\[video\]")
"""Its own tests, and those of every vendor; not those of every file."""
CHOSEN = ("-m", "not slow", "-k", "not motor and (not wire or video or access_scan)")
"""What is quick, and of the rest what the new kind and its vendor bring, and what EVERY_VENDOR
compares; with one driver of the two, as a new kind means nothing to either of them."""
EVERY_VENDOR = (
    ("tests/app/rest/test_layout.py", "[knowledge]", "[video]"),
    ("tests/docs/test_vendor_pages.py", "[knowledge]", "[video]"),
    ("tests/contract/test_access_scan.py", " /history/sessions/{", " /video/sessions/{"),
)
"""Files with tests that run for each vendor, and what is in their names for two of the vendors."""


def ran_with(lines: Iterable[str], file: str, part: str) -> set[str]:
    """The tests of a file that ran with a certain parameter."""
    of_file = (line.split(f"{file}::")[1] for line in lines if f"{file}::" in line)
    return {name.split("[")[0] for name in of_file if part in name}


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
    named = sorted(steps("add-a-kind.md", "A type of column"))
    assert named == performed(TYPE, TYPE_EDITS, "scripts/schema")


@pytest.mark.slow
@pytest.mark.timeout(limit(600))
def test_new_type_of_column(tmp_path: Path) -> None:
    """Decimal numbers are one entry in the core and their form in GraphQL."""
    copied(tmp_path)
    added(tmp_path, TYPE)
    edited(tmp_path, TYPE_EDITS)
    run(tmp_path, MAKING["scripts/schema"], 100)
    run(tmp_path, ("-m", "pytest", "-p", "no:cacheprovider", *NEW_TYPES_TESTS), 550)
