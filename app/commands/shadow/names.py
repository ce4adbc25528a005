"""Which names of fields a report may show: a name can be data, and data stays out of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from app.commands.shadow.events import Path, events
from app.rest.vendor import Refusal, Vendor

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_ROOT: Final = ""


@dataclass(frozen=True, slots=True)
class Names:
    """Of a vendor's bodies.

    A known name is shown, and so is an unknown one where the vendor's reference lists the members:
    it is a new field. Below a field of any content, a name is somebody's value.
    """

    known: frozenset[str]
    parents: frozenset[str]
    """Those whose members the reference lists."""

    def shown(self, path: Path) -> str:
        """The path as `sessions[0].userId`; names that may be data as `<7 characters>`."""
        text, parent = "", _ROOT
        for part in path:
            if isinstance(part, int):
                text += f"[{part}]"
                continue
            may = part in self.known or (parent in self.parents and _IDENTIFIER.fullmatch(part))
            name = part if may else f"<{len(part)} characters>"
            text += f".{name}" if text else name
            parent = part
        return text


def names_of(vendor: Vendor) -> Names:
    """From the reference of the vendor's answers, and from a refusal."""
    known: set[str] = set()
    parents = {_ROOT}
    for endpoint in vendor.endpoints:
        for media in endpoint.operation.content.values():
            for name, schema in _schemas(_ROOT, media["schema"]):
                known.add(name)
                if "properties" in schema:
                    parents.add(name)
    for query in vendor.chapter.queries:
        scope = {"type": "http", "method": "GET", "headers": [], "path": "/", "query_string": query}
        answer = vendor.refuse(Refusal(404, "NOT_FOUND", "-"), Request(scope))
        found = events(bytes(answer.body), answer.headers.get("content-type", "")) or ()
        for event in found:
            texts = [part for part in event.path if isinstance(part, str)]
            known.update(texts)
            parents.update(texts[:-1])
    return Names(frozenset(known), frozenset(parents))


def _schemas(name: str, schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """A schema and all within it, by the names that each has in a body, in JSON and in XML."""
    for own in {name, schema.get("xml", {}).get("name", name)}:
        yield own, schema
    for key, part in schema.get("properties", {}).items():
        yield from _schemas(key, part)
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _schemas(name, part)
    if "items" in schema:
        yield from _schemas(name, schema["items"])
