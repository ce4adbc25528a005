"""The search for missing tests finds them: `scripts/mutants`."""

import ast
from pathlib import Path

import pytest

from tests import mutants

TRIED = 20
"""Mutants of one class or function: each is made by parsing all of it anew."""
SOURCE = '''"""A docstring."""
LIMIT = 5
def kept(value: int, name="a") -> bool:
    """Another."""
    if value < LIMIT and not name:
        return [value]
    raise ValueError("no words " + str(value))
'''


def test_changes_of_every_sort() -> None:
    """One place differs each time; docstrings, types and the words of errors stay."""
    source = ast.unparse(ast.parse(SOURCE))
    number = len(list(mutants.changes(ast.parse(SOURCE))))
    found = [mutants.mutated(SOURCE, place) for place in range(number)]
    changed = [
        (before.strip(), after.strip())
        for one in found
        for before, after in zip(source.split("\n"), one.split("\n"), strict=True)
        if before != after
    ]
    condition = "if value < LIMIT and (not name):"
    assert sorted(changed) == [
        ("LIMIT = 5", "LIMIT = 11"),
        ("def kept(value: int, name='a') -> bool:", "def kept(value: int, name='a_') -> bool:"),
        (condition, "if False:"),
        (condition, "if True:"),
        (condition, "if value < LIMIT and +name:"),
        (condition, "if value < LIMIT or not name:"),
        (condition, "if value <= LIMIT and (not name):"),
        ("raise ValueError('no words ' + str(value))", "pass"),
        ("return [value]", "return None"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("file", sorted(mutants.ROOT.glob("resolvers/**/*.py")), ids=str)
def test_every_mutant_is_python(file: Path) -> None:
    """And differs from the code it was made of; each statement stands alone, of a long one some."""
    tree = ast.parse(file.read_text())
    made = 0
    for whole in map(ast.unparse, tree.body):
        number = len(list(mutants.changes(ast.parse(whole))))
        for place in range(0, number, number // TRIED + 1):
            changed = mutants.mutated(whole, place)
            compile(changed, file.name, "exec")
            assert changed != whole
        made += number
    assert made == len(list(mutants.changes(tree)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "expected"),
    [("SIZE = 1", ""), ("SIZE = 0", "test_size.py::test_size"), ("SIZE", "test_size.py")],
)
def test_killer(tmp_path: Path, changed: str, expected: str) -> None:
    """The failing test is named, and the file is as it was afterwards."""
    (tmp_path / "size.py").write_text("SIZE = 2")
    test = "import size\ndef test_size():\n    assert size.SIZE > 0\n"
    (tmp_path / "test_size.py").write_text(test)
    assert mutants.killer(tmp_path, "size.py", changed, ["test_size.py"]) == expected
    assert (tmp_path / "size.py").read_text() == "SIZE = 2"
