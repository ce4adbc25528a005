"""How settings are written, where that is not one plain value; and what their groups share."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.http import base_paths


class Group(BaseSettings):
    """Settings that belong together; the docstring of each group is a heading of the page."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_", frozen=True, extra="forbid", hide_input_in_errors=True
    )


def _separated(value: object) -> object:
    """A text taken apart at its commas; anything else as it is."""
    if not isinstance(value, str):
        return value
    return frozenset(name.strip() for name in value.split(",") if name.strip())


Names = Annotated[frozenset[str], NoDecode, BeforeValidator(_separated)]
"""Written with commas between them."""


BasePaths = Annotated[frozenset[base_paths.Pair], NoDecode, BeforeValidator(base_paths.parse)]
"""Pairs of vendor and path."""


def _rate(text: str) -> str:
    """A readable one, or nothing."""
    from limits import parse_many

    try:
        enough = not text.strip() or all(item.amount > 0 for item in parse_many(text))
    except ValueError:
        enough = False
    if not enough:
        raise ValueError("write a rate such as 60/minute;1800/hour, or nothing for no limit")
    return text.strip()


Rate = Annotated[str, AfterValidator(_rate)]
"""Requests in a stretch of time; several are separated by semicolons."""
