"""Each known difference between a vendor's page and the gateway is held by a test."""

import ast
from collections.abc import Iterator
from pathlib import Path

from app.rest import VENDORS

TESTS = Path(__file__).resolve().parents[1]


def marks() -> Iterator[str]:
    """The names in `@pytest.mark.difference("…")` over the suite's tests."""
    for path in TESTS.rglob("test_*.py"):
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for decorator in node.decorator_list:
                    match decorator:
                        case ast.Call(ast.Attribute(attr="difference"), [ast.Constant(name)]):
                            assert node.name.startswith("test_")
                            yield name


def test_each_difference_is_held_by_a_test() -> None:
    """And no test names one that is not listed."""
    names = [one.name for vendor in VENDORS for one in vendor.differences]
    assert len(names) == len(set(names))
    assert set(marks()) == set(names)


def test_names_start_with_the_vendor() -> None:
    """So that a difference is found beside the vendor that has it; none is without a reason."""
    for vendor in VENDORS:
        for one in vendor.differences:
            assert one.name.startswith(f"{vendor.name}.")
            assert all(text.endswith(".") for text in (one.page, one.here, one.why))
