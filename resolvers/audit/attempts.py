"""Refused writes: each verb that writes is decorated, so that no refusal is forgotten.

    @attempt(Act.UPDATED)
    async def act(context, kind, session_id, change): ...

What is written is noted where it is written (resolvers.store.witness); this is about the rest.
Verbs about many sessions raise no error for one of them: they call `refused_alone`.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from resolvers.audit.entries import Act
from resolvers.audit.witness import REFUSALS
from resolvers.context import Context
from resolvers.errors import UserError
from resolvers.kind import Kind

P = ParamSpec("P")
T = TypeVar("T")
Verb = Callable[Concatenate[Context, P], Coroutine[Any, Any, T]]


def attempt(act: Act) -> Callable[[Verb[P, T]], Verb[P, T]]:
    """A verb whose refusals are noted, with the kind and the session id that it was given."""

    def decorated(verb: Verb[P, T]) -> Verb[P, T]:
        @wraps(verb)
        async def attempted(context: Context, /, *given: P.args, **options: P.kwargs) -> T:
            try:
                return await verb(context, *given, **options)
            except REFUSALS as error:
                if witness := context.store.witness:
                    kind = given[0] if given and isinstance(given[0], Kind) else None
                    witness.refused(act, kind, _ids(given[1:] if kind else ()), error)
                raise

        return attempted

    return decorated


def refused_alone(
    context: Context, act: Act, kind: Kind, refused: Iterable[tuple[Any, UserError]]
) -> None:
    """Note the sessions of a request that were refused while others were written.

    `refused` has for each what `attempt` would be given: its id, or the values of a new one. Those
    with one reason share an entry; a new one without an id has an entry of its own.
    """
    if (witness := context.store.witness) is None:
        return
    alike: dict[str, tuple[UserError, list[str]]] = {}
    for given, error in refused:
        if ids := _ids((given,)):
            alike.setdefault(error.code, (error, []))[1].extend(ids)
        else:
            witness.refused(act, kind, (), error)
    for error, ids in alike.values():
        witness.refused(act, kind, ids, error)


def _ids(given: tuple[Any, ...]) -> list[str]:
    """The session id among what a verb was given: itself, or in the values of a new session."""
    first = given[0] if given else None
    session_id = first.get("sessionId") if isinstance(first, Mapping) else first
    return [session_id] if isinstance(session_id, str) else []
