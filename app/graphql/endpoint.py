"""GraphQL over HTTP: bytes in, bytes out.

Follows the GraphQL-over-HTTP specification (graphql.github.io/graphql-over-http): JSON requests by
POST, queries by GET, `application/graphql-response+json` where the client names it. Every error
is one of GraphQL's, in JSON.
"""

import logging
from dataclasses import fields
from typing import Final, NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from app.access import rates
from app.access.rates import Window
from app.context import State
from app.graphql import event_stream
from app.graphql.answers import response
from app.graphql.media_types import GRAPHQL_JSON, asks_for_events, require_json, response_type
from app.graphql.parameters import Parameters, from_address, from_body
from app.graphql.persisted import Documents
from app.graphql.repeating import keyed, once
from app.graphql.streams import ANYTHING, READING, Open, Streams
from app.graphql.websocket import Connection
from app.http import ending
from app.http.body import read_body
from app.http.boundary import headers_of
from app.http.idempotency import NAME, REPLAYED
from app.http.leaving import leaving
from app.http.negotiation import prefers_html
from app.http.refusal import JSON, Header, RefusedError, respond
from app.json_refusals import refused_for
from app.manifests import load
from app.observing.facts import facts_of
from app.observing.requests import STREAM
from app.settings import Settings
from resolvers import repeats
from resolvers.access import Caller
from resolvers.errors import GatewayError
from resolvers.request_facts import RequestFacts
from schema.build import Schema
from schema.errors import INTERNAL_MESSAGE
from schema.execution.run import Run
from schema.limits import Limits

log = logging.getLogger(__name__)

QUERIES_ONLY: Final = {OperationType.QUERY}
ANY: Final = {OperationType.QUERY, OperationType.MUTATION}
ALLOWED: Final = b"GET, HEAD, POST, OPTIONS"
GRAPHIQL: Final = b"/graphiql"
VARY: Final[Header] = (b"vary", b"Accept")


class Exchange(NamedTuple):
    """One request, and where its response goes."""

    method: str
    headers: dict[bytes, bytes]
    query_string: bytes
    receive: Receive
    state: State
    facts: RequestFacts


