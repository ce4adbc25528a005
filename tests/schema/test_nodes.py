"""Global ids: `node`, `nodes`, and the interfaces."""

import base64

import pytest

from tests.kinds import SAMPLES
from tests.schema.conftest import Client

NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Session { sessionId } } }"


def global_id(type_name: str, session_id: str) -> str:
    """What the gateway gives as `id`."""
    return base64.urlsafe_b64encode(f"{type_name}:{session_id}".encode()).decode()


@pytest.fixture
def ids(client: Client) -> list[str]:
    """The global ids of one session of each kind."""
    return [
        client.data(kind.create, input={"sessionId": kind.session_id, **kind.least})["session"][
            "id"
        ]
        for kind in SAMPLES
    ]


def test_mixed_kinds_in_order(client: Client, ids: list[str]) -> None:
    """Sessions of all kinds come back in the order of the ids, repeated ones too."""
    wanted = [*reversed(ids), ids[2], ids[2]]
    assert [node["id"] for node in client.data(NODES, ids=wanted)] == wanted


def test_unknown_is_null(client: Client, ids: list[str]) -> None:
    """An id of a session that is not there is null in its place."""
    unknown = global_id("BotSession", "gone")
    found = client.data(NODES, ids=[ids[0], unknown, ids[4]])
    assert [node and node["id"] for node in found] == [ids[0], None, ids[4]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "é",
        "6465cf6e4769ed4e822b82a1",
        global_id("SessionCustomer", "a"),
        global_id("botSession", "a"),
        global_id("BotSession", ""),
        base64.b64encode(b"\xff\xfe:a").decode(),
        base64.b64encode(b"BotSession").decode(),
    ],
)
def test_foreign_ids(client: Client, text: str) -> None:
    """What is no global id of ours is refused, naming the argument."""
    error = client.error("query ($id: ID!) { node(id: $id) { id } }", id=text)
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "id"}
    assert error["path"] == ["node"]
    error = client.error(NODES, ids=[text])
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "ids"}


def test_hostile_session_id(client: Client) -> None:
    """A session id inside a global id that none can have is just unknown."""
    assert client.data(NODES, ids=[global_id("BotSession", "a\0b")]) == [None]


def test_id_of_another_kind(client: Client, ids: list[str]) -> None:
    """A lookup takes the kind's own id; a global id is unknown to it."""
    query = "query ($id: String!) { botSession(sessionId: $id) { id } }"
    assert client.data(query, id=ids[0]) is None


def test_too_many(client: Client, ids: list[str]) -> None:
    """At most a hundred at once."""
    assert len(client.data(NODES, ids=ids[:1] * 100)) == 100
    error = client.error(NODES, ids=ids[:1] * 101)
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "ids"}


def test_no_ids(client: Client) -> None:
    """No ids, no nodes."""
    assert client.data(NODES, ids=[]) == []


def test_fragments_on_each_kind(client: Client, ids: list[str]) -> None:
    """Each session is shown by its own fragment, and by those of its interfaces."""
    own = " ".join(f"... on {kind.type} {{ {kind.name}: {kind.first} }}" for kind in SAMPLES)
    query = (
        "query ($ids: [ID!]!) { nodes(ids: $ids) { ...on Node { id } ...on Session { kind }"
        f" {own} }} }}"
    )
    found = client.data(query, ids=ids)
    for sample, node in zip(SAMPLES, found, strict=True):
        assert node.keys() == {"id", "kind", sample.name}
        assert node["kind"] == sample.kind.upper()


def test_one_read_for_each_kind(client: Client, ids: list[str], finds: list[object]) -> None:
    """Many ids of one kind are read at once."""
    client.data(NODES, ids=ids * 3)
    assert len(finds) == len(SAMPLES)
