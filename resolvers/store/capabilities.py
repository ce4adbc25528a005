"""What the database can do: engines that speak MongoDB's protocol differ.

    Capabilities(engine="SecantusDB 0.7.0b3", has={rules, ttl, change_streams, explain})

`resolvers.store.probes` finds them out; the preparation tries rules and indexes. What is missing
costs one feature, and never the start: `COSTS` says which (docs/engines.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from pymongo.errors import OperationFailure

from resolvers.errors import nearest
from resolvers.kind import Document


class Capability(StrEnum):
    """Something that some engines can do."""

    RULES = "rules"
    """Collections refuse documents that break their `$jsonSchema`."""
    TTL = "ttl"
    """An index removes documents that have expired."""
    CHANGE_STREAMS = "change_streams"
    """A cursor reports writes as they happen."""
    EXPLAIN = "explain"
    """`explain` names the stages of a plan as MongoDB does."""
    ORDERED_WALK = "ordered_walk"
    """A sorted find walks an index in order and stops at its limit."""
    TIME_LIMIT = "time_limit"
    """A find ends when its `maxTimeMS` is over, whoever still waits."""
    TRUE_LTE = "true_lte"
    """`$lte` finds equal values where further keys follow in the index."""
    TIMED_CHANGES = "timed_changes"
    """A change stream begins at a time without reading the log before it."""


ALL: Final = frozenset(Capability)

COSTS: Final = {
    Capability.RULES: "it has no validation rules of the kind that the gateway uses. The gateway's "
    "own checks remain; what others write is not checked.",
    Capability.TTL: "it removes nothing by itself. Expired sessions are hidden, and stay stored: "
    "remove them by a job of your own, as docs/engines.md shows.",
    Capability.CHANGE_STREAMS: "it has no change streams, so there is no feed of changes.",
}
"""What a start says of a missing one. The others cost time, and no feature."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do, and its name for people."""

    engine: str
    has: frozenset[Capability]

    def __contains__(self, one: Capability) -> bool:
        return one in self.has

    @property
    def ranged(self) -> bool:
        """Whether a value is better asked for as a range: by engines that walk indexes."""
        return Capability.TRUE_LTE in self.has and Capability.ORDERED_WALK in self.has

    @property
    def lacks(self) -> list[Capability]:
        """What it cannot do, in the order of the definition."""
        return [one for one in Capability if one not in self.has]

    def sentences(self) -> list[str]:
        """What a start prints: nothing of an engine that can do everything."""
        costly = [f"{self.engine}: {COSTS[one]}" for one in self.lacks if one in COSTS]
        slower = ", ".join(one for one in self.lacks if one not in COSTS)
        return [
            *costly,
            *([f"{self.engine} does without {slower}: see docs/engines.md."] if slower else ()),
        ]


UNKNOWN: Final = Capabilities("The database", ALL - {Capability.TRUE_LTE, Capability.TIMED_CHANGES})
"""Until the engine is asked: every engine serves what is sent on these terms, if slowly."""

LACKING: Final = frozenset({2, 9, 59, 72, 115, 238, 40324, 40415, 40573, 40602})
"""The codes by which engines refuse what they do not know: BadValue, FailedToParse,
CommandNotFound, InvalidOptions, CommandNotSupported, NotImplemented, an unknown stage, an unknown
field, change streams without a replica set, an unknown index option.
https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml"""


def is_lacking(error: Exception) -> bool:
    """Whether an error says that the engine cannot do this at all."""
    if isinstance(error, OperationFailure):
        return error.code is None or error.code in LACKING
    return isinstance(error, NotImplementedError | TypeError)  # mongomock's


@dataclass(frozen=True, slots=True)
class _Engine:
    """An engine that is known by name: the field of `buildInfo` that only it has."""

    name: str
    sign: str
    lacks: frozenset[Capability] = frozenset()


_ENGINES: Final = (
    _Engine(
        "SecantusDB",
        "secantusVersion",
        frozenset(
            {
                Capability.ORDERED_WALK,
                Capability.TIME_LIMIT,
                Capability.TRUE_LTE,
                Capability.TIMED_CHANGES,
            }
        ),
    ),
    _Engine("FerretDB", "ferretdbVersion"),
    _Engine("FerretDB", "ferretdb"),
)
IN_MEMORY: Final = Capabilities(
    "The database in memory",
    frozenset({Capability.TTL, Capability.ORDERED_WALK, Capability.TIME_LIMIT}),
)
"""mongomock. It walks no index, and what it has is too little to look at it in parts."""


def named(info: Document) -> Capabilities:
    """What is known of an engine by its answer to `buildInfo`."""
    for one in _ENGINES:
        if one.sign in info:
            said = info[one.sign]
            version = said.get("version", "") if isinstance(said, dict) else said
            return Capabilities(f"{one.name} {version}".rstrip(), ALL - one.lacks)
    version = info.get("version")
    return Capabilities(f"MongoDB {version}" if version else "The database", ALL)


def overridden(found: Capabilities, overrides: Iterable[str]) -> Capabilities:
    """With what an operator says: `+explain` adds, `-ttl` takes away."""
    signed = [(one[0], Capability(one[1:])) for one in overrides]
    added = {name for sign, name in signed if sign == "+"}
    taken = {name for sign, name in signed if sign == "-"}
    return replace(found, has=(found.has | added) - taken)


def checked(overrides: Iterable[str]) -> None:
    """ValueError unless each is `+` or `-` and the name of a capability, and none is both."""
    overrides = list(overrides)
    for one in overrides:
        if one[:1] not in ("+", "-") or one[1:] not in list(Capability):
            raise ValueError(
                f"{one!r} is not + or - and a capability. {nearest(one.lstrip('+-'), Capability)}"
            )
    names = [one[1:] for one in overrides]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name} is there with + and with -: write one of them")
