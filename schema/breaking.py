"""What a change of the schema does to clients, against the last release's text.

Breaking: an operation that was valid may be refused, or its answer may have another form.
Dangerous: operations stay valid, but a client may meet a value or a behaviour it does not know.
The rules are graphql-core's.
"""

from dataclasses import dataclass
from pathlib import Path

from graphql import build_schema, find_breaking_changes, find_dangerous_changes

RELEASED = Path(__file__).with_name("released.graphql")
"""The schema of the last release; `scripts/schema --release` writes it."""


@dataclass(frozen=True)
class Changes:
    """One sentence for each change, such as `BotSession.botId was removed.`, sorted."""

    breaking: tuple[str, ...]
    dangerous: tuple[str, ...]

    def lines(self) -> list[str]:
        """What `scripts/schema --breaking` prints."""
        return [f"breaking   {change}" for change in self.breaking] + [
            f"dangerous  {change}" for change in self.dangerous
        ]


def changes(old: str, new: str) -> Changes:
    """What differs between two schemas, given as text."""
    before, after = build_schema(old), build_schema(new)
    return Changes(
        tuple(sorted(change.description for change in find_breaking_changes(before, after))),
        tuple(sorted(change.description for change in find_dangerous_changes(before, after))),
    )


def unnamed(found: Changes, changelog: str) -> list[str]:
    """The breaking changes that the text under `## Unreleased` does not name word for word."""
    section = changelog.partition("\n## Unreleased\n")[2].partition("\n## ")[0]
    return [change for change in found.breaking if change not in section]
