"""What a team adds to sessions of every kind: labels, a note, an assignee, related sessions."""

from typing import Any

import pytest

from resolvers.access import Caller
from schema.json_lines import decode, encode
from tests.kinds import every_kind
from tests.kinds.sample import Sample
from tests.schema.conftest import Client

BLOCK = {
    "labels": ["vip", "late"],
    "note": "Call back.",
    "assignee": "mia",
    "relatedSessions": [{"kind": "BOT", "sessionId": "b-1"}, {"kind": "CHAT", "sessionId": "c"}],
}
ADD = """mutation ($id: ID!, $labels: [String!]!) { addSessionLabels(id: $id, labels: $labels) {
  session { __typename id labels updatedAt } errors { code field message } } }"""
REMOVE = ADD.replace("addSessionLabels", "removeSessionLabels")


def created(client: Client, kind: Sample, **values: Any) -> dict[str, Any]:
    """A session with the block."""
    given = {"sessionId": kind.session_id, **kind.least, **BLOCK, **values}
    payload = client.data(kind.create, input=given)
    assert payload["errors"] == []
    session: dict[str, Any] = payload["session"]
    return session


@every_kind
def test_created_changed_and_removed(client: Client, kind: Sample) -> None:
    """Given at creation and in updates; a null or an empty list takes away."""
    session = created(client, kind)
    assert {name: session[name] for name in BLOCK} == BLOCK
    change = {"labels": ["a", "b", "a"], "note": None, "assignee": "tom"}
    changed = client.data(kind.update, id=kind.session_id, input=change)["session"]
    assert (changed["labels"], changed["note"], changed["assignee"]) == (["a", "b"], None, "tom")


@every_kind
@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"labels": {"some": {"eq": "vip"}}}, 1),
        ({"labels": {"some": {"eq": "no"}}}, 0),
        ({"assignee": {"eq": "mia"}}, 1),
        ({"assignee": {"eq": None}}, 1),
        ({"note": {"contains": "back"}}, 1),
    ],
    ids=str,
)
def test_filters(client: Client, kind: Sample, wanted: dict[str, Any], count: int) -> None:
    """Each is found, and a session without them is not."""
    created(client, kind)
    client.data(kind.create, input={**kind.least, **kind.another})
    assert client.data(kind.list, filter=wanted)["totalCount"] == count


@every_kind
def test_label_verbs(client: Client, kind: Sample) -> None:
    """Labels are added once and removed, by the global id; the same again writes nothing."""
    session_id = created(client, kind)["id"]
    client.clock.advance(seconds=1)
    for _ in range(2):
        payload = client.data(ADD, id=session_id, labels=["new", "vip", "new"])
        assert payload == {
            "session": {
                "__typename": kind.type,
                "id": session_id,
                "labels": ["vip", "late", "new"],
                "updatedAt": "2026-03-01T09:30:01.000Z",
            },
            "errors": [],
        }
        client.clock.advance(milliseconds=1)
    payload = client.data(REMOVE, id=session_id, labels=["late", "unknown"])
    assert payload["session"]["labels"] == ["vip", "new"]


@every_kind
def test_labels_at_once(client: Client, kind: Sample) -> None:
    """Calls at the same time lose no label."""
    session_id = created(client, kind, labels=[])["id"]
    labels = [f"l{number}" for number in range(20)]
    client.together(*((ADD, {"id": session_id, "labels": [label]}) for label in labels))
    stored = client.stored(kind.kind, kind.session_id)
    assert stored is not None
    assert sorted(stored["labels"]) == sorted(labels)


@every_kind
def test_refused_labels(client: Client, kind: Sample) -> None:
    """A long label, too many, and an unknown session are refused by the argument."""
    session_id = created(client, kind)["id"]
    before = client.stored(kind.kind, kind.session_id)
    long = client.refusal(ADD, id=session_id, labels=["a", "x" * 101])
    assert (long["code"], long["field"]) == ("INVALID", ["labels", "1"])
    many = client.refusal(ADD, id=session_id, labels=[str(number) for number in range(49)])
    assert (many["code"], many["field"]) == ("INVALID", ["labels"])
    assert client.stored(kind.kind, kind.session_id) == before
    client.data(kind.delete, id=kind.session_id)
    unknown = client.refusal(ADD, id=session_id, labels=["a"])
    assert (unknown["code"], unknown["field"]) == ("NOT_FOUND", ["id"])


def test_no_global_id(client: Client) -> None:
    """A session's own id is refused, naming the argument."""
    error = client.error(ADD, id="12334", labels=["a"])
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "id"}


@every_kind
def test_note_is_personal(client: Client, kind: Sample) -> None:
    """Without `pii:read` it is masked and cannot be overwritten; labels and assignee can."""
    created(client, kind)
    client.context.caller = Caller("writer", frozenset({"*:read", "*:write"}))
    refusal = client.refusal(kind.update, id=kind.session_id, input={"note": "***"})
    assert (refusal["code"], refusal["field"]) == ("FORBIDDEN", ["input", "note"])
    change = {"labels": [], "assignee": None}
    session = client.data(kind.update, id=kind.session_id, input=change)["session"]
    assert (session["note"], session["labels"], session["assignee"]) == ("***", [], None)


@every_kind
def test_exported_and_imported(client: Client, kind: Sample) -> None:
    """A line has the block, and gives it back."""
    created(client, kind)
    stored = client.stored(kind.kind, kind.session_id)
    assert stored is not None
    line = encode(kind.definition, stored)
    assert {name: line[name] for name in BLOCK} == BLOCK
    draft = decode(kind.definition, line)
    assert {name: draft.values[name] for name in BLOCK} == BLOCK


@every_kind
def test_session_of_an_earlier_version(client: Client, kind: Sample) -> None:
    """One without labels has none, and a change that changes nothing leaves it alone."""
    created(client, kind)
    collection = client.collection(kind.kind)
    client.runner.run(collection.update_one({"_id": kind.session_id}, {"$unset": {"labels": ""}}))
    before = client.stored(kind.kind, kind.session_id)
    assert client.data(kind.get, id=kind.session_id)["labels"] == []
    assert client.data(kind.update, id=kind.session_id, input={})["errors"] == []
    assert client.stored(kind.kind, kind.session_id) == before
