"""GraphQL over WebSocket: the protocol graphql-transport-ws, for any operation.

    client                                   server
    connection_init {"Authorization": …}     connection_ack
    subscribe, id, {"query": …}              next, id, {"data": …}    again and again
                                             complete, id             or error, id, [{…}]
    complete, id

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. Strawberry's handler runs all
operations of a connection with one context, and shows errors without their codes: so this is the
thinnest one that runs each as a request of its own (docs/adr/0035-transports.md).
"""

import asyncio
import logging
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from app.context import State
from app.graphql.parameters import checked
from app.graphql.streams import ANYTHING, SLOW, Answer, End, Open, Streams
from app.http import ending
from app.http.refusal import RefusedError
from app.http.request_id import made
from app.json_refusals import refused_for
from app.observing.facts import facts_of
from app.observing.requests import STREAM
from app.settings import Settings
from resolvers.errors import GatewayError, LimitExceeded
from resolvers.request_facts import CURRENT, RequestFacts
from schema.errors import INTERNAL_MESSAGE
from schema.execution.run import Run

log = logging.getLogger(__name__)

PROTOCOL: Final = "graphql-transport-ws"
MOST_OPERATIONS: Final = 1000
"""At the same time, of one connection."""

BAD_REQUEST: Final = 4400
UNAUTHORIZED: Final = 4401
FORBIDDEN: Final = 4403
NO_PROTOCOL: Final = 4406
NO_INIT: Final = 4408
ID_TAKEN: Final = 4409
TOO_SLOW: Final = 4410
TOO_MANY_INITS: Final = 4429
RESTART: Final = 1012
TRY_LATER: Final = 1013
"""Codes that close a connection; those above 4000 are the protocol's, but for TOO_SLOW."""
KEY_NAMES: Final = {
    "authorization": b"authorization",
    "apikey": b"x-api-key",
    "x-api-key": b"x-api-key",
}
"""Of members of connection_init's payload, in any case, and the headers that they stand for."""
CODES: Final = {"UNAVAILABLE": TRY_LATER, "TIMEOUT": TRY_LATER, "RATE_LIMITED": TRY_LATER}
"""How a refused connection is closed; 4403 otherwise."""


