"""The audit trail: who did what."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from app.settings.types import Group

SHORTEST_KEY = 32
"""Characters."""


class Audit(Group):
    """The audit trail: who did what. See [Audit](audit.md)."""

    audit: Literal["off", "writes", "all"] = Field(
        "off",
        description="What the audit trail has: nothing (`off`), each write (`writes`), or each "
        "write and each read of personal data (`all`). What cannot be noted is refused.",
    )
    audit_key: SecretStr | None = Field(
        None,
        description="Key of the trail's hashes, at least 32 characters, the same for all gateways "
        "and for `scripts/audit`. Without it, whoever can write to the database can forge a trail. "
        "Keep it elsewhere than the database.",
    )
    audit_retention_days: int | None = Field(
        None,
        ge=1,
        le=36_500,
        description="Entries of the audit trail are removed this many days after they were "
        "written. Unset: never.",
    )

    @model_validator(mode="after")
    def _key_is_long(self) -> Self:
        key = self.audit_key
        if key is not None and len(key.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(
                f"GATEWAY_AUDIT_KEY has fewer than {SHORTEST_KEY} characters, so it can be "
                "guessed. Make one with: openssl rand -base64 32"
            )
        return self
