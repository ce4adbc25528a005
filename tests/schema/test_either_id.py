"""`id` or `sessionId`: every field about one session takes either, and exactly one."""

import base64

import pytest

from schema.build import Schema
from schema.strawberry_internals import core_schema
from tests.kinds import SAMPLES, every_kind
from tests.kinds.sample import Sample
from tests.schema.conftest import Client

BOTH = "id: $id, sessionId: $sessionId"


def fields(kind: Sample) -> dict[str, str]:
    """A lookup, an update and a deletion, each with both arguments."""
    payload = "{ errors { code field } } }"
    change = "{ " + f"{kind.nullable}: null" + " }"
    return {
        "get": f"query ($id: ID, $sessionId: String) {{ {kind.name}({BOTH}) {{ sessionId }} }}",
        "update": f"mutation ($id: ID, $sessionId: String) {{ update{kind.type}({BOTH},"
        f" input: {change}) {payload}",
        "delete": f"mutation ($id: ID, $sessionId: String) {{ delete{kind.type}({BOTH}) {payload}",
    }


def global_id(type_name: str, session_id: str) -> str:
    """What the gateway gives as `id`."""
    return base64.urlsafe_b64encode(f"{type_name}:{session_id}".encode()).decode()


def create(client: Client, kind: Sample) -> str:
    """Store a session and return its global id."""
    given = {"sessionId": kind.session_id, **kind.full}
    return str(client.data(kind.create, input=given)["session"]["id"])


@every_kind
def test_lookup_by_global_id(client: Client, kind: Sample) -> None:
    """A lookup by `id` finds what one by `sessionId` finds, each time it is asked."""
    stored = create(client, kind)
    for _ in range(3):
        assert client.data(fields(kind)["get"], id=stored) == {"sessionId": kind.session_id}
        assert client.data(fields(kind)["get"], sessionId=kind.session_id)


@every_kind
def test_changes_by_global_id(client: Client, kind: Sample) -> None:
    """An update and a deletion by `id` change the session; then the argument `id` is to blame."""
    stored = create(client, kind)
    for verb in ("update", "delete"):
        assert client.data(fields(kind)[verb], id=stored) == {"errors": []}
    assert client.stored(kind.kind, kind.session_id) is None
    for verb in ("update", "delete"):
        refusal = client.refusal(fields(kind)[verb], id=stored)
        assert refusal == {"code": "NOT_FOUND", "field": ["id"]}


@every_kind
@pytest.mark.parametrize("field", ["get", "update", "delete"])
def test_exactly_one(client: Client, kind: Sample, field: str) -> None:
    """Neither and both are refused, with both names."""
    text = fields(kind)[field]
    for given in ({}, {"id": "a", "sessionId": "a"}, {"id": None, "sessionId": None}):
        for _ in range(2):
            error = client.error(text, **given)
            assert error["message"] == "Give id or sessionId: exactly one of them."
            assert error["extensions"]["code"] == "BAD_USER_INPUT"


@every_kind
@pytest.mark.parametrize("field", ["get", "update", "delete"])
def test_id_of_another_kind(client: Client, kind: Sample, field: str) -> None:
    """The id of another kind's session is refused, naming both kinds."""
    other = SAMPLES[SAMPLES.index(kind) - 1]
    error = client.error(fields(kind)[field], id=global_id(other.type, "a"))
    assert error["message"] == (
        f"id: this is the id of a {other.type}. Use the `id` of a {kind.type}."
    )
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "id"}


def test_not_a_global_id(client: Client) -> None:
    """A session's own id in the place of its global one is refused."""
    error = client.error('{ botSession(id: "a session") { id } }')
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "id"}


def test_verb_by_global_id(client: Client) -> None:
    """A verb of a kind's own takes `id`; a refusal by the session's state names it."""
    bot = next(sample for sample in SAMPLES if sample.kind == "bot")
    client.data(bot.create, input={"sessionId": "a", **bot.least})
    close = "mutation ($id: ID) { endBotSession(id: $id) { errors { code field } } }"
    stored = global_id("BotSession", "a")
    assert client.data(close, id=stored) == {"errors": []}
    assert client.refusal(close, id=stored) == {"code": "CONFLICT", "field": ["id"]}


def test_every_verb_takes_either(schema: Schema) -> None:
    """Whatever field has `sessionId` has `id` too, and requires neither."""
    core = core_schema(schema)
    assert core.query_type
    assert core.mutation_type
    for name, field in {**core.query_type.fields, **core.mutation_type.fields}.items():
        if "sessionId" in field.args:
            types = {argument: str(field.args[argument].type) for argument in ("id", "sessionId")}
            assert types == {"id": "ID", "sessionId": "String"}, name
