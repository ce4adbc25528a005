"""The first difference of two answers is found, named by its field, and shown without its value."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commands.shadow.differences import Answer, differences
from app.commands.shadow.events import END, events, value
from app.commands.shadow.names import names_of
from app.rest import VENDORS

NAMES = {vendor.name: names_of(vendor) for vendor in VENDORS}
JSON = "application/json"
XML = "text/xml; charset=UTF-8"

MIXED = "tags.userTags[0].value.<1 characters>"
SECOND = b'"sessionId":"s-2","isDeveloper":true'
PAGE = (
    b'{"total":2,"moreAvailable":false,"sessions":[{"sessionId":"s-1","userId":"ann@example.com",'
    b'"tags":{"userTags":[{"value":7,"name":"age"}]}},{"sessionId":"s-2","isDeveloper":true}]}'
)
ROWS = (
    b"<response><nrequests>2</nrequests><requests><request><id>1</id><notes>Ann</notes></request>"
    b"<request><id>2</id><notes>two &amp; three</notes></request></requests></response>"
)


def first(
    vendor: bytes, gateway: bytes, media_type: str = JSON, name: str = "bot", *ignored: str
) -> tuple[str, str] | None:
    """Kind and field of the first difference of two bodies."""
    answers = (Answer(200, media_type, vendor), Answer(200, media_type, gateway))
    found = differences(*answers, NAMES[name], ignored)
    return (found[0].kind, found[0].path) if found else None


@pytest.mark.parametrize(
    ("old", "new", "kind", "field"),
    [
        (b"s-2", b"s-3", "value", "sessions[1].sessionId"),
        (b'"s-2"', b"2", "type", "sessions[1].sessionId"),
        (b"true", b"false", "value", "sessions[1].isDeveloper"),
        (b"true", b"null", "type", "sessions[1].isDeveloper"),
        (b',"isDeveloper":true', b"", "missing", "sessions[1].isDeveloper"),
        (b"7,", b'7,"altText":[],', "extra", "sessions[0].tags.userTags[0].altText"),
        (SECOND, b'"isDeveloper":true,"sessionId":"s-2"', "order", "sessions[1].sessionId"),
        (b",{" + SECOND + b"}", b"", "missing", "sessions[1]"),
        (b"true}]", b"true},{}]", "extra", "sessions[2]"),
        (b":7", b":7.0", "spelling", "sessions[0].tags.userTags[0].value"),
        (b"ann@", b"\\u0061nn@", "spelling", "sessions[0].userId"),
        (b'"total":2,', b'"total": 2,', "layout", ""),
        (b'"total"', b'"Total"', "missing", "total"),
        (b"}]}", b"}]", "bytes", ""),
    ],
)
def test_first_difference_in_json(old: bytes, new: bytes, kind: str, field: str) -> None:
    """In its kind, at its field."""
    assert first(PAGE, new.join(PAGE.rsplit(old, 1))) == (kind, field)


def test_first_of_several_differences() -> None:
    """The one that stands first in the body."""
    other = PAGE.replace(b"ann@", b"bob@").replace(b"s-2", b"s-3").replace(b"7", b"8")
    assert first(PAGE, other) == ("value", "sessions[0].userId")


@pytest.mark.parametrize(
    ("old", "new", "kind", "field"),
    [
        (b"Ann", b"Bob", "value", "response.requests.request.notes"),
        (b"three", b"four", "value", "response.requests.request[1].notes"),
        (b"<notes>Ann</notes>", b"", "missing", "response.requests.request.notes"),
        (b"<id>2</id>", b"<id>2</id><x/>", "extra", "response.requests.request[1].x"),
        (b"&amp;", b"&#38;", "layout", ""),
        (b"<id>1", b"\n<id>1", "layout", ""),
        (b"</response>", b"", "bytes", ""),
        (b"<response>", b"<!DOCTYPE response><response>", "bytes", ""),
    ],
)
def test_first_difference_in_xml(old: bytes, new: bytes, kind: str, field: str) -> None:
    """Elements of one name are told apart by their positions; a DTD is never read."""
    assert first(ROWS, ROWS.replace(old, new, 1), XML, "remote_support") == (kind, field)


def test_bytes_of_a_difference_are_described_and_not_shown() -> None:
    """Type, place, length and shape."""
    other = PAGE.replace(b"ann@example.com", b"Bob.7@example.com")
    (found,) = differences(Answer(200, JSON, PAGE), Answer(200, JSON, other), NAMES["bot"])
    start = PAGE.index(b'"ann@')
    assert found.shown() == {
        "part": "body",
        "kind": "value",
        "field": "sessions[0].userId",
        "vendor": {"type": "string", "offset": start, "length": 17, "shape": '"aaa@aaaaaaa.aaa"'},
        "gateway": {
            "type": "string",
            "offset": start,
            "length": 19,
            "shape": '"aaa.9@aaaaaaa.aaa"',
        },
    }


@pytest.mark.parametrize(
    ("vendor", "gateway", "parts"),
    [
        (Answer(200, JSON, b"{}"), Answer(404, JSON, b"[]"), ["status"]),
        (Answer(200, JSON, b"{}"), Answer(200, f"{JSON}; charset=utf-8", b"{}"), ["content-type"]),
        (Answer(200, JSON, b"{}"), Answer(200, XML, b"<a/>"), ["content-type", "body"]),
        (Answer(200, "text/plain", b"a"), Answer(200, "text/plain", b"b"), ["body"]),
    ],
)
def test_parts_of_an_answer(vendor: Answer, gateway: Answer, parts: list[str]) -> None:
    """Bodies are compared where the status is the same, also behind another media type."""
    found = differences(vendor, gateway, NAMES["bot"])
    assert [one.part for one in found] == parts


def test_media_type_that_is_none_is_masked() -> None:
    """A header may have anything in it."""
    answers = (Answer(200, "Ann's own type", b""), Answer(200, JSON, b""))
    (found,) = differences(*answers, NAMES["bot"])
    assert (found.vendor, found.gateway) == ("aaa'a aaa aaaa", JSON)


@pytest.mark.parametrize(
    ("ignored", "found"),
    [
        ("sessions[].userId", ("value", "sessions[0].tags.userTags[0].name")),
        ("sessions[].tags", ("value", "sessions[0].userId")),
        ("sessions", None),
    ],
)
def test_ignored_fields(ignored: str, found: tuple[str, str] | None) -> None:
    """With all that is in them, in every row."""
    other = PAGE.replace(b"ann@", b"bob@").replace(b'"age"', b'"ago"')
    assert first(PAGE, other, JSON, "bot", ignored) == found


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("bot", b'{"sessions":[{"newField":1}]}', "sessions[0].newField"),
        ("bot", b'{"sessions":[{"ann@example.com":1}]}', "sessions[0].<15 characters>"),
        (
            "bot",
            b'{"tags":{"userTags":[{"value":{"a":1}}]}}',
            "tags.userTags[0].value.<1 characters>",
        ),
        ("bot", b'{"answer":{"ann":1}}', "answer.<3 characters>"),
        ("bot", b'{"errors":[{"msg":"no"}]}', "errors[0].msg"),
        ("chat", b'{"visitor":{"phone":"1"}}', "visitor.phone"),
        ("knowledge", b'{"statusCode":400}', "statusCode"),
        ("co_browse", b'{"pages":[{"title":"Ann"}]}', "pages[0].title"),
    ],
)
def test_names_that_may_be_data_are_masked(name: str, body: bytes, field: str) -> None:
    """A new field of the vendor's is named; what stands below a field of any content is not."""
    found = events(body, JSON)
    assert found
    leaf = max((event for event in found if event.kind != END), key=lambda event: len(event.path))
    assert NAMES[name].shown(leaf.path) == field


def leaves(node: Any, path: tuple[str | int, ...] = ()) -> list[tuple[Any, Any]]:
    """Paths and scalars in the order of the text."""
    if isinstance(node, dict):
        return [leaf for key, part in node.items() for leaf in leaves(part, (*path, key))]
    if isinstance(node, list):
        return [leaf for n, part in enumerate(node) for leaf in leaves(part, (*path, n))]
    return [(path, node)]


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
)


@given(TREES, st.booleans(), st.sampled_from([None, 1]))
def test_events_are_the_document(tree: Any, escaped: bool, indent: int | None) -> None:
    """Every scalar is found at its path and its offset, however the JSON is written."""
    body = json.dumps(tree, ensure_ascii=escaped, indent=indent).encode()
    found = events(body, JSON)
    assert found is not None
    scalars = [event for event in found if event.kind not in ("object", "array", END)]
    assert [event.path for event in scalars] == [path for path, _ in leaves(tree)]
    for event, (_, expected) in zip(scalars, leaves(tree), strict=True):
        assert body[event.offset :].startswith(event.text)
        assert json.loads(event.text) == expected
        assert value(event) in (expected, event.text)
