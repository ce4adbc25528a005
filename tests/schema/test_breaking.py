"""Changes that break clients are named, against the last release's schema."""

import subprocess
import sys
from pathlib import Path

import pytest

from schema.breaking import RELEASED, Changes, changes, unnamed
from schema.build import Schema, sdl
from tests.timing import limit

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

OLD = """
type Query { session(id: ID!): Session }
type Session { id: ID! status: Status notes: String }
enum Status { ACTIVE CLOSED }
"""


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (" notes: String", "", "Session.notes was removed."),
        ("notes: String", "notes: Int", "Session.notes changed type from String to Int."),
        (" CLOSED", "", "Enum value Status.CLOSED was removed."),
        ("id: ID!)", "id: ID!, kind: String!)", "kind"),
    ],
)
def test_named(before: str, after: str, sentence: str) -> None:
    """A removed field, a changed type, a removed enum value, an argument now needed."""
    found = changes(OLD, OLD.replace(before, after))
    assert [sentence in change for change in found.breaking] == [True], found
    assert found.lines()[0].startswith("breaking ")


def test_dangerous() -> None:
    """A value that clients do not know yet is dangerous, and breaks nothing."""
    found = changes(OLD, OLD.replace("CLOSED", "CLOSED LOST"))
    assert found.breaking == ()
    assert ["LOST" in change for change in found.dangerous] == [True]


def test_additions() -> None:
    """A new field, type or description is no danger."""
    more = OLD.replace("notes: String", 'notes: String "New." at: Place') + "type Place { n: Int }"
    assert changes(OLD, more) == Changes((), ())


def test_unnamed() -> None:
    """The changelog names a breaking change under Unreleased, and nowhere else."""
    found = Changes(("Session.notes was removed.",), ())
    named = (
        "# Changes\n\n## Unreleased\n\n- Breaking: Session.notes was removed.\n\n## 1.0\n\n- x\n"
    )
    assert unnamed(found, named) == []
    assert unnamed(found, named.replace("Unreleased", "2.0")) == list(found.breaking)


def test_changelog(schema: Schema) -> None:
    """Every breaking change since the last release stands in CHANGELOG.md under Unreleased."""
    found = changes(RELEASED.read_text(encoding="utf-8"), sdl(schema))
    assert unnamed(found, CHANGELOG) == [], "name them in CHANGELOG.md (scripts/schema --breaking)"


@pytest.mark.slow
def test_command() -> None:
    """`scripts/schema --breaking` exits 1 only if something breaks clients."""
    command = [sys.executable, "docs/generate.py", "--breaking"]
    environment = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=limit(60),
    )
    assert done.returncode == ("\nbreaking " in f"\n{done.stdout}"), done
    assert done.stderr == ""
