"""docs/architecture.md draws the wings of `app/` as the architecture test knows them."""

import re
from pathlib import Path

from tests.test_architecture import WINGS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_wings() -> None:
    """One line for each floor, from the top to the ground, with its wings."""
    drawing = re.search(r"^(?:app/.+\n)+", PAGE, re.M)
    assert drawing
    drawn = [set(re.findall(r"\bapp/\w+", line)) for line in drawing[0].splitlines()]
    assert drawn == [{name.replace(".", "/") for name in floor} for floor in WINGS]
