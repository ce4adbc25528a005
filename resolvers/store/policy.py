"""What an operator lets the gateway do to collections: see `resolvers.store.preparation`."""

from dataclasses import dataclass
from enum import StrEnum


class Rules(StrEnum):
    """Which collections get validation rules."""

    OWN = "own"
    WARN = "warn"
    ERROR = "error"
    OFF = "off"


class Indexes(StrEnum):
    """Which collections get indexes."""

    OWN = "own"
    ALL = "all"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Policy:
    """What an operator lets a start do."""

    rules: Rules = Rules.OWN
    indexes: Indexes = Indexes.OWN


OWN_ALONE = Policy()
"""The default: the gateway's own collections get both, and no other gets anything."""
