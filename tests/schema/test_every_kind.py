"""What all five kinds have in common: creation, lookups, lists, changes, deletion, summaries."""

import base64
from typing import Any

import pytest

from tests.kinds import MISSING, SAMPLES, every_kind, what_to_write
from tests.kinds.sample import NOW_TEXT, Sample
from tests.schema.conftest import Client


def shown(kind: Sample, session_id: str, fields: dict[str, Any]) -> dict[str, Any]:
    """How a session comes back when everything is selected."""
    return {
        "__typename": kind.type,
        "id": base64.urlsafe_b64encode(f"{kind.type}:{session_id}".encode()).decode(),
        "sessionId": session_id,
        "kind": kind.kind.upper(),
        **fields,
    }


def created(client: Client, kind: Sample, **values: Any) -> str:
    """Store a session and return its id."""
    payload = client.data(kind.create, input={"sessionId": kind.session_id, **kind.full, **values})
    assert payload["errors"] == []
    return str(payload["session"]["sessionId"])


def test_every_kind_has_a_sample() -> None:
    """The suite takes from it what it cannot derive."""
    assert [what_to_write(name) for name in MISSING] == []


@every_kind
def test_least_creation(client: Client, kind: Sample) -> None:
    """Creation with what is required only fills in the defaults and makes an id."""
    payload = client.data(kind.create, input=kind.least)
    session_id = payload["session"]["sessionId"]
    assert payload == {"session": shown(kind, session_id, kind.least_shown), "errors": []}
    assert client.data(kind.get, id=session_id) == payload["session"]


@every_kind
def test_made_ids_differ(client: Client, kind: Sample) -> None:
    """Two sessions that were given no id get different ones."""
    both = (kind.least, {**kind.least, **kind.another})
    ids = {client.data(kind.create, input=least)["session"]["sessionId"] for least in both}
    assert len(ids) == 2


@every_kind
def test_full_creation(client: Client, kind: Sample) -> None:
    """Creation with everything keeps the id and every value, and derives the session's fields."""
    payload = client.data(kind.create, input={"sessionId": kind.session_id, **kind.full})
    assert payload == {"session": shown(kind, kind.session_id, kind.full_shown), "errors": []}
    assert client.data(kind.get, id=kind.session_id) == payload["session"]


@every_kind
def test_taken_id(client: Client, kind: Sample) -> None:
    """A second session with the same id is refused and the first stays as it was."""
    created(client, kind)
    before = client.stored(kind.kind, kind.session_id)
    refusal = client.refusal(kind.create, input={"sessionId": kind.session_id, **kind.least})
    assert refusal == {
        "code": "ALREADY_EXISTS",
        "field": ["input", "sessionId"],
        "message": f"A {kind.type} with the session id '{kind.session_id}' exists already.",
    }
    assert client.stored(kind.kind, kind.session_id) == before


@every_kind
@pytest.mark.parametrize("session_id", ["", "a\0b", " x", "x" * 129, "../../etc\n"])
def test_impossible_id(client: Client, kind: Sample, session_id: str) -> None:
    """An id that does not look like the kind's ids is refused, saying how they look."""
    refusal = client.refusal(kind.create, input={**kind.least, "sessionId": session_id})
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["input", "sessionId"])
    assert any(text in refusal["message"] for text in (f"not a session id of a {kind.type}", "NUL"))


@every_kind
def test_unknown_session(client: Client, kind: Sample) -> None:
    """A lookup of an unknown id is null without an error."""
    assert client.data(kind.get, id="unknown") is None


@every_kind
@pytest.mark.parametrize("session_id", ["a\0b", "\ud800", '{"$gt": ""}', ""])
def test_hostile_session_id(client: Client, kind: Sample, session_id: str) -> None:
    """Text that no id can be is an unknown id, whatever it looks like."""
    created(client, kind)
    assert client.data(kind.get, id=session_id) is None
    assert client.refusal(kind.delete, id=session_id)["code"] == "NOT_FOUND"


@every_kind
def test_list(client: Client, kind: Sample) -> None:
    """A list shows the same session as a lookup, with its cursor and the count."""
    created(client, kind)
    found = client.data(kind.list)
    (edge,) = found["edges"]
    assert edge["node"] == shown(kind, kind.session_id, kind.full_shown)
    assert found["nodes"] == [{"sessionId": kind.session_id}]
    assert found["totalCount"] == 1
    assert found["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": edge["cursor"],
        "endCursor": edge["cursor"],
    }


@every_kind
def test_empty_list(client: Client, kind: Sample) -> None:
    """An empty list has no edges, no cursors and counts zero."""
    assert client.data(kind.list) == {
        "edges": [],
        "nodes": [],
        "totalCount": 0,
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
    }


@every_kind
def test_update(client: Client, kind: Sample) -> None:
    """An update changes the given column, what follows from it, updatedAt, and nothing else."""
    created(client, kind)
    client.clock.advance(minutes=1)
    payload = client.data(kind.update, id=kind.session_id, input=kind.change)
    expected = {
        **kind.full_shown,
        **kind.change_shown,
        "updatedAt": "2026-03-01T09:31:00.000Z",
    }
    assert payload == {"session": shown(kind, kind.session_id, expected), "errors": []}
    assert client.data(kind.get, id=kind.session_id) == payload["session"]


