"""Answers as server-sent events: the distinct connections mode of graphql-sse.

    event: next
    data: {"data": {"botSessionChanged": {"action": "CREATED"}}}

    event: complete
    data:

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md. What is refused before the stream
begins has its status, as any request; later errors are a last `next`. A server that ends says no
`complete`: clients then connect again.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from starlette.types import Receive, Send

from app.graphql.media_types import EVENT_STREAM
from app.graphql.streams import Answer, End, Open
from app.http.refusal import RefusedError
from app.json_refusals import refused_for
from resolvers.errors import GatewayError
from resolvers.request_facts import RequestFacts
from schema.execution.run import Run

KEEP_ALIVE_SECONDS: Final = 12.0
"""Shorter than the idle limits of proxies."""
HEADERS: Final = [
    (b"content-type", EVENT_STREAM),
    (b"vary", b"Accept"),
    (b"x-accel-buffering", b"no"),  # nginx would keep events back
]
COMPLETE: Final = b"event: complete\ndata:\n\n"


async def serve(
    answers: AsyncGenerator[Answer, None], stream: Open, receive: Receive, send: Send, run: Run
) -> None:
    """Send all answers of a run, until they or the client's connection end."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    left = asyncio.create_task(_left(receive))
    try:
        async with aclosing(answers):
            await _sent(answers, stream, left, send, run)
    finally:
        left.cancel()


async def _sent(
    answers: AsyncGenerator[Answer, None],
    stream: Open,
    left: "asyncio.Task[None]",
    send: Send,
    run: Run,
) -> None:
    coming = _coming(answers)
    try:
        while True:
            waited: set[asyncio.Future[Any]] = {coming, left, stream.ended}
            await asyncio.wait(
                waited, timeout=KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if left.done():
                return
            if stream.ended.done():
                await _end(send, stream.ended.result(), run.context.facts.id)
                return
            if not coming.done():
                await _write(send, b":\n\n", True)
                continue
            answer = coming.result()
            if answer is None:
                await _write(send, COMPLETE, False)
                return
            await _write(send, _next(answer.body), True)
            coming = _coming(answers)
    finally:
        if run.leave():  # else it writes, and is waited for
            coming.cancel()
        await asyncio.wait({coming})


async def begun(
    answers: AsyncGenerator[Answer, None], facts: RequestFacts
) -> AsyncGenerator[Answer, None]:
    """The answers; what refuses them once the response has begun is the last one."""
    try:
        async with aclosing(answers):
            async for answer in answers:
                yield answer
    except RefusedError as error:
        yield _refused(error, facts)
    except GatewayError as error:
        yield _refused(refused_for(error), facts)


def _refused(error: RefusedError, facts: RequestFacts) -> Answer:
    facts.codes.append(error.extensions["code"])
    return Answer(error.body(facts.id), error.extensions["code"], True)


def _coming(answers: AsyncGenerator[Answer, None]) -> "asyncio.Task[Answer | None]":
    async def one() -> Answer | None:
        return await anext(answers, None)

    return asyncio.create_task(one())


def _next(body: bytes) -> bytes:
    return b"event: next\ndata: %b\n\n" % body


async def _end(send: Send, why: End, id_: str) -> None:
    if why is End.REVOKED:
        error = RefusedError(401, "UNAUTHENTICATED", why.value).body(id_)
        await _write(send, _next(error) + COMPLETE, False)
    else:
        await _write(send, b"", False)


async def _write(send: Send, body: bytes, more: bool) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
