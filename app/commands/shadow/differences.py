"""Where two answers differ first: in status, in media type, in a field of the body.

What stands there is never shown, but its type, its length, its place and its shape: `2026-03-01`
has the shape `9999-99-99`, `Ann` has `aaa`.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Final

from app.commands.shadow.events import END, Event, Path, events, value
from app.commands.shadow.names import Names

LONGEST_SHAPE: Final = 60
_PUBLIC: Final = re.compile(r"[\w.+-]{1,40}/[\w.+-]{1,40}(; ?charset=[\w-]{1,20})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor or the gateway answered; the body is decoded."""

    status: int
    content_type: str
    body: bytes = field(repr=False)

    @property
    def media_type(self) -> str:
        """Without its parameters."""
        return self.content_type.partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Difference:
    """The first one in a part of the answer."""

    part: str
    """`status`, `content-type` or `body`."""
    kind: str
    """`value`, `type`, `missing` (from the gateway), `extra`, `order`, `spelling`, `layout`,
    `bytes`."""
    vendor: Any
    gateway: Any
    path: str = ""

    def shown(self) -> dict[str, Any]:
        """As the report has it."""
        found = {"part": self.part, "kind": self.kind, "field": self.path}
        return {**found, "vendor": self.vendor, "gateway": self.gateway}


def differences(
    vendor: Answer, gateway: Answer, names: Names, ignored: Collection[str] = ()
) -> list[Difference]:
    """The first difference of each part; bodies are not compared where the status differs.

    `ignored` are paths without numbers: `sessions[].userId`.
    """
    found = []
    if vendor.status != gateway.status:
        found.append(Difference("status", "value", vendor.status, gateway.status))
    types = (_public(vendor.content_type), _public(gateway.content_type))
    if vendor.content_type != gateway.content_type:
        found.append(Difference("content-type", "value", *types))
    if vendor.status == gateway.status and vendor.body != gateway.body:
        body = _in_body(vendor, gateway, names, ignored)
        found += [body] if body else []
    return found


def without_numbers(path: Path) -> str:
    """`sessions[].userId`."""
    text = "".join("[]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def shape(text: bytes) -> str:
    """Every letter as `a`, every digit as `9`; the rest, which gives a text its form, as it is."""
    shown = text[: 4 * LONGEST_SHAPE].decode("utf-8", "replace")[:LONGEST_SHAPE]
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", shown))


def _in_body(
    vendor: Answer, gateway: Answer, names: Names, ignored: Collection[str]
) -> Difference | None:
    theirs, ours = events(vendor.body, vendor.media_type), events(gateway.body, gateway.media_type)
    if theirs is None or ours is None:
        return _in_bytes(vendor.body, gateway.body, "bytes")
    theirs, ours = _kept(theirs, ignored), _kept(ours, ignored)
    for one, other in zip_longest(theirs, ours):
        if one is None or other is None or one[:3] != other[:3]:
            return _in_events(one, other, theirs, ours, names)
    return None if ignored else _in_bytes(vendor.body, gateway.body, "layout")


def _kept(found: list[Event], ignored: Collection[str]) -> list[Event]:
    """The events outside of the ignored fields."""
    if not ignored:
        return found

    def is_ignored(path: Path) -> bool:
        return any(without_numbers(path[:length]) in ignored for length in range(1, len(path) + 1))

    return [event for event in found if not is_ignored(event.path)]


def _in_bytes(vendor: bytes, gateway: bytes, kind: str) -> Difference:
    pairs = zip(vendor, gateway, strict=False)
    same = next((n for n, (one, other) in enumerate(pairs) if one != other), None)
    offset = min(len(vendor), len(gateway)) if same is None else same

    def side(body: bytes) -> dict[str, Any]:
        return {"offset": offset, "length": len(body), "shape": shape(body[offset : offset + 20])}

    return Difference("body", kind, side(vendor), side(gateway))


def _in_events(
    one: Event | None,
    other: Event | None,
    theirs: Sequence[Event],
    ours: Sequence[Event],
    names: Names,
) -> Difference:
    """What the first two events that differ mean."""
    kind, path = "order", one.path if one else other.path if other else ()
    if one and other and one.path == other.path and END not in (one.kind, other.kind):
        kind = "type"
        if one.kind == other.kind:
            kind = "spelling" if value(one) == value(other) else "value"
    elif one and one.kind != END and not _has(ours, one.path):
        kind = "missing"
    elif other and other.kind != END and not _has(theirs, other.path):
        kind, path = "extra", other.path
    sides = (_side(one), _side(other))
    if kind == "missing":
        sides = (sides[0], None)
    elif kind == "extra":
        sides = (None, sides[1])
    return Difference("body", kind, *sides, names.shown(path))


def _has(found: Sequence[Event], path: Path) -> bool:
    return any(event.path == path for event in found)


def _side(event: Event | None) -> dict[str, Any] | None:
    if event is None:
        return None
    shown: dict[str, Any] = {"type": event.kind, "offset": event.offset}
    if event.text:
        shown |= {"length": len(event.text), "shape": shape(event.text)}
    return shown


def _public(content_type: str) -> str:
    """A media type; anything else in this header as its shape."""
    return content_type if _PUBLIC.fullmatch(content_type) else shape(content_type.encode())
