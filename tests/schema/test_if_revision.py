"""`revision` and `ifRevision`: every change of a session can be made for one revision of it."""

from typing import Any

import pytest
from graphql import GraphQLObjectType

from schema.build import build
from schema.strawberry_internals import core_schema
from tests.kinds import SAMPLES, every_kind
from tests.kinds.sample import Sample
from tests.schema.conftest import Client

MUTATION = core_schema(build()).mutation_type


def test_every_change_of_a_session_takes_it() -> None:
    """Updates, deletions, labels and each kind's own verbs."""
    assert isinstance(MUTATION, GraphQLObjectType)
    lacking = {name for name, field in MUTATION.fields.items() if "ifRevision" not in field.args}
    others = {"linkCustomerIdentifiers", "unlinkCustomerIdentifiers", "eraseCustomer"}
    others |= {f"delete{kind.type}s" for kind in SAMPLES}
    assert {name for name in lacking if not name.startswith("create")} == others


def _created(client: Client, kind: Sample) -> None:
    client.data(kind.create, input={"sessionId": kind.session_id, **kind.full})


def _update(kind: Sample, errors: str = "code field") -> str:
    return (
        f"mutation ($id: String!, $input: Update{kind.type}Input!, $revision: Int) {{"
        f" update{kind.type}(sessionId: $id, input: $input, ifRevision: $revision)"
        f" {{ session {{ revision note }} errors {{ {errors} }} }} }}"
    )


@every_kind
def test_an_update_for_a_revision(client: Client, kind: Sample) -> None:
    """The second update for the same revision is a CONFLICT, with the session as it is."""
    _created(client, kind)
    given: dict[str, Any] = {"id": kind.session_id, "revision": 1}
    first = client.data(_update(kind), input={"note": "first"}, **given)
    assert first == {"session": {"revision": 2, "note": "first"}, "errors": []}
    second = client.data(_update(kind), input={"note": "second"}, **given)
    assert second["session"] == {"revision": 2, "note": "first"}
    assert second["errors"] == [{"code": "CONFLICT", "field": ["ifRevision"]}]


@every_kind
def test_a_deletion_for_a_revision(client: Client, kind: Sample) -> None:
    """The refusal has the session, whatever its kind; nothing is deleted."""
    _created(client, kind)
    query = (
        f"mutation ($revision: Int) {{ delete{kind.type}(sessionId: {kind.session_id!r},"
        " ifRevision: $revision) { deletedId session { __typename sessionId revision }"
        " errors { code } } }"
    ).replace("'", '"')
    refused = client.data(query, revision=7)
    session = {"__typename": kind.type, "sessionId": kind.session_id, "revision": 1}
    assert refused == {"deletedId": None, "session": session, "errors": [{"code": "CONFLICT"}]}
    done = client.data(query, revision=1)
    assert (done["session"], done["errors"]) == (None, [])
    assert done["deletedId"]


@every_kind
def test_a_record_without_a_revision_shows_zero(client: Client, kind: Sample) -> None:
    """In a lookup and in a list."""
    _created(client, kind)
    unset = client.collection(kind.kind).update_one({}, {"$unset": {"revision": ""}})
    client.runner.run(unset)
    shown = client.data(f"{{ {kind.name}s {{ nodes {{ revision }} }} }}")
    assert shown == {"nodes": [{"revision": 0}]}
    one = f"query ($id: String!) {{ {kind.name}(sessionId: $id) {{ revision }} }}"
    assert client.data(one, id=kind.session_id) == {"revision": 0}


@pytest.mark.parametrize("verb", ["addSessionLabels", "removeSessionLabels"])
def test_labels_for_a_revision(client: Client, verb: str) -> None:
    """The refusal shows the session as its kind."""
    made = client.data('mutation { createChatSession(input: {labels: ["a"]}) { session { id } } }')
    query = (
        f'mutation ($id: ID!) {{ {verb}(id: $id, labels: ["a", "b"], ifRevision: 5)'
        " { session { __typename labels } errors { code } } }"
    )
    refused = client.data(query, id=made["session"]["id"])
    assert refused["session"] == {"__typename": "ChatSession", "labels": ["a"]}
    assert refused["errors"] == [{"code": "CONFLICT"}]


def test_a_verb_for_a_revision(client: Client) -> None:
    """An append for an old revision adds nothing."""
    client.data('mutation { createChatSession(input: {sessionId: "c"}) { session { id } } }')
    query = (
        'mutation ($revision: Int) { appendChatMessages(sessionId: "c", ifRevision: $revision,'
        ' messages: [{messageId: "1", message: "Hi", source: VISITOR}])'
        " { session { revision messages { totalCount } } errors { code } } }"
    )
    assert client.data(query, revision=1)["session"] == {
        "revision": 2,
        "messages": {"totalCount": 1},
    }
    refused = client.data(query, revision=1)
    assert refused["errors"] == [{"code": "CONFLICT"}]
    assert refused["session"]["messages"] == {"totalCount": 1}
