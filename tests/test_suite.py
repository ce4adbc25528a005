"""The rules of the suite itself: where time limits come from, and when a test may be skipped."""

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_architecture import LONGEST_FILE

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "tests").rglob("*.py")
    if "node_modules" not in path.parts
)
MAY_SKIP = ("tests/node.py", "tests/test_suite.py", "tests/wire/engine.py")
"""`unavailable`, which fails in CI; this file, which names what it looks for; and what cannot be
done to an engine that runs elsewhere."""

KEYWORDS = {
    "timeout",
    "deadline",
    "deadline_seconds",
    "timeoutMS",
    "connectTimeoutMS",
    "serverSelectionTimeoutMS",
    "socketTimeoutMS",
}
"""Arguments that are time limits."""
METHODS = {"wait", "join", "timeout", "set_default_timeout", "result"}
"""Methods whose first argument is one."""


def sources() -> Iterator[tuple[str, str]]:
    """The suite's files, with their texts."""
    for file in FILES:
        yield file, (ROOT / file).read_text(encoding="utf-8")


def test_files_are_short() -> None:
    """As the files that they test are."""
    lengths = {file: len(text.splitlines()) for file, text in sources()}
    assert {file: lines for file, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_nothing_is_skipped_in_ci() -> None:
    """What is missing is `unavailable`; a mark may only leave out what a system cannot do."""
    skips = r"pytest\.skip\(|importorskip|mark\.skip\b|mark\.skipif\((?!sys\.platform)"
    assert [
        file for file, text in sources() if file not in MAY_SKIP and re.search(skips, text)
    ] == []


def test_the_drill_can_try_fewer_examples() -> None:
    """A number of examples goes through `tests.properties.examples`."""
    assert [file for file, text in sources() if re.search(r"max_examples=\d", text)] == []


def fixed_limits(source: str) -> Iterator[int]:
    """The lines with a limit that TEST_TIME_FACTOR does not lengthen."""
    tree = ast.parse(source)
    fixed = {
        target.id
        for statement in tree.body
        if isinstance(statement, ast.Assign) and _is_fixed(statement.value, set())
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if any(_is_fixed(value, fixed) for value in _limits(node)):
            yield node.lineno  # type: ignore[attr-defined]  # calls, sums and arguments have one


def _limits(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions of a node that say how long to wait."""
    match node:
        case ast.Call():
            yield from (one.value for one in node.keywords if one.arg in KEYWORDS)
            if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
                yield from node.args[:1]
        case ast.BinOp(ast.Call(ast.Attribute(attr="monotonic")), ast.Add(), seconds):
            yield seconds


def _is_fixed(expression: ast.expr, fixed: set[str]) -> bool:
    """Whether an expression is a number above zero, or one of the module's names for one."""
    match expression:
        case ast.Constant(int() | float() as value):
            return value > 0
        case ast.Name(name):
            return name in fixed
        case ast.BinOp(left, _, right):
            return _is_fixed(left, fixed) and _is_fixed(right, fixed)
    return False


def test_limits_can_be_lengthened() -> None:
    """A number that limits time goes through `tests.timing.limit`."""
    assert [f"{file}:{line}" for file, text in sources() for line in fixed_limits(text)] == []


@pytest.mark.parametrize(
    "source",
    [
        "run(command, timeout=60)",
        "PATIENCE = 60.0\nprocess.wait(PATIENCE)",
        "SECONDS = 2 * 30\nconnect(deadline=SECONDS)",
        "end = time.monotonic() + 30",
        "mark = pytest.mark.timeout(10)",
    ],
)
def test_fixed_limits_are_found(source: str) -> None:
    """Whichever form a limit has."""
    assert list(fixed_limits(source))


def test_other_numbers_are_left_alone() -> None:
    """What follows the factor, what has run out already, and what is not a limit."""
    source = """
        PATIENCE = limit(60)
        process.wait(PATIENCE)
        run(timeout=limit(2) * 1000)
        connect(deadline=0)
        settings(deadline=None)
        ", ".join(names)
    """
    assert list(fixed_limits(textwrap.dedent(source))) == []
