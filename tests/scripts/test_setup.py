"""`scripts/setup` does what is missing and nothing else, and says what it could not do."""

import fcntl
from pathlib import Path

import pytest

from tests.scripts.conftest import NPM, PAGES, Tree

pytestmark = pytest.mark.slow

COMPLETE = "Set-up is complete.\n"


def pip(extras: str) -> str:
    """The call that installs the packages."""
    options = "--disable-pip-version-check --no-input -c constraints.txt"
    return f"-m pip install {options} -e .[{extras}]"


@pytest.fixture
def served(tree: Tree) -> Tree:
    """Set up completely, to serve."""
    tree.add("npm", NPM)
    assert tree.run("setup")[0] == 0
    assert tree.calls() == ["-m venv --clear .venv", pip("memory,embedded"), "npm ci"]
    return tree


def test_second_time_does_nothing(served: Tree) -> None:
    """Where nothing changed there is nothing to do or to say."""
    assert served.run("setup") == (0, "")
    assert served.calls() == []


def test_pages_wait_for_npm(tree: Tree) -> None:
    """Without npm both pages are named; once it is there, they and nothing else are installed."""
    code, said = tree.run("setup")
    assert code == 0
    assert "/graphiql and /docs are missing" in said
    assert COMPLETE not in said
    assert "npm ci" not in tree.calls()
    assert tree.run("setup") == (0, "")
    tree.add("npm", NPM)
    code, said = tree.run("setup")
    assert (code, said.endswith(COMPLETE)) == (0, True)
    assert tree.calls() == ["npm ci"]
    assert tree.run("setup") == (0, "")


def test_npm_that_fails_is_asked_again(tree: Tree) -> None:
    """A failed npm costs the pages until the next time, and no Python package."""
    tree.add("npm", NPM)
    code, said = tree.run("setup", NPM_FAILS="1")
    assert code == 0
    assert "/graphiql and /docs are missing, everything else works: npm could not" in said
    tree.calls()
    assert tree.run("setup")[0] == 0
    assert tree.calls() == ["npm ci"]


@pytest.mark.parametrize("npm", [False, True])
def test_ci_needs_the_pages(tree: Tree, npm: bool) -> None:
    """In CI a missing or failing npm is a failure."""
    if npm:
        tree.add("npm", NPM)
    code, said = tree.run("setup", CI="true", NPM_FAILS="1")
    assert code == 1
    assert "Set-up failed: the pages /graphiql and /docs are missing" in said


def test_changed_lock(served: Tree) -> None:
    """New browser packages are installed without the Python ones."""
    (served.folder / PAGES / "package-lock.json").write_text("{}")
    assert served.run("setup")[0] == 0
    assert served.calls() == ["npm ci"]


def test_changed_constraints(served: Tree) -> None:
    """New Python packages are installed into the environment that is there."""
    (served.folder / "constraints.txt").write_text("")
    assert served.run("setup")[0] == 0
    assert served.calls() == [pip("memory,embedded")]


def test_dev_serves_as_well(served: Tree) -> None:
    """What the tests need is added; afterwards serving needs nothing."""
    assert served.run("setup", "--dev")[0] == 0
    assert served.calls() == [pip("memory,embedded,motor,otel,dev")]
    assert served.run("setup") == (0, "")


def test_failed_packages(tree: Tree) -> None:
    """Where pip fails, the sentence names its log, and the next time it is asked again."""
    code, said = tree.run("setup", FAILS="pip install")
    assert code == 1
    assert "Set-up failed: pip could not install the packages (.venv/setup.log" in said
    assert tree.calls()[1:] == [pip("memory,embedded"), pip("memory")]
    tree.run("setup")
    assert tree.calls() == [pip("memory,embedded")]


def test_missing_embedded_database(tree: Tree) -> None:
    """Where its package cannot be installed, everything else is, and what that costs is said."""
    tree.add("npm", NPM)
    code, said = tree.run("setup", FAILS="embedded")
    assert code == 0
    assert "will serve the demo from memory, and store nothing" in said
    assert tree.calls() == [
        "-m venv --clear .venv",
        pip("memory,embedded"),
        pip("memory"),
        "npm ci",
    ]
    assert tree.run("setup") == (0, "")


def test_ci_needs_the_embedded_database(tree: Tree) -> None:
    """In CI a package that is missing is a failure."""
    assert tree.run("setup", CI="true", FAILS="embedded")[0] == 1


def test_moved_checkout(served: Tree) -> None:
    """An environment that names another folder is made anew."""
    moved = Tree(served.folder.rename(served.folder.with_name("moved")), served.commands)
    assert moved.run("setup")[0] == 0
    assert moved.calls() == ["-m venv --clear .venv", pip("memory,embedded")]


def test_a_link_is_not_emptied(tree: Tree, tmp_path: Path) -> None:
    """What stands behind a link is somebody else's."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "precious").touch()
    (tree.folder / ".venv").symlink_to(other)
    code, said = tree.run("setup")
    assert (code, "is a link" in said) == (1, True)
    assert (other / "precious").exists()


def test_no_python(tree: Tree) -> None:
    """Without a Python the sentence says which one to install."""
    code, said = tree.run("setup", PYTHON="")
    assert code == 1
    assert "needs Python 3.11 or newer" in said


def test_wrong_option(tree: Tree) -> None:
    """An unknown option is answered by the usage."""
    assert tree.run("setup", "--prod") == (2, "Usage: scripts/setup [--dev]\n")


def test_two_at_once(tree: Tree) -> None:
    """The second waits for the first, and says so."""
    with (tree.folder / "scripts/setup").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with tree.start("setup") as process:
            assert process.stderr
            assert process.stderr.readline() == "Waiting for another set-up to finish …\n"
            assert tree.calls() == []
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert "Making .venv" in process.stderr.read()
