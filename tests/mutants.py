"""Small faults in a copy of the code, one at a time: a test should notice each of them.

Each mutant changes one operator, constant, condition, argument or statement. They are drawn at
random; the same seed draws the same. The tests that call the changed function run until one fails.
A survivor shows a test that is missing, or code that makes no difference.
"""

import argparse
import ast
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.timing import limit

ROOT = Path(__file__).resolve().parent.parent
TESTS = ("tests/resolvers", "tests/wire", "tests/app/access", "tests/app/commands/test_transfer.py")
LONGEST = limit(600)
"""Seconds for the tests of one mutant: one that never ends is noticed, too."""
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
REMOVABLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.Delete, ast.Raise)
WITHOUT_EFFECT = ("annotation", "returns", "decorator_list", "bases")
PAIRS = "Lt LtE, Gt GtE, Eq NotEq, Is IsNot, In NotIn, And Or, Add Sub, Mult FloorDiv, Not UAdd"
SWAPS: Mapping[type[ast.AST], type[ast.AST]] = {
    getattr(ast, one): getattr(ast, other)
    for pair in map(str.split, PAIRS.split(", "))
    for one, other in (pair, pair[::-1])
}


def changes(node: ast.AST, in_function: bool = False) -> Iterator[tuple[int, Callable[[], object]]]:
    """Lines, and what changes the tree there; docstrings and the words of errors stay."""
    place = node.target if isinstance(node, ast.comprehension) else node
    yield from ((getattr(place, "lineno", 0), change) for change in _of_node(node))
    in_function = in_function or isinstance(node, FUNCTIONS)
    if isinstance(node, (ast.Raise, ast.JoinedStr)):
        return
    for name, value in ast.iter_fields(node):
        parts = value if isinstance(value, list) else [value]
        for number, part in enumerate(parts):
            docstring = isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
            if name in WITHOUT_EFFECT or docstring or not isinstance(part, ast.AST):
                continue
            if in_function and isinstance(part, REMOVABLE):
                yield part.lineno, partial(parts.__setitem__, number, ast.Pass())
            yield from changes(part, in_function)


def _of_node(node: ast.AST) -> Iterator[Callable[[], object]]:
    put = partial(partial, setattr, node)
    match node:
        case ast.Compare(ops=[sign]) if type(sign) in SWAPS:
            yield put("ops", [SWAPS[type(sign)]()])
        case ast.BoolOp() | ast.BinOp() | ast.AugAssign() | ast.UnaryOp() if type(node.op) in SWAPS:
            yield put("op", SWAPS[type(node.op)]())
        case ast.Constant(value=bool() as value):
            yield put("value", not value)
        case ast.Constant(value=int() | float() | str() as value):
            yield put("value", f"{value}_" if isinstance(value, str) else 2 * value + 1)
        case ast.If() | ast.IfExp():
            yield from (put("test", ast.Constant(value=always)) for always in (False, True))
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield put("value", ast.Constant(value=None))
        case ast.ExceptHandler(body=[ast.Raise(exc=None)]):
            pass
        case ast.ExceptHandler():
            yield put("body", [ast.Raise()])
        case ast.comprehension(ifs=parts) | ast.Call(keywords=parts):
            yield from (partial(parts.pop, place) for place in range(len(parts)))


def mutated(source: str, number: int) -> str:
    """The source with one of its changes, and without its comments."""
    tree = ast.parse(source)
    list(changes(tree))[number][1]()
    return ast.unparse(ast.fix_missing_locations(tree))


class Recorder:
    """A pytest plugin that notes which tests call a function, by its file and first line."""

    def __init__(self) -> None:
        self.tests: defaultdict[tuple[str, int], set[str]] = defaultdict(set)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        def note(frame: FrameType, _event: str, _value: Any) -> None:
            place = frame.f_code.co_filename, frame.f_code.co_firstlineno
            self.tests[place].add(item.nodeid.partition("[")[0])

        sys.settrace(note)
        try:
            return (yield)
        finally:
            sys.settrace(None)

    def near(self, file: Path, line: int) -> list[str]:
        """The tests that call the function around a line, or any of the file."""
        lines = range(sys.maxsize)
        for node in ast.walk(ast.parse(file.read_text())):
            # Of a cached function, which is decorated, the first callers alone are known.
            if isinstance(node, FUNCTIONS) and not node.decorator_list:
                own = range(node.lineno, (node.end_lineno or 0) + 1)
                lines = own if line in own and len(own) < len(lines) else lines
        places = [place for place in self.tests if place[0] == str(file) and place[1] in lines]
        return sorted(set().union(*(self.tests[place] for place in places)))


def killer(folder: Path, name: str, changed: str, tests: list[str]) -> str:
    """The first test that notices the change of a file in the folder; empty if none does."""
    source = (folder / name).read_text()
    (folder / name).write_text(changed)
    command = [sys.executable, "-m", "pytest", "-n0", "-x", "--tb=no", "--timeout=60", *tests]
    try:
        ended = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=limit(LONGEST)
        )
    except subprocess.TimeoutExpired:
        return "a test without an end"
    finally:
        (folder / name).write_text(source)
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", ended.stdout, re.MULTILINE)
    return found[1] if found else str(ended.returncode or "")


def survives(recorder: Recorder, folder: Path, file: Path, number: int, line: int) -> bool:
    """Try one mutant in a copy of the project, and print what became of it."""
    name, source = file.relative_to(ROOT).as_posix(), file.read_text()
    changed, tests = mutated(source, number), recorder.near(file, line)
    found = killer(folder, name, changed, tests) if tests else ""
    print(f"{name}:{line}", f"noticed by {found}" if found else f"SURVIVES {len(tests)} tests")
    whole = ast.unparse(ast.parse(source)).split("\n")
    print(*(text for text in changed.split("\n") if text not in whole), sep="\n", flush=True)
    return not found


def main() -> None:
    """Record which tests call what, draw, and try."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=ROOT.glob("resolvers/**/*.py"))
    for name, default in (("count", 60), ("minutes", 60), ("seed", random.randrange(10**6))):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--tests", help="a file or folder, in place of all that concern the core")
    given = parser.parse_args()
    recorder = Recorder()
    if pytest.main(["-n0", *([given.tests] if given.tests else TESTS)], plugins=[recorder]):
        sys.exit("The tests fail without a mutant.")
    every = [
        (file.resolve(), number, line)
        for file in sorted(given.files)
        for number, (line, _) in enumerate(changes(ast.parse(file.read_text())))
    ]
    drawn = random.Random(given.seed).sample(every, min(given.count, len(every)))
    print(f"{len(drawn)} of {len(every)} mutants, --seed {given.seed}", flush=True)
    end, survived = time.monotonic() + 60 * given.minutes, []
    with tempfile.TemporaryDirectory() as folder:
        hidden = shutil.ignore_patterns(".*", "node_modules", "__pycache__", "data")
        copy = shutil.copytree(ROOT, Path(folder) / "copy", ignore=hidden)
        while drawn and time.monotonic() < end:
            survived.append(survives(recorder, copy, *drawn.pop(0)))
    print(f"{sum(survived)} of {len(survived)} survived.")


if __name__ == "__main__":
    main()