class Answer(NamedTuple):
    """One response."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = ()
    content_type: bytes | None = None
    """None: as the request asks for it."""


class GraphQLEndpoint:
    """The ASGI application that answers GraphQL requests from one schema."""

    def __init__(self, schema: Schema, settings: Settings) -> None:
        """ManifestError if the trusted documents cannot be used."""
        folder = settings.persisted_documents
        self._schema = schema
        self._settings = settings
        self.documents = Documents(
            settings.persisted_queries, load(folder) if folder else None, settings.cache_bytes // 8
        )
        self.streams = Streams(schema, settings, self.documents)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, one response."""
        headers = headers_of(scope)
        state, facts = scope["app"].state.gateway, facts_of(scope)
        facts.api = "graphql"
        exchange = Exchange(scope["method"], headers, scope["query_string"], receive, state, facts)
        content_type, bodiless = JSON, exchange.method == "HEAD"
        try:
            answer = _without_work(exchange)
            if answer is None and not bodiless and asks_for_events(headers.get(b"accept")):
                await self._stream(exchange, Request(scope), send)
                return
            if answer is None:
                content_type = response_type(headers.get(b"accept"))
                answer = await self._answer(exchange, Request(scope), content_type)
        except RefusedError as error:
            status = error.legacy if content_type is JSON else error.status
            answer = _refused(error, status, facts)
        except ClientDisconnect:
            return
        except Exception:  # nothing of it may leave
            log.exception("a GraphQL request failed")
            answer = _refused(RefusedError(500, "INTERNAL", INTERNAL_MESSAGE), 500, facts)
        fields = (VARY, *answer.headers)
        content_type = answer.content_type or content_type
        await respond(send, answer.status, answer.body, content_type, fields, bodiless)

    async def websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection, and all operations that come over it."""
        await Connection(self.streams, self._settings, scope, receive, send).serve()

    async def _stream(self, exchange: Exchange, request: Request, send: Send) -> None:
        """All answers of one operation, as server-sent events."""
        caller, _ = await _caller(exchange, request)
        asked = await self._parameters(exchange)
        state, facts = exchange.state, exchange.facts
        facts.api = STREAM
        stream = Open(caller, request.scope["state"].get(ending.NAME))
        run = Run(state.context(caller, facts))
        types = ANYTHING if exchange.method == "POST" else READING
        found = self.streams.answers(asked, run, types, header=exchange.headers.get(NAME))
        answers = event_stream.begun(found, facts)
        async with self.streams.watched(stream, state.authenticator):
            await event_stream.serve(answers, stream, exchange.receive, send, run)

    async def _answer(self, exchange: Exchange, request: Request, content_type: bytes) -> Answer:
        caller, windows = await _caller(exchange, request)
        limits = rates.headers(windows)
        try:
            answer = await self._answered(exchange, caller, content_type)
        except RefusedError as error:
            error.headers += limits
            raise
        return answer._replace(headers=answer.headers + limits) if limits else answer

    async def _answered(self, exchange: Exchange, caller: Caller, content_type: bytes) -> Answer:
        asked = await self._parameters(exchange)
        run = Run(exchange.state.context(caller, exchange.facts))
        text, posted = self.documents.text(asked), exchange.method == "POST"

        async def work() -> repeats.Answer:
            with leaving(exchange.receive, run.leave):
                result = await self._execute(text, asked, exchange, run)
            return self._rendered(result, run, exchange, content_type)

        try:
            header = exchange.headers.get(NAME)
            key = keyed(self._schema, text, asked, header) if posted else None
            if key is None:
                answer, replayed = await work(), False
            else:
                answer, replayed = await once(key, run, self._settings.idempotency_seconds, work)
        except GatewayError as error:
            raise refused_for(error) from None
        headers = (REPLAYED,) if replayed else ()
        return Answer(answer.status, answer.body, headers, answer.type.encode())

    async def _parameters(self, exchange: Exchange) -> Parameters:
        if exchange.method != "POST":
            return from_address(exchange.query_string)
        headers = exchange.headers
        require_json(headers.get(b"content-type"))
        settings = self._settings
        return from_body(
            await read_body(
                exchange.receive, headers, settings.max_body_bytes, settings.body_seconds
            )
        )

    async def _execute(
        self, text: str, asked: Parameters, exchange: Exchange, run: Run
    ) -> ExecutionResult:
        posted = exchange.method == "POST"
        result = await self._schema.execute(
            text,
            variable_values=asked.variables,
            operation_name=asked.operation_name,
            context_value=run,
            allowed_operation_types=ANY if posted else QUERIES_ONLY,
        )
        chosen = run.operation.named(asked.operation_name)
        if chosen and chosen.name:
            exchange.facts.operation = chosen.name.value
        if result.errors:
            _require_served(run, asked.operation_name, posted)
        return result

    def _rendered(
        self, result: ExecutionResult, run: Run, exchange: Exchange, content_type: bytes
    ) -> repeats.Answer:
        extensions = None
        if exchange.headers.get(b"x-graphql-cost") == b"1" and run.cost is not None:
            cost = {"requested": run.cost, "maximum": self._settings.max_query_cost}
            extensions = {"cost": cost}
        shown = response(result, run, self._settings, extensions)
        status = shown.status if content_type is GRAPHQL_JSON else 200
        return repeats.Answer(status, content_type.decode(), shown.body)


def limits(settings: Settings) -> Limits:
    """What an operation may ask for: `max_query_depth` becomes `depth`."""
    names = [field.name for field in fields(Limits)]
    return Limits(**{name: getattr(settings, f"max_query_{name}") for name in names})


def _refused(error: RefusedError, status: int, facts: RequestFacts) -> Answer:
    facts.codes.append(error.extensions["code"])
    return Answer(status, error.body(facts.id), error.headers)


def _without_work(exchange: Exchange) -> Answer | None:
    """What needs neither a credential nor the schema: methods, and the redirect to GraphiQL."""
    if exchange.method == "OPTIONS":
        return Answer(204, b"", ((b"allow", ALLOWED),))
    if exchange.method not in ("GET", "HEAD", "POST"):
        raise _method_refused("Use POST, or GET for queries.", ALLOWED)
    if exchange.method == "POST" or not prefers_html(exchange.headers.get(b"accept"), GRAPHQL_JSON):
        return None
    asked = exchange.query_string
    if b"query=" in asked or b"documentId=" in asked or b"extensions=" in asked:
        return None
    return Answer(307, b"", ((b"location", GRAPHIQL + (b"?" + asked if asked else b"")),))


async def _caller(exchange: Exchange, request: Request) -> tuple[Caller, tuple[Window, ...]]:
    """Who asks, and what is left of its rates.

    RefusedError for nobody we know (401), too many requests (429), no database.
    """
    authenticator = exchange.state.authenticator
    try:
        caller = await authenticator.bearer(request)
        exchange.facts.credential = caller.id  # also of one that is refused from here on
        return caller, await authenticator.limit(caller)
    except GatewayError as error:
        raise refused_for(error) from None


def _require_served(run: Run, name: str | None, posted: bool) -> None:
    """RefusedError if an operation was refused for its type: 405 for a mutation by GET."""
    chosen = run.operation.named(name)
    if not chosen:
        return
    if chosen.operation.value == "subscription":
        message = (
            "A subscription needs a stream: send `Accept: text/event-stream`, or use a WebSocket "
            "with the subprotocol graphql-transport-ws."
        )
        raise RefusedError(400, "BAD_USER_INPUT", message, legacy=200)
    if chosen.operation.value == "mutation" and not posted:
        raise _method_refused("A mutation must be sent by POST.", b"POST")


def _method_refused(message: str, allowed: bytes) -> RefusedError:
    return RefusedError(405, "BAD_USER_INPUT", message, (b"allow", allowed))
