"""How long sessions are stored: one setting for each kind."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, create_model

from app.settings.types import Group
from resolvers.kind import Kind
from schema.kinds import KINDS

StoredSeconds = Annotated[int | None, Field(ge=1, le=2_147_483_647)]
"""What MongoDB takes for `expireAfterSeconds`."""


def _retention_field(kind: Kind) -> tuple[object, object]:
    """`retention_bot_seconds`, with its meaning."""
    vendor = f" (the vendor: {kind.at_vendor.retention})" if kind.at_vendor.retention else ""
    text = f"{kind.label.capitalize()} sessions are removed this long after their start{vendor}."
    return StoredSeconds, Field(None, description=f"{text} Unset: never.")


if TYPE_CHECKING:
    PerKind = Group
else:
    PerKind = create_model(
        "PerKind",
        __base__=Group,
        **{f"retention_{entry.kind.name}_seconds": _retention_field(entry.kind) for entry in KINDS},
    )
"""One setting for each kind of session."""


class Retention(PerKind):
    """How long sessions are stored: one setting for each kind."""

    @property
    def retention(self) -> Mapping[str, int]:
        """Seconds by the kind's name, for the kinds whose sessions expire."""
        names = [entry.kind.name for entry in KINDS]
        values = {name: getattr(self, f"retention_{name}_seconds") for name in names}
        return {name: seconds for name, seconds in values.items() if seconds is not None}
