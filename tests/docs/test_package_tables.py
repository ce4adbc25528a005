"""What the docstring of a package says of its modules: each is named, once, and no other."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^ {4}(\w+) {2,}\S", re.M)
"""`    plan    a read as index ranges`."""


def modules(package: str) -> list[str]:
    """The files of a package."""
    return sorted(path.stem for path in (ROOT / package).glob("*.py") if path.stem != "__init__")


def docstring(package: str) -> str:
    """The text that its `__init__.py` begins with."""
    return (ROOT / package / "__init__.py").read_text(encoding="utf-8").split('"""')[1]


@pytest.mark.parametrize("package", ["resolvers/store", "resolvers/audit"])
def test_tables(package: str) -> None:
    """A line for each module."""
    assert sorted(ROW.findall(docstring(package))) == modules(package)


def test_reading_order() -> None:
    """Of the execution of operations: every module has its place."""
    order = docstring("schema/execution").partition("Reading order:")[2]
    assert sorted(re.findall(r"(\w+)\.py", order)) == modules("schema/execution")
