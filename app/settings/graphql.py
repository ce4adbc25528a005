"""What a GraphQL request may ask for."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from app.manifests import load
from app.settings.types import Group


class GraphQL(Group):
    """What a GraphQL request may ask for."""

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
    cache_bytes: int = Field(
        33_554_432,
        ge=1_048_576,
        description="About how much memory a worker uses for GraphQL texts that it knows: an "
        "eighth for texts by hash, the rest for operations that are ready to run.",
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

    max_subscriptions: int = Field(
        1000,
        ge=0,
        le=100_000,
        description="Most subscriptions of one key at the same time, in one worker; 0 serves none.",
    )
    max_waiting_changes: int = Field(
        1000,
        ge=1,
        le=100_000,
        description="How many changes wait for one subscriber that reads slowly, before it is left "
        "behind (SLOW_READER).",
    )

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
