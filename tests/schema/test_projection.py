"""Only what is selected is read from the database: the selection becomes the projection."""

from typing import Any

import pytest

from tests.schema.conftest import Client

ORDERED = {"startedAt", "_id"}
"""What the default ordering's cursors are made of."""


@pytest.mark.parametrize(
    ("query", "variables", "paths"),
    [
        ('{ botSession(sessionId: "b") { botId } }', {}, {"botId"}),
        ('{ botSession(sessionId: "b") { id } }', {}, {"_id"}),
        ('{ botSession(sessionId: "b") { __typename kind } }', {}, {"_id"}),
        (
            '{ botSession(sessionId: "b") { x: botId y: channel z: botId } }',
            {},
            {"botId", "channel"},
        ),
        (
            '{ botSession(sessionId: "b") { tags { userTags { name } } customer { customerId } } }',
            {},
            {"tags.userTags.name", "customer.id"},
        ),
        (
            '{ botSession(sessionId: "b") { ...F ...on Session { status } ...on Node { id } } }'
            " fragment F on BotSession { botId ...G } fragment G on Session { endedAt }",
            {},
            {"botId", "endedAt", "status", "_id"},
        ),
        (
            'query ($yes: Boolean!, $no: Boolean!) { botSession(sessionId: "b") {'
            " botId @include(if: $yes) channel @include(if: $no) userId @skip(if: $yes)"
            " endTime @skip(if: $no) ...@include(if: $no) { sessionLang } } }",
            {"yes": True, "no": False},
            {"botId", "endTime"},
        ),
        ("{ botSessions { nodes { botId } } }", {}, {"botId"}),
        (
            "{ botSessions { edges { node { botId } } nodes { channel } } }",
            {},
            {"botId", "channel"},
        ),
        ("{ botSessions { edges { cursor } } }", {}, ORDERED),
        ("{ botSessions { pageInfo { endCursor } nodes { botId } } }", {}, {"botId", *ORDERED}),
        ("{ botSessions { pageInfo { hasNextPage } } }", {}, {"_id"}),
        (
            "{ botSessions(orderBy: [{field: NO_OF_TASKS_EXECUTED}]) { edges { cursor } } }",
            {},
            {"noOfTasksExecuted", "_id"},
        ),
        (
            '{ node(id: "Qm90U2Vzc2lvbjpi") { id ...on BotSession { botId }'
            " ...on ChatSession { messages { nodes { messageId } } } } }",
            {},
            {"_id", "botId"},
        ),
        (
            '{ nodes(ids: ["Qm90U2Vzc2lvbjpi"]) { ...on Session { startedAt } } }',
            {},
            {"startedAt"},
        ),
    ],
)
def test_projection(
    client: Client,
    finds: list[dict[str, Any]],
    query: str,
    variables: dict[str, Any],
    paths: set[str],
) -> None:
    """Fragments, aliases and directives decide what is read."""
    for _ in range(2):  # the second time the operation is known
        finds.clear()
        client.data(query, **variables)
        (found,) = finds
        assert set(found["projection"]) - {"_id"} == paths - {"_id"}


def test_count_only_when_selected(client: Client, counts: list[str]) -> None:
    """totalCount is counted only when it is selected."""
    client.data("{ botSessions { nodes { id } } }")
    assert counts == []
    client.data("{ botSessions { nodes { id } totalCount } }")
    assert len(counts) == 1


def test_count_left_out_by_directive(client: Client, counts: list[str]) -> None:
    """A totalCount that a directive leaves out is not counted."""
    query = "query ($no: Boolean!) { botSessions { nodes { id } totalCount @include(if: $no) } }"
    client.data(query, no=False)
    assert counts == []
    assert client.data(query, no=True)["totalCount"] == 0
    assert len(counts) == 1


def test_two_fields_two_projections(client: Client, finds: list[dict[str, Any]]) -> None:
    """Each root field reads for itself."""
    client.data(
        '{ a: botSession(sessionId: "b") { botId } b: botSession(sessionId: "b") { channel } }'
    )
    read = [set(found["projection"]) - {"_id"} for found in finds]
    assert sorted(read, key=sorted) == [{"botId"}, {"channel"}] or read == [{"botId", "channel"}]
