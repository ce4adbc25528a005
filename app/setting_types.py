"""How settings are written, where that is not one plain value; and one setting for each kind."""

from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, create_model
from pydantic_settings import BaseSettings, NoDecode

from app.http import base_paths
from resolvers.kind import Kind
from schema.kinds import KINDS

KeepSeconds = Annotated[int | None, Field(ge=1, le=2_147_483_647)]
"""What MongoDB takes for `expireAfterSeconds`."""


def _separated(value: object) -> object:
    """A text taken apart at its commas; anything else as it is."""
    if not isinstance(value, str):
        return value
    return frozenset(name.strip() for name in value.split(",") if name.strip())


Names = Annotated[frozenset[str], NoDecode, BeforeValidator(_separated)]
"""Written with commas between them."""


BasePaths = Annotated[frozenset[base_paths.Pair], NoDecode, BeforeValidator(base_paths.parse)]
"""Pairs of vendor and path."""


def _retention_field(kind: Kind) -> tuple[object, object]:
    """`retention_bot_seconds`, with its meaning."""
    vendor = f" (the vendor: {kind.vendor_retention})" if kind.vendor_retention else ""
    text = f"{kind.label.capitalize()} sessions are removed this long after their start{vendor}."
    return KeepSeconds, Field(None, description=f"{text} Unset: never.")


if TYPE_CHECKING:
    Retention = BaseSettings
else:
    Retention = create_model(
        "Retention",
        __base__=BaseSettings,
        **{f"retention_{entry.kind.name}_seconds": _retention_field(entry.kind) for entry in KINDS},
    )
"""One setting for each kind of session."""
