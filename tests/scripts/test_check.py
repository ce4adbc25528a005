"""`scripts/check` runs every check, and fails if one does."""

import pytest

from tests.scripts.conftest import Tree

pytestmark = pytest.mark.slow

CHECKS = ["-m ruff check .", "-m ruff format --check .", "-m mypy"]


@pytest.mark.parametrize("broken", ["", *CHECKS])
def test_all_are_run(tree: Tree, broken: str) -> None:
    """One that fails does not keep the others from being run."""
    code, _ = tree.run("check", FAILS=broken)
    assert code == (1 if broken else 0)
    assert tree.calls()[-3:] == CHECKS
