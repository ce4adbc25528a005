"""Root fields apart from Strawberry: what they read and how they resolve, from plain arguments.

A root field is declared to Strawberry by a resolver with typed arguments, and does its work here,
so that a prepared operation (schema.execution.program) can call it without anything in between.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import GraphQLResolveInfo
from strawberry import UNSET, Info
from strawberry.types.field import StrawberryField

from resolvers.context import Context
from schema.inputs import plain

ROOT = "root"
"""Where a field's metadata keeps its Root."""
OUTCOMES = "outcomes"
"""Where a context's cache keeps root values that a program resolved already."""

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Root:
    """A root field's work."""

    resolve: Callable[[Context, Any, Arguments], Awaitable[Any]]
    """From the context, what is wanted, and the given arguments by their GraphQL names."""
    wanted: Callable[[GraphQLResolveInfo[Any]], Any] = lambda _info: None
    """What the selection needs, the same for every run of an operation."""

    async def answer(self, info: Info, **arguments: Any) -> Any:
        """The resolver's way in: the outcome that is known already, or a new one."""
        cache = info.context.cache
        known = cache.get(OUTCOMES, {}).pop(info.path.key, UNSET)
        if isinstance(known, Exception):
            raise known
        if known is not UNSET:
            return known
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
