"""Every setting: environment variables with the prefix `GATEWAY_`, read once at start.

`docs/settings.md` is generated from this class; a test compares the two.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from app import map_files
from app.http import base_paths
from app.http.origin import LOOPBACK, is_loopback, networks
from app.manifests import load
from app.setting_types import BasePaths, Names, Retention
from resolvers.access import Action
from resolvers.errors import Invalid, nearest
from resolvers.mapping import CollectionMap
from resolvers.store.policy import Indexes, Policy, Rules
from resolvers.texts import check_timezone
from schema.kinds import KINDS
from schema.limits import Introspection

OPEN_PATHS: Mapping[str, tuple[Action, ...]] = {
    "co_browse": (Action.READ,),
    "knowledge": (Action.READ, Action.WRITE),
}
"""The vendors that have no authentication of their own, and what their clients do."""


class Settings(Retention):
    """What an operator can choose. Durations are in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    tls_certificate: Path | None = Field(
        None,
        description="PEM file of the server's certificate, then the intermediate ones: with it and "
        "GATEWAY_TLS_KEY the gateway speaks https only. Read at start.",
    )
    tls_key: Path | None = Field(
        None, description="PEM file of the certificate's private key, without a passphrase."
    )
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
    deadline_seconds: float = Field(
        2.0, gt=0.05, le=60, description="Longest time one database operation may take."
    )
    company_timezone: str = Field(
        "UTC", description="IANA time zone of chats without one, such as `Europe/Paris`."
    )
    max_body_bytes: int = Field(
        1_048_576, ge=1024, description="Largest request body, on every path."
    )

    auth: Literal["required", "off"] = Field(
        "required",
        description="Whether requests need a credential. `off` lets everybody do everything and "
        "is allowed only if GATEWAY_HOST is a loopback address.",
    )
    demo_key: SecretStr | None = Field(
        None,
        description="Fixes the key and signing secret of the credential `demo`, which has every "
        "scope; 8 to 64 visible ASCII characters. Unset: made on an embedded database, or "
        "an empty one that gets the demo data, and stored in GATEWAY_DATA_DIR.",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Encrypts the stored signing secrets of bot JWTs: 32 random bytes in URL-safe "
        "base64 (`openssl rand -base64 32 | tr '+/' '-_'`); several, separated by commas, to "
        "change it: the first encrypts, each decrypts. Unset: made for an embedded database only, "
        "and stored in GATEWAY_DATA_DIR.",
    )
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
    rate: str = Field(
        "",
        description="Requests allowed to one credential, on all workers together, such as "
        "`600/minute;10000/hour`; the bot URLs have GATEWAY_BOT_RATE instead. Empty: no limit.",
    )
    bot_rate: str = Field(
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

    body_seconds: float = Field(
        10.0, gt=0, le=600, description="Longest time that a request body may take."
    )
    allowed_hosts: Names = Field(
        frozenset(),
        description="Host names that are accepted in `Host`, without ports, separated by "
        "commas; `*` for any. Loopback names and GATEWAY_HOST are always accepted, and any IP "
        "address if the server listens on all of them.",
    )
    trusted_proxies: Names = Field(
        frozenset(),
        description="Addresses and networks of the proxies in front, separated by commas, such as "
        "`127.0.0.1,10.0.0.0/8`. `X-Forwarded-For`, `-Proto` and `-Host` are read in "
        "requests from these, and ignored in all others. Empty: none.",
    )
    access_log: bool = Field(
        False,
        description="Whether each response is a line on standard error: client, method, path "
        "without its query, status, milliseconds.",
    )
    cors_origins: Names | None = Field(
        None,
        description="Sites whose pages may use this server from browsers, separated by commas, "
        "such as `https://desk.example.com`; `loopback` for pages on this machine with any port, "
        "`*` for any. Empty: none but its own. Unset: `loopback` if GATEWAY_HOST is a loopback "
        "address and GATEWAY_ALLOWED_HOSTS is empty, else none.",
    )

    introspection: Introspection = Field(
        "all",
        description="Who may see the schema by introspection, and names in error messages: `all`, "
        "`scoped` (credentials with the scope `introspection` or `admin`), `none`.",
    )
    persisted_queries: Literal["automatic", "trusted", "off"] = Field(
        "automatic",
        description="`automatic` stores texts by hash, as Apollo's clients expect; `trusted` "
        "runs documents of GATEWAY_PERSISTED_DOCUMENTS only; `off` does neither.",
    )
    persisted_documents: Path | None = Field(
        None,
        description="Folder of trusted documents: `*.json`, as graphql-codegen's client preset or "
        "Apollo's generate-persisted-query-manifest write them.",
    )
    persisted_kept: int = Field(
        1000, ge=1, le=100_000, description="Most texts that a worker stores by hash."
    )
    max_query_tokens: int = Field(
        5000, ge=1, le=100_000, description="Most tokens in a GraphQL text."
    )
    max_query_depth: int = Field(
        16, ge=1, le=100, description="Most levels of fields; GraphiQL's introspection needs 15."
    )
    max_query_fields: int = Field(
        1000, ge=1, description="Most fields selected, a fragment's counted at each spread."
    )
    max_query_aliases: int = Field(
        50, ge=0, description="Most aliases, a fragment's counted at each spread."
    )
    max_query_root_fields: int = Field(20, ge=1, description="Most fields on the outermost level.")
    max_query_repeats: int = Field(
        20, ge=1, description="How often one field may be selected in the same place."
    )
    max_query_directives: int = Field(
        5, ge=0, description="Most directives on one field, fragment or operation."
    )
    max_query_cost: int = Field(
        100_000,
        ge=1,
        description="Most rows times fields; `X-GraphQL-Cost: 1` shows what an operation costs.",
    )

    @property
    def retention(self) -> Mapping[str, int]:
        """Seconds by the kind's name, for the kinds whose sessions expire."""
        names = [entry.kind.name for entry in KINDS]
        values = {name: getattr(self, f"retention_{name}_seconds") for name in names}
        return {name: seconds for name, seconds in values.items() if seconds is not None}

    @property
    def collection_maps(self) -> tuple[CollectionMap, ...]:
        """The maps of GATEWAY_MAPS, read again each time."""
        return map_files.load(map(Path, self.maps))

    @property
    def policy(self) -> Policy:
        """What a start may do to collections."""
        return Policy(self.database_rules, self.database_indexes)

    @property
    def origins(self) -> frozenset[str]:
        """The sites whose pages may use this server."""
        if self.cors_origins is not None:
            return self.cors_origins
        is_local = is_loopback(self.host) and not self.allowed_hosts
        return frozenset({LOOPBACK} if is_local else ())

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

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, origins: frozenset[str] | None) -> frozenset[str] | None:
        for origin in (origins or frozenset()) - {"*", LOOPBACK}:
            if not re.fullmatch(r"https?://[^/?#]+", origin):
                raise ValueError(
                    f"{origin!r} is not an origin; write one such as https://example.com, "
                    f"`{LOOPBACK}` or `*`"
                )
        return origins

    @field_validator("maps")
    @classmethod
    def _readable_maps(cls, paths: frozenset[str]) -> frozenset[str]:
        map_files.load(map(Path, paths))
        return paths

    @field_validator("persisted_documents")
    @classmethod
    def _readable_documents(cls, folder: Path | None) -> Path | None:
        if folder is not None:
            load(folder)
        return folder

    @model_validator(mode="after")
    def _trusted_need_documents(self) -> Self:
        if self.persisted_queries == "trusted" and self.persisted_documents is None:
            raise ValueError(
                "GATEWAY_PERSISTED_QUERIES=trusted needs the folder of the documents in "
                "GATEWAY_PERSISTED_DOCUMENTS."
            )
        return self

    @field_validator("company_timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            check_timezone(name)
        except Invalid as error:
            raise ValueError(error.message) from None
        return name

    @field_validator("rate", "bot_rate")
    @classmethod
    def _readable_rate(cls, text: str) -> str:
        from limits import parse_many

        try:
            enough = not text.strip() or all(item.amount > 0 for item in parse_many(text))
        except ValueError:
            enough = False
        if not enough:
            raise ValueError("write a rate such as 60/minute;1800/hour, or nothing for no limit")
        return text.strip()

    @field_validator("demo_key")
    @classmethod
    def _sendable_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            text = key.get_secret_value()
            visible = text.isascii() and text.isprintable() and " " not in text
            if not (visible and 8 <= len(text) <= 64):
                raise ValueError("write 8 to 64 visible ASCII characters without spaces")
        return key

    @field_validator("secret_key")
    @classmethod
    def _fernet_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        from cryptography.fernet import Fernet

        try:
            for key in keys.get_secret_value().split(",") if keys else ():
                Fernet(key.strip())
        except ValueError:
            raise ValueError("a key is 32 bytes in URL-safe base64, 44 characters") from None
        return keys

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, proxies: frozenset[str]) -> frozenset[str]:
        networks(proxies)
        return proxies

    @model_validator(mode="after")
    def _whole_pair(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            given, missing = "GATEWAY_TLS_CERTIFICATE", "GATEWAY_TLS_KEY"
            if self.tls_certificate is None:
                given, missing = missing, given
            raise ValueError(f"{given} is set and {missing} is not: set both, or neither.")
        return self

    @model_validator(mode="after")
    def _off_on_loopback_only(self) -> Self:
        if self.auth == "off" and not is_loopback(self.host):
            raise ValueError(
                f"GATEWAY_AUTH=off is allowed only on a loopback address such as 127.0.0.1, and "
                f"the gateway is to listen on {self.host}. Leave GATEWAY_AUTH at required."
            )
        if self.auth == "off" and self.trusted_proxies:
            raise ValueError(
                "GATEWAY_AUTH=off is not allowed with GATEWAY_TRUSTED_PROXIES: whoever reaches the "
                "proxy could do everything. Leave GATEWAY_AUTH at required."
            )
        return self
