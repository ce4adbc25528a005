"""Operations beside shard keys: the blocks of docs/sharding.md.

    | operation | `{_id: "hashed"}` | … |
    | `botSession`, `chatSession` | one | … |

Operations that every key serves alike are one row, fields that all kinds have are one name. A
change is `reads → writes`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from app.commands.recording import Command
from benchmarks.sharding.operations import SESSIONS, Operation, recorded
from benchmarks.sharding.routing import KEYS, WRITES, Route, ShardKey, route

NOTHING = "–"
operations = cache(recorded)
"""Recorded once a process."""


def cell(key: ShardKey, commands: Iterable[Command]) -> str:
    """Who gets the commands over collections of sessions: the widest, of reads and of writes."""
    reads, writes = set[Route](), set[Route]()
    for command in commands:
        if command.collection in SESSIONS:
            (writes if command.name in WRITES else reads).add(route(key, command))
    shown = [max(found).label for found in (reads, writes) if found]
    return " → ".join(shown) or NOTHING


def cells(operation: Operation) -> tuple[str, ...]:
    """For each key, what a credential with a limit to one tenant gets, and one without."""
    asked = (operation.limited, operation.free)
    return tuple(cell(key, commands) for key in KEYS for commands in asked)


def _rows(chosen: Iterable[Operation]) -> Iterator[tuple[str, ...]]:
    """The names of operations that are alike, and their cells."""
    alike: dict[tuple[str, ...], list[Operation]] = {}
    for operation in chosen:
        if set(found := cells(operation)) != {NOTHING}:
            alike.setdefault(found, []).append(operation)
    of_all = Counter(one.general for one in operations())
    for found, same in alike.items():
        of_row = Counter(one.general for one in same)
        names = (
            one.general if of_row[one.general] == of_all[one.general] else one.name for one in same
        )
        yield ", ".join(f"`{name}`" for name in dict.fromkeys(names)), *found


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n" + "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


HEAD = [f"`{key.text}`, {who}" for key in KEYS for who in ("one tenant", "any")]


def reads() -> str:
    """The table of what only reads."""
    return _table(["read", *HEAD], _rows(one for one in operations() if not one.changes))


def changes() -> str:
    """The table of what changes something."""
    return _table(["change", *HEAD], _rows(one for one in operations() if one.changes))


def keys() -> str:
    """The keys beside each other: how many operations go where, and what an id is worth."""
    return _table(
        [
            "key",
            "reads of one tenant that leave shards alone",
            "reads of any tenant that do",
            "changes that one shard does alone",
            "an id is unique within",
        ],
        (_summary(key) for key in KEYS),
    )


def _summary(key: ShardKey) -> tuple[str, ...]:
    found = [one for one in operations() if cell(key, one.free) != NOTHING]
    reading = [one for one in found if not one.changes]
    writing = [one for one in found if one.changes]
    return (
        f"`{key.text}`",
        _share(widest(key, one.limited) < Route.ALL for one in reading),
        _share(widest(key, one.free) < Route.ALL for one in reading),
        _share(widest(key, one.limited) is Route.ONE for one in writing),
        key.unique,
    )


def widest(key: ShardKey, commands: Iterable[Command]) -> Route:
    """The command that the most shards get."""
    return max(route(key, one) for one in commands if one.collection in SESSIONS)


def _share(holds: Iterable[bool]) -> str:
    found = list(holds)
    return f"{sum(found)} of {len(found)}"
