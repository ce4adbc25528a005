"""Mutations with an idempotency key: carried out once, answered each time, over any transport.

The key is the header `Idempotency-Key`; or `idempotencyKey` among the request's `extensions`, as a
message over a WebSocket has no headers:

{"query": "mutation …", "extensions": {"idempotencyKey": "8e03978e-40d5-43dd-bc93-6894a57f9324"}}
"""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import orjson

from app.graphql.changing import changes, is_wide
from app.graphql.parameters import Parameters
from resolvers import repeats
from resolvers.errors import BadInput
from schema.build import Schema
from schema.execution.run import Run

MEMBER: Final = "idempotencyKey"
Work = Callable[[], Awaitable[repeats.Answer]]


class Keyed(NamedTuple):
    """A mutation with a key."""

    key: str
    asked: str
    """What distinguishes it from others: the same over all transports."""


def keyed(schema: Schema, text: str, asked: Parameters, header: bytes | None) -> Keyed | None:
    """The key of a mutation, with what it is for; None without one, and for what changes nothing.

    BadInput for anything else in its place, and for two different keys.
    """
    given = asked.extensions.get(MEMBER)
    if (header is None and given is None) or not changes(schema, text, asked):
        return None
    if given is not None and not isinstance(given, str):
        raise BadInput(f"extensions.{MEMBER}: a text is required.", argument=MEMBER)
    texts = [] if given is None else [given]
    if header is not None:
        texts.append(header.decode("latin-1"))
    if len({repeats.checked_key(one) for one in texts}) > 1:
        raise BadInput(
            f"extensions.{MEMBER}: the header Idempotency-Key has another key. Send one of them.",
            argument=MEMBER,
        )
    variables = orjson.dumps(asked.variables or {}, option=orjson.OPT_SORT_KEYS)
    digest = repeats.digest("graphql", text, asked.operation_name or "", variables)
    return Keyed(texts[0], digest)


async def once(keyed: Keyed, run: Run, lifetime: int, work: Work) -> tuple[repeats.Answer, bool]:
    """What the mutation was answered, and whether an earlier request was: then nothing is done.

    Otherwise it is `work`. The refusals of `resolvers.repeats.begin` are raised.
    """
    context = run.context
    found = await repeats.begin(context, keyed.key, keyed.asked, lifetime)
    if found is not None:
        return found, True
    answer = None
    try:
        answer = await work()
        return answer, False
    finally:
        if context.repeat and is_wide(run.operation.document):
            context.repeat.sessions.add(repeats.wide(context.caller))
        await repeats.finish(context, answer, context.facts.codes)
