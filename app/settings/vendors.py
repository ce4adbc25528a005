"""What the vendors' URLs serve, and to whom."""

from collections.abc import Mapping

from pydantic import Field, field_validator

from app.http import base_paths
from app.settings.types import BasePaths, Group, Names, Rate
from resolvers.errors import Invalid, nearest
from resolvers.texts import check_timezone
from schema.kinds import KINDS

OPEN_PATHS: Mapping[str, tuple[str, ...]] = {
    entry.kind.name: entry.kind.at_vendor.keyless for entry in KINDS if entry.kind.at_vendor.keyless
}
"""The vendors that have no authentication of their own, and what their clients do."""


class Vendors(Group):
    """What the vendors' URLs serve, and to whom."""

    open_paths: Names = Field(
        frozenset(),
        description="Vendors whose URLs need no key, separated by commas: "
        + ", ".join(f"`{name}` ({' and '.join(done)})" for name, done in OPEN_PATHS.items())
        + ". For trusted networks, as on the vendors' own servers.",
    )
    extra_base_paths: BasePaths = Field(
        frozenset(),
        description="Further base paths of vendors' URLs, for clients that were configured with "
        "another one, separated by commas: `bot=/kore/api/public` serves "
        "`/kore/api/public/getSessions`. The same checks of credentials apply.",
    )
    bot_rate: Rate = Field(
        "60/minute;1800/hour",
        description="Requests allowed for one bot, on all workers together. Empty: no limit.",
    )
    bot_max_limit: int = Field(
        1000,
        ge=1,
        le=10_000,
        description="Most sessions in one response of the bot URLs; larger limits are lowered.",
    )
    knowledge_auto_create: bool = Field(
        True,
        description="Whether the knowledge URLs create a session for an unknown id; "
        "`false` returns 404.",
    )
    remote_support_max_rows: int = Field(
        10_000, ge=1, description="Most rows in one response of the remote-support URLs."
    )
    company_timezone: str = Field(
        "UTC", description="IANA time zone of chats without one, such as `Europe/Paris`."
    )

    @field_validator("open_paths")
    @classmethod
    def _known_paths(cls, names: frozenset[str]) -> frozenset[str]:
        for name in sorted(names - OPEN_PATHS.keys()):
            raise ValueError(f"{name!r} cannot be opened. {nearest(name, OPEN_PATHS)}")
        return names

    @field_validator("extra_base_paths")
    @classmethod
    def _free_bases(cls, pairs: frozenset[base_paths.Pair]) -> frozenset[base_paths.Pair]:
        names = {entry.kind.name for entry in KINDS}
        for name, _ in sorted(pairs):
            if name not in names:
                raise ValueError(f"{name!r} is not a vendor. {nearest(name, names)}")
        base_paths.check(pairs)
        return pairs

    @field_validator("company_timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            check_timezone(name)
        except Invalid as error:
            raise ValueError(error.message) from None
        return name
