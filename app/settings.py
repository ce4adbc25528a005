"""Every setting of the gateway: environment variables with the prefix `GATEWAY_`, read once at start.

`docs/settings.md` is generated from this class; a test compares the two.
"""

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator can choose. Durations are in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    mongodb_uri: str | None = Field(
        None,
        description="MongoDB connection string: one server, a replica set or a sharded cluster. "
        "Unset: `scripts/serve` starts the embedded database.",
    )
    mongodb_database: str = Field(
        "sessions", pattern=r"^[A-Za-z0-9_-]{1,63}$", description="Name of the database."
    )
    mongodb_driver: Literal["pymongo", "motor"] = Field(
        "pymongo", description="Python driver; Motor needs the extra `motor`."
    )
    data_dir: Path = Field(Path("data"), description="Folder of the embedded database.")
    deadline_seconds: float = Field(
        2.0, gt=0.05, le=60, description="Longest time one database operation may take."
    )
    company_timezone: str = Field(
        "UTC", description="IANA time zone of chats that name none, such as `Europe/Paris`."
    )
    max_body_bytes: int = Field(
        1_048_576, ge=1024, description="Largest request body, on every path."
    )

    @field_validator("company_timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(
                f"{name!r} is no IANA time zone; write one such as Europe/Paris or UTC"
            ) from error
        return name
