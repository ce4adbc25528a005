"""Which database is served, and what a start may do to it."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from app import map_files
from app.settings.types import Group, Names
from resolvers.mapping import CollectionMap
from resolvers.store import capabilities
from resolvers.store.capabilities import Capability
from resolvers.store.policy import Indexes, Policy, Rules


class Database(Group):
    """Which database is served, and what a start may do to it."""

    mongodb_uri: str | None = Field(
        None,
        repr=False,  # it may hold a password
        description="MongoDB connection string: one server, a replica set or a sharded cluster. "
        "Unset: `scripts/serve` starts the embedded database.",
    )
    mongodb_database: str = Field(
        "sessions", pattern=r"^[A-Za-z0-9_-]{1,63}$", description="Name of the database."
    )
    mongodb_driver: Literal["pymongo", "motor"] = Field(
        "pymongo", description="Python driver; Motor needs the extra `motor`."
    )
    data_dir: Path = Field(
        Path("data"),
        description="Folder of the embedded database, and of the keys that are made for it.",
    )
    read_only: bool = Field(
        False,
        description="`true`: the gateway writes nothing to the database, whoever asks. Mutations "
        "and vendors' writes are refused, rates are counted by each worker alone, and a start "
        "makes no collections. For a database user who may only read.",
    )
    database_rules: Rules = Field(
        Rules.OWN,
        description="Which collections get validation rules: `own` (those that the gateway made "
        "or found empty), `error` (all; what breaks them is refused), `warn` (all; the database "
        "only logs it), `off` (none).",
    )
    database_indexes: Indexes = Field(
        Indexes.OWN,
        description="Which collections get indexes, that of the retention included: `own` (those "
        "that the gateway made or found empty), `all`, `off` (none).",
    )
    maps: Names = Field(
        frozenset(),
        description="Map files (TOML), separated by commas: collections of another shape or name, "
        "served as sessions; see [existing data](existing-data.md).",
    )
    engine_capabilities: Names = Field(
        frozenset(),
        description="What the database can do after all (`+`) or not (`-`), separated by commas, "
        f"such as `-ttl,+explain`: {', '.join(f'`{one}`' for one in Capability)}. Unset: it is "
        "asked; see [engines](engines.md).",
    )
    deadline_seconds: float = Field(
        2.0, gt=0.05, le=60, description="Longest time one database operation may take."
    )
    request_seconds: float = Field(
        10.0,
        gt=0.05,
        le=600,
        description="Longest time that all database operations of one request may take together. "
        "What has not begun by then is not begun: the code is TIMEOUT.",
    )

    idempotency_seconds: int = Field(
        86_400,
        ge=60,
        le=2_592_000,
        description="How long the answer to a request with an `Idempotency-Key` is stored; see "
        "[writes that may be repeated](repeatable-writes.md).",
    )

    @property
    def collection_maps(self) -> tuple[CollectionMap, ...]:
        """The maps of GATEWAY_MAPS, read again each time."""
        return map_files.load(map(Path, self.maps))

    @property
    def policy(self) -> Policy:
        """What a start may do to collections."""
        return Policy(self.database_rules, self.database_indexes)

    @field_validator("engine_capabilities")
    @classmethod
    def _known_capabilities(cls, overrides: frozenset[str]) -> frozenset[str]:
        capabilities.checked(sorted(overrides))
        return overrides

    @field_validator("maps")
    @classmethod
    def _readable_maps(cls, paths: frozenset[str]) -> frozenset[str]:
        map_files.load(map(Path, paths))
        return paths