class ClosedError(Exception):
    """Closes the connection, with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(slots=True)
class Operation:
    """One that runs; `surplus` if too many of its connection do, so that it is refused."""

    run: Run
    surplus: bool
    task: "asyncio.Task[None]" = field(init=False)

    def leave(self) -> None:
        """Nobody waits for it: it ends, unless it writes."""
        if self.run.leave():
            self.task.cancel()


class Connection:
    """One client's."""

    def __init__(
        self, streams: Streams, settings: Settings, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._streams = streams
        self._settings = settings
        self._scope, self._receive, self._send = scope, receive, send
        self._stream: Open | None = None
        """Once a key was accepted."""
        self._initialised = False
        self._closed = False
        self._operations: dict[str, Operation] = {}

    @property
    def _state(self) -> State:
        state: State = self._scope["app"].state.gateway
        return state

    async def serve(self) -> None:
        """Until either side closes it."""
        facts_of(self._scope).api = STREAM
        await self._receive()  # websocket.connect
        known = PROTOCOL in self._scope["subprotocols"]
        await self._send({"type": "websocket.accept", "subprotocol": PROTOCOL if known else None})
        late = asyncio.create_task(self._require_init())
        try:
            if not known:
                raise ClosedError(NO_PROTOCOL, f"Ask for the subprotocol {PROTOCOL}.")
            await self._talk()
        except ClosedError as error:
            await self._close(error.code, str(error))
        finally:
            late.cancel()
            self._closed = True
            for operation in list(self._operations.values()):
                operation.leave()

    async def _require_init(self) -> None:
        await asyncio.sleep(self._settings.head_seconds)
        if not self._initialised:
            await self._close(NO_INIT, "connection_init did not arrive in time.")

    async def _talk(self) -> None:
        """The messages before and with `connection_init`, then those of a known caller."""
        while self._stream is None:
            message = await self._message()
            if message is None:
                return
            if message["type"] == "connection_init":
                self._stream = await self._init(message.get("payload"))
            else:
                await self._answer(message)
        async with self._streams.watched(self._stream, self._state.authenticator):
            self._stream.ended.add_done_callback(self._end)
            await self._send_json({"type": "connection_ack"})
            while (message := await self._message()) is not None:
                if message["type"] == "connection_init":
                    raise ClosedError(TOO_MANY_INITS, "Too many initialisation requests.")
                await self._answer(message)

    async def _message(self) -> dict[str, Any] | None:
        """The next message; None once the client has gone."""
        event = await self._receive()
        if event["type"] == "websocket.disconnect" or self._closed:
            return None
        try:
            message = orjson.loads(event.get("text") or b"")
        except orjson.JSONDecodeError:
            raise ClosedError(BAD_REQUEST, "A message is not JSON text.") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise ClosedError(BAD_REQUEST, "A message is not an object with a `type`.")
        return message

    async def _init(self, payload: Any) -> Open:
        self._initialised = True
        if payload is not None and not isinstance(payload, dict):
            raise ClosedError(BAD_REQUEST, "connection_init: the payload is not an object.")
        connection = HTTPConnection({**self._scope, "headers": self._headers(payload or {})})
        authenticator = self._state.authenticator
        try:
            caller = await authenticator.bearer(connection)
            await authenticator.limit(caller)
        except GatewayError as error:
            raise ClosedError(CODES.get(error.code, FORBIDDEN), error.message) from None
        facts_of(self._scope).credential = caller.id
        return Open(caller, self._scope["state"].get(ending.NAME))

    def _headers(self, payload: dict[str, Any]) -> list[tuple[bytes, bytes]]:
        """The request's, with the key of the payload: two different ones are refused."""
        added = [
            (KEY_NAMES[name.lower()], value.encode("latin-1", "replace"))
            for name, value in payload.items()
            if name.lower() in KEY_NAMES and isinstance(value, str)
        ]
        return [*self._scope["headers"], *added]

    def _end(self, ended: "asyncio.Future[End]") -> None:
        if not ended.cancelled():
            why = ended.result()
            code = FORBIDDEN if why is End.REVOKED else RESTART
            asyncio.ensure_future(self._close(code, why.value))  # noqa: RUF006  it ends by itself

    async def _answer(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "ping":
                payload = message.get("payload")
                pong = {} if payload is None else {"payload": payload}
                await self._send_json({"type": "pong", **pong})
            case "pong":
                pass
            case "subscribe":
                self._subscribe(message.get("id"), message.get("payload"))
            case "complete":
                operation = self._operations.pop(str(message.get("id")), None)
                if operation:
                    operation.leave()
            case other:
                raise ClosedError(BAD_REQUEST, f"Unknown message type {other!r:.50}.")

    def _subscribe(self, id_: Any, payload: Any) -> None:
        if self._stream is None:
            raise ClosedError(UNAUTHORIZED, "Send connection_init, and wait for connection_ack.")
        if not isinstance(id_, str) or not id_ or not isinstance(payload, dict):
            raise ClosedError(BAD_REQUEST, "subscribe: an `id` and a `payload` are required.")
        if id_ in self._operations:
            raise ClosedError(ID_TAKEN, f"Subscriber for {id_:.50} already exists")
        facts = RequestFacts(made(), api="graphql", credential=self._stream.caller.id)
        run = Run(self._state.context(self._stream.caller, facts))
        surplus = len(self._operations) >= MOST_OPERATIONS
        operation = self._operations[id_] = Operation(run, surplus)
        operation.task = asyncio.create_task(self._run(id_, operation, payload))

    async def _run(self, id_: str, operation: Operation, payload: dict[str, Any]) -> None:
        facts = operation.run.context.facts
        CURRENT.set(facts)
        began = time.perf_counter()
        refused: RefusedError | None = None
        final: list[dict[str, Any]] | None = None
        try:
            final = await self._answered(id_, operation, payload)
        except RefusedError as error:
            refused = error
        except GatewayError as error:
            refused = refused_for(error)
        except ClosedError as error:
            await self._close(error.code, str(error))
            return
        except OSError:  # the client has gone
            return
        except Exception:
            log.exception("an operation over a WebSocket failed")
            refused = RefusedError(500, "INTERNAL", INTERNAL_MESSAGE)
        finally:
            if refused:
                facts.codes.append(refused.extensions["code"])
            status = refused.status if refused else 200
            self._streams.ended(facts, status, time.perf_counter() - began)
        if refused:
            final = orjson.loads(refused.body(facts.id))["errors"]
        if self._operations.get(id_) is operation:
            del self._operations[id_]
            await self._send_json(
                {"id": id_, "type": "complete"}
                if final is None
                else {"id": id_, "type": "error", "payload": final}
            )

    async def _answered(
        self, id_: str, operation: Operation, payload: dict[str, Any]
    ) -> list[dict[str, Any]] | None:
        """Send all answers; the errors that end them, if some do."""
        run = operation.run
        if operation.surplus:
            raise LimitExceeded(
                f"At most {MOST_OPERATIONS} operations of one connection run at the same time.",
                limit="operations",
                maximum=MOST_OPERATIONS,
            )
        await self._state.authenticator.limit(run.context.caller)
        asked = checked(payload)

        def place() -> Any:
            return self._scope["app"].admission.place(self._scope)

        answers = self._streams.answers(asked, run, ANYTHING, place)
        async with aclosing(answers):
            async for answer in answers:
                if answer.final:
                    return _final(answer)
                if self._operations.get(id_) is operation:
                    body = orjson.Fragment(answer.body)
                    await self._send_json({"id": id_, "type": "next", "payload": body})
        return None

    async def _send_json(self, message: dict[str, Any]) -> None:
        if not self._closed:
            await self._send({"type": "websocket.send", "text": orjson.dumps(message).decode()})

    async def _close(self, code: int, reason: str) -> None:
        """Close it once; a reason has at most 123 bytes."""
        if not self._closed:
            self._closed = True
            text = reason.encode()[:120].decode(errors="ignore")
            await self._send({"type": "websocket.close", "code": code, "reason": text})


def _final(answer: Answer) -> list[dict[str, Any]]:
    errors: list[dict[str, Any]] = orjson.loads(answer.body)["errors"]
    if answer.code == SLOW:
        raise ClosedError(TOO_SLOW, errors[0]["message"])
    return errors
