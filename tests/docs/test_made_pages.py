"""Pages that are made from code are fresh, and links lead somewhere."""

import re
from pathlib import Path

import pytest

from docs.generate import BLOCK, BLOCKS, pages

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
]

PAGES_WITH_FILES = (
    "README.md",
    "docs/architecture.md",
    "docs/add-a-kind.md",
    "docs/add-a-vendor.md",
)


def test_fresh() -> None:
    """What `scripts/schema` would write is what is committed."""
    made = pages().items()
    assert [name for name, text in made if (ROOT / name).read_text(encoding="utf-8") != text] == []


def test_blocks() -> None:
    """Each made block stands on a page, and no page has a block that nothing makes."""
    texts = [(ROOT / page).read_text(encoding="utf-8") for page in PAGES]
    assert {found["name"] for text in texts for found in BLOCK.finditer(text)} == set(BLOCKS)


@pytest.mark.parametrize("page", PAGES)
def test_links(page: str) -> None:
    """A link to a file of ours leads to one."""
    text = (ROOT / page).read_text(encoding="utf-8")
    broken = [
        target
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
        if not ((ROOT / page).parent / target).exists()
    ]
    assert broken == []


def test_index() -> None:
    """Every page of docs/ is linked from their index."""
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages <= set(re.findall(r"\]\(([^)]+)\)", index))


@pytest.mark.parametrize("page", PAGES_WITH_FILES)
def test_named_files(page: str) -> None:
    """A file that a page names is there, or is one that a drill adds."""
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:app|schema|resolvers|tests|scripts|docs)/[\w./-]*)`", text)
    places = (ROOT, *(ROOT / "tests" / "drill" / drill for drill in ("kind", "type", "vendor")))
    missing = [name for name in named if not any((place / name).exists() for place in places)]
    assert named
    assert missing == []
