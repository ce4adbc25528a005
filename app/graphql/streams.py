"""Operations that are answered more than once, whatever carries the answers.

    async for answer in streams.answers(asked, run, ANYTHING):
        answer.body                     # b'{"data": {"botSessionChanged": {…}}}'

What carries them is an Open stream for as long as it is: it ends when its key is revoked or has
expired, and when this process is about to end.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    aclosing,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from enum import Enum
from typing import Any, Final, NamedTuple

from graphql import GraphQLError
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from app.access.authenticator import Authenticator
from app.graphql.answers import Response, response, stored, too_large_response, whole
from app.graphql.media_types import GRAPHQL_JSON
from app.graphql.parameters import Parameters
from app.graphql.persisted import Documents
from app.graphql.repeating import keyed, once
from app.http.ending import Ending
from app.observing.requests import STREAM
from app.settings import Settings
from resolvers import repeats
from resolvers.access import Caller
from resolvers.errors import GatewayError, LimitExceeded, Unauthenticated
from resolvers.request_facts import RequestFacts
from schema.build import Schema
from schema.execution.room import AnswerTooLargeError
from schema.execution.run import Run

log = logging.getLogger(__name__)

READING: Final = {OperationType.QUERY, OperationType.SUBSCRIPTION}
ANYTHING: Final = {*READING, OperationType.MUTATION}
AT_ONCE: Final = 16
"""Answers that are worked out before other requests are: a change may reach thousands."""
LOOK_SECONDS: Final = 0.5
"""How often keys are looked at; with what is remembered of them, 5 seconds in all at most."""
SLOW: Final = "SLOW_READER"

Place = Callable[[], AbstractAsyncContextManager[None]]


class End(Enum):
    """Why a stream ended before its client wanted."""

    REVOKED = "The key is no longer valid."
    CLOSING = "The server is about to end: connect again."


class Answer(NamedTuple):
    """One response of an operation."""

    body: bytes
    """The JSON object of a GraphQL response."""
    code: str | None
    """Of its first error."""
    final: bool
    """Whether it says why no more comes."""


class Open:
    """A connection that carries answers, and whose key may end it."""

    def __init__(self, caller: Caller, ending: Ending | None) -> None:
        self.caller = caller
        self.ending = ending
        self.ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()

    def end(self, why: End) -> None:
        """Let the connection know."""
        if not self.ended.done():
            self.ended.set_result(why)


class Streams:
    """All of one process."""

    def __init__(self, schema: Schema, settings: Settings, documents: Documents) -> None:
        self._schema = schema
        self._settings = settings
        self._documents = documents
        self._subscriptions: Counter[str] = Counter()
        self._pace = asyncio.Semaphore(AT_ONCE)
        self._open: dict[Caller, dict[Open, None]] = {}
        self._watch: asyncio.Task[None] | None = None
        self.told: Callable[[str], object] = lambda _outcome: None
        """Called with `sent` or `left_behind` for each change."""
        self.ended: Callable[[RequestFacts, int, float], object] = lambda *_: None
        """Called with the facts, the status that a response would have had, and the seconds of each
        operation that came over a WebSocket."""

    def __len__(self) -> int:
        """How many subscriptions there are."""
        return self._subscriptions.total()

    async def answers(
        self,
        asked: Parameters,
        run: Run,
        types: set[OperationType],
        place: Place = nullcontext,
        header: bytes | None = None,
    ) -> AsyncGenerator[Answer, None]:
        """The answers: one of a query or a mutation, which waits for its place.

        `header` is an `Idempotency-Key`, from where there are headers.
        """
        text = self._documents.text(asked)
        if not self._subscribes(text, asked.operation_name, run.context.facts):
            async with place():
                only = await self._only(text, asked, run, types, header)
            yield _answer(only)
            return
        run.context.facts.api = STREAM
        with self._counted(run.context.caller):
            async with aclosing(self._followed(text, asked, run)) as answers:
                async for answer in answers:
                    yield answer

    async def _only(
        self,
        text: str,
        asked: Parameters,
        run: Run,
        types: set[OperationType],
        header: bytes | None,
    ) -> Response:
        """The answer of a query or a mutation; GatewayError for one of a key that is refused."""

        async def work() -> Response:
            result = await self._schema.execute(
                text, asked.variables, run, None, asked.operation_name, types
            )
            return response(result, run, self._settings)

        async def kept() -> repeats.Answer:
            shown = await work()
            return repeats.Answer(shown.status, GRAPHQL_JSON.decode(), shown.body)

        key = keyed(self._schema, text, asked, header)
        if key is None:
            return await work()
        answer, _ = await once(key, run, self._settings.idempotency_seconds, kept)
        return stored(answer.body)

    async def _followed(
        self, text: str, asked: Parameters, run: Run
    ) -> AsyncGenerator[Answer, None]:
        results: Any = await self._schema.subscribe(
            text, asked.variables, run, None, asked.operation_name
        )
        run.pace = self._pace
        try:
            async with aclosing(results):
                async for result in results:
                    run.end_answer()
                    over = run.over or isinstance(result, PreExecutionError)
                    answer = _answer(whole(result, run, self._settings), over)
                    self._tell(answer)
                    yield answer
        except AnswerTooLargeError:
            yield _answer(too_large_response(run, self._settings))
        finally:
            run.end_answer()

    def _tell(self, answer: Answer) -> None:
        if not answer.final:
            self.told("sent")
        elif answer.code == SLOW:
            self.told("left_behind")

    def _subscribes(self, text: str, name: str | None, facts: RequestFacts) -> bool:
        """Whether the operation is a subscription; what is wrong with it is said by running it.

        Its name is noted before anything is shown.
        """
        try:
            definition = self._schema.operations.get(text).named(name)
        except (GraphQLError, GatewayError):
            return False
        if definition is not None and definition.name:
            facts.operation = definition.name.value
        return definition is not None and definition.operation.value == "subscription"

    @contextmanager
    def _counted(self, caller: Caller) -> Iterator[None]:
        """Count a subscription of a key; LimitExceeded if it is one too many."""
        most = self._settings.max_subscriptions
        if self._subscriptions[caller.id] >= most:
            raise LimitExceeded(
                f"At most {most} subscriptions of one key are served at the same time. End one of "
                "them, or ask for less with fewer: one over `sessionChanged` follows all kinds.",
                limit="subscriptions",
                maximum=most,
            )
        self._subscriptions[caller.id] += 1
        try:
            yield
        finally:
            self._subscriptions[caller.id] -= 1
            if not self._subscriptions[caller.id]:
                del self._subscriptions[caller.id]

    @asynccontextmanager
    async def watched(self, stream: Open, authenticator: Authenticator) -> AsyncIterator[None]:
        """Look after a stream's key meanwhile."""
        caller = stream.caller
        self._open.setdefault(caller, {})[stream] = None
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._look_often(authenticator))
        try:
            yield
        finally:
            del self._open[caller][stream]
            if not self._open[caller]:
                del self._open[caller]

    async def _look_often(self, authenticator: Authenticator) -> None:
        """Until no stream is open."""
        while self._open:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look(authenticator)
            except Exception:  # the next look is in half a second
                log.exception("the keys of streams could not be looked at")

    async def _look(self, authenticator: Authenticator) -> None:
        """All streams of a key are looked at together; all of a process end together."""
        for caller in list(self._open):
            streams = self._open.get(caller)
            if not streams:  # they ended while another key was looked at
                continue
            ending = next(iter(streams)).ending
            if ending is not None and ending.closing:
                why = End.CLOSING
            elif not await _valid(authenticator, caller):
                why = End.REVOKED
            else:
                continue
            for stream in streams:
                stream.end(why)


async def _valid(authenticator: Authenticator, caller: Caller) -> bool:
    """Whether a stream goes on: its key may do what it might when the stream began.

    Where the database does not answer, it does until the key expires.
    """
    try:
        return await authenticator.current(caller) == caller
    except Unauthenticated:
        return False
    except GatewayError:
        return True


def _answer(shown: Response, over: bool = False) -> Answer:
    return Answer(shown.body, shown.code, over or not shown.executed)
