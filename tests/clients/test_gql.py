"""The package gql for Python, against the live server: texts, the DSL, both async transports."""

from collections.abc import Callable

import pytest
from gql import Client, GraphQLRequest, gql
from gql.dsl import DSLMutation, DSLQuery, DSLSchema, dsl_gql
from gql.transport import AsyncTransport
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport, HTTPXTransport

from tests.gateway import Gateway
from tests.timing import limit

LIST = """
    query List($botId: String!, $after: String) {
      botSessions(
        filter: { botId: { eq: $botId } }
        orderBy: [{ field: NO_OF_MESSAGES_EXCHANGED }]
        first: 5
        after: $after
      ) {
        nodes { id startedAt noOfMessagesExchanged }
        pageInfo { hasNextPage endCursor }
      }
    }
"""
SECONDS = limit(30)

Transport = Callable[[str, dict[str, str]], AsyncTransport]


def aiohttp(url: str, headers: dict[str, str]) -> AsyncTransport:
    return AIOHTTPTransport(url=url, headers=headers, timeout=SECONDS)


def async_httpx(url: str, headers: dict[str, str]) -> AsyncTransport:
    return HTTPXAsyncTransport(url=url, headers=headers, timeout=SECONDS)


def client(gateway: Gateway) -> Client:
    """A blocking client that fetches the schema, checks against it and parses enums."""
    transport = HTTPXTransport(url=gateway.url, headers=gateway.headers, timeout=SECONDS)
    return Client(transport=transport, fetch_schema_from_transport=True, parse_results=True)


@pytest.mark.anyio
@pytest.mark.parametrize("transport", [aiohttp, async_httpx])
async def test_async_pages(gateway: Gateway, transport: Transport) -> None:
    """Pages through a list, with the schema fetched first."""
    bot, numbers, after, more = gateway.make_bot_sessions(12), [], None, True
    async with Client(
        transport=transport(gateway.url, gateway.headers), fetch_schema_from_transport=True
    ) as session:
        while more:
            asked = GraphQLRequest(LIST, variable_values={"botId": bot, "after": after})
            page = (await session.execute(asked))["botSessions"]
            numbers += [one["noOfMessagesExchanged"] for one in page["nodes"]]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert numbers == list(range(12))


def test_dsl(gateway: Gateway) -> None:
    """Operations that are built field by field from the fetched schema."""
    with client(gateway) as session:
        assert session.client.schema is not None
        schema = DSLSchema(session.client.schema)
        change = schema.Mutation.linkKnowledgeSession.args(
            sessionId="7d1f0c52-6a3c-4a1e-9f4f-53a0c8f6c7d1", agentId="mia"
        )
        payload = change.select(
            schema.KnowledgeSessionPayload.session.select(
                schema.KnowledgeSession.id, schema.KnowledgeSession.status
            ),
            schema.KnowledgeSessionPayload.errors.select(schema.UserError.code),
        )
        made = session.execute(dsl_gql(DSLMutation(payload)))["linkKnowledgeSession"]
        assert made["errors"] == []
        again = schema.Query.node.args(id=made["session"]["id"]).select(schema.Node.id)
        found = session.execute(dsl_gql(DSLQuery(again)))
        assert found["node"]["id"] == made["session"]["id"]


def test_refusal(gateway: Gateway) -> None:
    """A refused query is an exception that carries the code."""
    asked = gql("{ botSessions(first: 100000) { nodes { id } } }")
    with client(gateway) as session, pytest.raises(TransportQueryError) as refused:
        session.execute(asked)
    assert code_of(refused.value) == "BAD_USER_INPUT"


def test_wrong_key(gateway: Gateway) -> None:
    """A key that nobody has is refused with the code, in GraphQL's own form."""
    stranger = Gateway(gateway.origin, key="nobodys-key")
    transport = HTTPXTransport(url=stranger.url, headers=stranger.headers, timeout=SECONDS)
    with Client(transport=transport) as session, pytest.raises(TransportQueryError) as refused:
        session.execute(gql("{ __typename }"))
    assert code_of(refused.value) == "UNAUTHENTICATED"


def code_of(error: TransportQueryError) -> str:
    """The code of the first error."""
    assert error.errors
    return str(error.errors[0]["extensions"]["code"])