@every_kind
def test_empty_update(client: Client, kind: Sample) -> None:
    """An update that changes nothing answers with the session as it is."""
    created(client, kind)
    client.clock.advance(minutes=1)
    payload = client.data(kind.update, id=kind.session_id, input={})
    assert payload["session"] == shown(kind, kind.session_id, kind.full_shown)


@every_kind
def test_null_removes(client: Client, kind: Sample) -> None:
    """A null takes an optional value away, from the stored session too."""
    created(client, kind)
    payload = client.data(kind.update, id=kind.session_id, input={kind.nullable: None})
    assert payload["errors"] == []
    assert payload["session"][kind.nullable] is None
    assert kind.nullable not in client.stored(kind.kind, kind.session_id)


@pytest.mark.parametrize("kind", [k for k in SAMPLES if k.required], ids=lambda kind: kind.kind)
def test_null_refused(client: Client, kind: Sample) -> None:
    """A null for a required value is refused with its field path; nothing changes."""
    created(client, kind)
    before = client.stored(kind.kind, kind.session_id)
    refusal = client.refusal(kind.update, id=kind.session_id, input={kind.required: None})
    assert refusal == {
        "code": "INVALID",
        "field": ["input", kind.required],
        "message": "This cannot be null: a value is required.",
    }
    assert client.stored(kind.kind, kind.session_id) == before


@every_kind
def test_too_long(client: Client, kind: Sample) -> None:
    """A text over its limit is refused with the limit and its path; nothing changes."""
    created(client, kind)
    before = client.stored(kind.kind, kind.session_id)
    values, path = kind.too_long
    refusal = client.refusal(kind.update, id=kind.session_id, input=values)
    assert (refusal["code"], refusal["field"]) == ("INVALID", path)
    assert "is too long: at most " in refusal["message"]
    assert client.stored(kind.kind, kind.session_id) == before


@every_kind
def test_update_of_unknown(client: Client, kind: Sample) -> None:
    """An update of an unknown session is NOT_FOUND and creates nothing."""
    refusal = client.refusal(kind.update, id="unknown", input=kind.change)
    assert refusal == {
        "code": "NOT_FOUND",
        "field": ["sessionId"],
        "message": f"There is no {kind.type} with the session id 'unknown'.",
    }
    assert client.data(kind.list)["totalCount"] == 0


@every_kind
def test_delete(client: Client, kind: Sample) -> None:
    """A deletion answers with the global id; afterwards the session is gone for every request."""
    created(client, kind)
    assert client.data(kind.delete, id=kind.session_id) == {
        "deletedId": shown(kind, kind.session_id, {})["id"],
        "errors": [],
    }
    assert client.data(kind.get, id=kind.session_id) is None
    for operation in (
        (kind.delete, {"id": kind.session_id}),
        (kind.update, {"id": kind.session_id, "input": kind.change}),
    ):
        assert client.refusal(operation[0], **operation[1])["code"] == "NOT_FOUND"


@every_kind
def test_created_again(client: Client, kind: Sample) -> None:
    """A deleted session's id, and its live token, can be given again."""
    values = {"sessionId": kind.session_id, **kind.least}
    for _ in range(2):
        assert client.data(kind.create, input=values)["errors"] == []
        assert client.data(kind.delete, id=kind.session_id)["errors"] == []


@every_kind
def test_summary(client: Client, kind: Sample) -> None:
    """A summary counts all matches and averages over those that ended."""
    created(client, kind)
    client.data(kind.create, input={**kind.least, **kind.another})
    query = (
        f"query ($filter: {kind.type}Filter) {{ {kind.name}Summary(filter: $filter)"
        " { count averageDurationSeconds } }"
    )
    average = kind.full_shown["durationSeconds"]
    assert client.data(query) == {"count": 2, "averageDurationSeconds": average}
    none = {"sessionId": {"in": []}}
    assert client.data(query, filter=none) == {"count": 0, "averageDurationSeconds": None}


@every_kind
def test_node(client: Client, kind: Sample) -> None:
    """A session's global id leads back to it, with the kind's own fields and the interfaces'."""
    created(client, kind)
    global_id = shown(kind, kind.session_id, {})["id"]
    query = (
        "query ($id: ID!) { node(id: $id) { __typename id ... on Session { sessionId kind status"
        f" startedAt }} ... on {kind.type} {{ {kind.own} }} }} }}"
    )
    wanted = shown(kind, kind.session_id, kind.full_shown)
    unwanted = {"endedAt", "durationSeconds", "customer", "createdAt", "updatedAt"}
    unwanted |= {"labels", "note", "assignee", "tenant", "relatedSessions"}
    assert client.data(query, id=global_id) == {
        name: value for name, value in wanted.items() if name not in unwanted
    }


@every_kind
def test_stored_dates_are_dates(client: Client, kind: Sample) -> None:
    """No date is stored as text or number."""
    created(client, kind)
    document = client.stored(kind.kind, kind.session_id)
    assert document is not None
    assert not any(text.startswith("20") and "T" in text for text in _texts(document))
    assert document["createdAt"].isoformat() == NOW_TEXT[:19]


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []
