"""`scripts/test` runs pytest, in parallel and without the shell's settings."""

import pytest

from tests.scripts.conftest import PYTHON, Tree

pytestmark = pytest.mark.slow

PYTEST = "-m pytest -n auto --maxprocesses=8 --dist worksteal"


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        ([], ""),
        (["-n0", "-x", "tests/app"], " -n0 -x tests/app"),
        (["--quick"], " -m not slow and not wire"),
        (["--quick", "-k", "a b"], " -m not slow and not wire -k a b"),
    ],
)
def test_arguments(tree: Tree, arguments: list[str], passed: str) -> None:
    """Arguments are pytest's, but for a leading --quick."""
    assert tree.run("test", *arguments)[0] == 0
    assert tree.calls()[-1] == PYTEST + passed


def test_fails_as_pytest_does(tree: Tree) -> None:
    """Its exit code is the one of pytest."""
    assert tree.run("test", FAILS="pytest")[0] == 1


def test_files_are_compiled_once(tree: Tree) -> None:
    """Every process may use what another one compiled, whatever the shell says."""
    unset = "${PYTHONDONTWRITEBYTECODE-unset}"
    tree.add("some-python", PYTHON.replace('note "$@" ;;', f'note "$@ {unset}" ;;'))
    tree.run("test", PYTHONDONTWRITEBYTECODE="1")
    assert tree.calls()[-1] == f"{PYTEST} unset"


def test_settings_of_the_shell(tree: Tree) -> None:
    """A variable of the gateway that was exported does not reach the tests."""
    tree.add("some-python", PYTHON.replace('note "$@" ;;', 'note "$@ ${GATEWAY_PORT-unset}" ;;'))
    tree.run("test", GATEWAY_PORT="1")
    assert tree.calls()[-1] == f"{PYTEST} unset"
