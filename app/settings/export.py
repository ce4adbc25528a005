"""Exports over HTTP."""

from pydantic import Field

from app.settings.types import Group


class Export(Group):
    """Exports over HTTP."""

    max_exports: int = Field(
        4,
        ge=0,
        le=1000,
        description="Most exports (`/export/…`) that one process serves at the same time; more "
        "get 503 with the code OVERLOADED. 0: none.",
    )
    export_seconds: float = Field(
        3600.0,
        gt=0,
        le=86_400,
        description="Longest time that an export may take. It is then cut off, and the cursor of "
        "its last row leads to the rest.",
    )
