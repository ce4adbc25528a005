"""The settings of what meets a request first: hosts, origins, persisted documents, limits."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode

from schema.limits import Introspection

Names = Annotated[frozenset[str], NoDecode]
"""Written with commas between them."""


def separated(value: object) -> object:
    """A text taken apart at its commas; anything else as it is."""
    if not isinstance(value, str):
        return value
    return frozenset(name.strip() for name in value.split(",") if name.strip())


class EdgeSettings(BaseSettings):
    """A part of app.settings.Settings."""

    body_seconds: float = Field(
        10.0, gt=0, le=600, description="Longest time the body of a GraphQL request may take."
    )
    allowed_hosts: Names = Field(
        frozenset(),
        description="Names this server goes by, separated by commas, as browsers send them in "
        "`Host`, without ports; `*` for any. Loopback names and GATEWAY_HOST always are, and any "
        "address where it listens on all of them.",
    )
    cors_origins: Names = Field(
        frozenset(),
        description="Sites whose pages may use this server from browsers, separated by commas, "
        "such as `https://desk.example.com`; `*` for any. Empty: none but its own.",
    )

    introspection: Introspection = Field(
        "all",
        description="Who may see the schema by introspection, and names in error messages: `all`, "
        "`scoped` (credentials with the scope `introspection` or `admin`), `none`.",
    )
    persisted_queries: Literal["automatic", "trusted", "off"] = Field(
        "automatic",
        description="`automatic` remembers texts by hash as Apollo's clients ask for; `trusted` "
        "runs documents of GATEWAY_PERSISTED_DOCUMENTS only; `off` does neither.",
    )
    persisted_documents: Path | None = Field(
        None,
        description="Folder of trusted documents: `*.json`, as graphql-codegen's client preset or "
        "Apollo's generate-persisted-query-manifest write them.",
    )
    persisted_kept: int = Field(
        1000, ge=1, le=100_000, description="Texts that a worker remembers by hash at most."
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

    @field_validator("allowed_hosts", "cors_origins", mode="before")
    @classmethod
    def _separated(cls, value: object) -> object:
        return separated(value)

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, origins: frozenset[str]) -> frozenset[str]:
        for origin in origins - {"*"}:
            if not re.fullmatch(r"https?://[^/?#]+", origin):
                raise ValueError(f"{origin!r} is no origin; write one such as https://example.com")
        return origins

    @field_validator("persisted_documents")
    @classmethod
    def _readable_documents(cls, folder: Path | None) -> Path | None:
        from app.persisted import ManifestError, load  # late: only with this setting

        try:
            if folder is not None:
                load(folder)
        except ManifestError as error:
            raise ValueError(str(error)) from None
        return folder

    @model_validator(mode="after")
    def _trusted_need_documents(self) -> Self:
        if self.persisted_queries == "trusted" and self.persisted_documents is None:
            raise ValueError(
                "GATEWAY_PERSISTED_QUERIES=trusted needs the folder of the documents in "
                "GATEWAY_PERSISTED_DOCUMENTS."
            )
        return self
