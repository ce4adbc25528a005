"""What a vendor's reference is written with: its prose, its operations, schemas of its tables.

Paths, methods and refusals that all operations share are added by `app.rest.openapi`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.rest.layout import Member
from resolvers.kind import Column, Kind

Json = dict[str, Any]
"""A part of an OpenAPI document."""
Security = list[dict[str, list[str]]]

JSON = "application/json"
TEXT: Json = {"type": "string"}
BEARER: Security = [{"bearer": []}, {"xApiKey": []}]
"""For paths that have no scheme of their own."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case in which an operation is refused; the vendor's `refuse` renders it."""

    code: str
    """As in `resolvers.errors`."""
    message: str
    when: str
    """The end of a sentence that starts with the status."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a client may notice that was written against the vendor's page."""

    name: str
    """That its tests name: `@pytest.mark.difference("bot.session_status")`."""
    page: str
    """What the vendor's page says, or that it says nothing."""
    here: str
    """What the gateway does."""
    why: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path; its path parameters come from the route."""

    summary: str
    """A heading of the vendor's `reference.md`, which has the description."""
    answer: str
    """What 200 means."""
    content: Json
    """The bodies of 200, by media type."""
    cases: tuple[Case, ...] = ()
    parameters: tuple[Json, ...] = ()
    body: Json | None = None
    security: Security | None = None
    """If not the chapter's."""
    tagged: bool = False
    """Whether an answer has an `ETag`, and `If-None-Match` is honoured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A vendor's part of the reference."""

    prose: Mapping[str, str]
    """The texts of `reference.md` by their headings, the chapter's own first."""
    security: Security = field(default_factory=lambda: BEARER)
    names: Mapping[str, str] = field(default_factory=dict)
    """What each parameter in the paths means."""
    queries: tuple[bytes, ...] = (b"",)
    """Query strings that make refusals differ in form."""

    @property
    def title(self) -> str:
        """The heading of `reference.md`."""
        return next(iter(self.prose))


def prose(kind: Kind) -> dict[str, str]:
    """`<kind>/reference.md` by its headings; `{settings.…}` stands for a setting's value."""
    page = (Path(__file__).parent / kind.name / "reference.md").read_text("utf-8")
    parts = (part.partition("\n") for part in page.removeprefix("# ").split("\n## "))
    return {heading: " ".join(text.split()) for heading, _, text in parts}


def text(description: str, **more: Any) -> Json:
    """A string."""
    return {**TEXT, "description": description, **more}


def number(description: str, **more: Any) -> Json:
    """An integer."""
    return {"type": "integer", "description": description, **more}


def array(items: Json, **more: Any) -> Json:
    """A list."""
    return {"type": "array", "items": items, **more}


def members(properties: Json, *optional: str, **more: Any) -> Json:
    """An object whose properties are all there but for the optional ones."""
    required = [name for name in properties if name not in optional]
    found: Json = {"type": "object", "properties": properties, **more}
    return {**found, "required": required} if required else found


def parameter(place: str, name: str, schema: Json, **more: Any) -> Json:
    """A parameter with its schema's description: `place` is `path`, `query` or `header`."""
    rest = {key: value for key, value in schema.items() if key != "description"}
    described = {"description": schema["description"], "schema": rest}
    return {"name": name, "in": place, **described, **more}


def content(schema: Json, media_type: str = JSON, **examples: Any) -> Json:
    """Bodies of one media type with named examples."""
    shown = {name: {"value": value} for name, value in examples.items()}
    return {media_type: {"schema": schema, **({"examples": shown} if shown else {})}}


def schema_of(table: Sequence[Member]) -> Json:
    """The JSON schema of what a layout table shows: `schema_of(SESSION.members)`."""
    optional = [one.field.name for one in table if one.optional]
    return members({one.field.name: _member(one) for one in table}, *optional)


def _member(one: Member) -> Json:
    codec, item = one.field.shown, one.field.item
    shown = schema_of(one.members) if one.members else dict(codec.schema) or plain(one.source)
    if one.beside:
        shown = {}
    elif one.nullable and not one.when and not one.members and codec.null is None:
        shown["type"] = [shown["type"], "null"]
        if "enum" in shown:
            shown["enum"] = [*shown["enum"], None]
    if item:
        shown["xml"] = {"name": item}
    if one.column.many:
        shown = array(shown, **({"xml": {"wrapped": True}} if item else {}))
    sentences = filter(None, (one.source.description, _masked(one.source), codec.note))
    return {**shown, "description": " ".join(sentences)}


def _masked(column: Column) -> str:
    """When clients see `***`."""
    if column.personal:
        return "Personal: `***` without the scope `pii:read`."
    if column.identifier:
        return "`***` without the scope `pii:read` if it has an e-mail address in it."
    return ""


def plain(column: Column) -> Json:
    """The type and the limits of a column's values, as they are stored."""
    limits = {
        "maxLength": column.max_length,
        "minimum": column.minimum,
        "pattern": column.pattern and f"^{column.pattern}$",
    }
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return {"type": column.type.json_schema, **given}
