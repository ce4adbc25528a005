"""A selection as a tree: the response objects that are wanted, field by field.

{ shown: channel tags { __typename } }   on BotSession   is

Selection("BotSession", Session, (
    Field("shown", "channel", channel),
    Field("tags", "tags", tags, Selection("BotTags", dict, (Field("__typename", …),))),
))
"""

from collections.abc import Mapping
from dataclasses import dataclass

from resolvers.kind import Column
from schema.execution.windows import WindowOf


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of a response object."""

    response_name: str
    name: str
    column: Column | None = None
    """None for fields that are not stored, such as `__typename` and `pageInfo`."""
    selection: "Selection | None" = None
    window: WindowOf | None = None
    """Of a list that is shown in pages."""
    choices: "Mapping[str, Selection] | None" = None
    """For sessions of any kind: what is selected on each, by the kind's name."""
    p: float | None = None
    """Of a percentile."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The fields selected on one object type."""

    type_name: str
    shape: type
    """The class that decides how its fields are read: Session, Connection, …"""
    fields: tuple[Field, ...]
