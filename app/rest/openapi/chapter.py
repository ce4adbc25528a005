"""What the REST reference says of a vendor's paths, beyond what its route table says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.rest.vendor import Endpoint, Vendor

Json = dict[str, Any]
"""A part of an OpenAPI document."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A way in which an operation is refused; the vendor's file renders it."""

    code: str
    """As in `resolvers.errors`."""
    message: str
    when: str
    """The end of a sentence that starts with the status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path; its path parameters come from the route."""

    summary: str
    description: str
    answer: str
    """What 200 means."""
    content: Json
    """The bodies of 200, by media type."""
    parameters: tuple[Json, ...] = ()
    body: Json | None = None
    refusals: tuple[Refusal, ...] = ()
    security: list[dict[str, list[str]]] | None = None
    """If not the chapter's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A vendor's part of the reference."""

    vendor: Vendor
    title: str
    description: str
    operation: Callable[[Endpoint], Operation]
    error: Json
    """The schema of every refusal's body."""
    security: list[dict[str, list[str]]]
    path_parameters: Mapping[str, Json] = field(default_factory=dict)
    """The schema and description of each name in the paths."""
    queries: tuple[bytes, ...] = (b"",)
    """Query strings that make refusals differ in form."""


BEARER: list[dict[str, list[str]]] = [{"bearer": []}, {"xApiKey": []}]
"""For paths that have no scheme of their own."""


def named(place: str, name: str, description: str, schema: Json, **more: Any) -> Json:
    """A parameter: `place` is `query` or `header`."""
    return {"name": name, "in": place, "description": description, "schema": schema, **more}


def content(media_type: str, schema: Json, **examples: Any) -> Json:
    """Bodies of one media type with named examples."""
    shown = {name: {"value": value} for name, value in examples.items() if value is not None}
    return {media_type: {"schema": schema, **({"examples": shown} if shown else {})}}
