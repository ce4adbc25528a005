"""JSON schemas of stored columns, as a vendor shows them."""

from typing import Any

from app.rest.openapi.chapter import Json
from resolvers.kind import Column


def shown(column: Column, moment: Json, **more: Any) -> Json:
    """The schema of a plain column with its description and limits; `moment` is that of dates."""
    known = column.type.json_schema
    schema = {"type": known} if known else dict(moment)
    limits = {
        "maxLength": column.max_length,
        "minimum": column.minimum,
        "pattern": column.pattern and f"^{column.pattern}$",
    }
    schema |= {name: limit for name, limit in limits.items() if limit is not None}
    if column.many:
        schema = {"type": "array", "items": schema}
    return {**schema, "description": described(column), **more}


def described(column: Column) -> str:
    """What it means, and whether it is masked."""
    note = " Personal: `***` without the scope `pii:read`." if column.personal else ""
    return column.description + note


def nullable(schema: Json) -> Json:
    """The same, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def members(properties: Json, *optional: str, **more: Any) -> Json:
    """An object whose properties are all there but for the optional ones."""
    required = [name for name in properties if name not in optional]
    found: Json = {"type": "object", "properties": properties, **more}
    return {**found, "required": required} if required else found
