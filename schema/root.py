"""Root fields apart from Strawberry: what they read and how they resolve, from plain arguments.

A root field is declared to Strawberry by a resolver with typed arguments, and does its work here,
so that a prepared operation (schema.execution.program) can call it without anything in between.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import strawberry
from graphql import GraphQLResolveInfo
from strawberry import UNSET, Info
from strawberry.types.field import StrawberryField

from resolvers.context import Context
from schema.inputs import plain

ROOT = "root"
"""Where a field's metadata keeps its Root."""
OUTCOMES = "outcomes"
"""Where a context's cache keeps the Outcome of each root field that a program resolved already."""
TURN = 4
"""Rounds of the event loop: long enough for an error to reach the top of graphql-core."""

Arguments = Mapping[str, Any]


class Outcome(NamedTuple):
    """What a root field ended with; an exception is one, too."""

    value: Any
    turn: int = 0
    """How many fields that had to wait ended before it. Errors of several fields are told in the
    order in which they happened, and none after one that leaves no data at all."""

    async def again(self) -> Any:
        """Return or raise it, in its turn."""
        for _ in range(TURN * self.turn):
            await asyncio.sleep(0)
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


@dataclass(frozen=True, slots=True)
class Root:
    """A root field's work."""

    resolve: Callable[[Context, Any, Arguments], Awaitable[Any]]
    """From the context, what is wanted, and the given arguments by their GraphQL names."""
    wanted: Callable[[GraphQLResolveInfo[Any]], Any] = lambda _info: None
    """What the selection needs, the same for every run of an operation."""

    async def answer(self, info: Info, **arguments: Any) -> Any:
        """The resolver's way in: the outcome that is known already, or a new one."""
        known: Outcome | None = info.context.cache.get(OUTCOMES, {}).pop(info.path.key, None)
        if known is not None:
            return await known.again()
        given = {name: plain(value) for name, value in arguments.items() if value is not UNSET}
        return await self.resolve(info.context, self.wanted(info._raw_info), given)


def root_field(
    root: Root,
    resolver: Callable[..., Any],
    description: str,
    returns: Any,
    **arguments: Any,
) -> StrawberryField:
    """A Strawberry field that does the work of `root`; the types are known only at run time."""
    resolver.__annotations__ |= {"info": Info, "return": returns, **arguments}
    return strawberry.field(resolver, description=description, metadata={ROOT: root})
