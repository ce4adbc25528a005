"""One run of an operation: GraphQL's context value, `info.context` in Strawberry's resolvers.

run = Run(context)
await schema.execute("{ botSessions { totalCount } }", context_value=run)
run.cost                                                # 2
run.operation.named(None).operation.value               # "query"
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import DocumentNode

from resolvers.context import Context
from resolvers.loader import Loader
from schema.execution.operation import Operation
from schema.execution.room import Room

NOT_PARSED: Final = Operation(DocumentNode(definitions=()))
"""Stands for the operation until the text is parsed."""


@dataclass(slots=True)
class Run:
    """What belongs to one run, beside the surroundings that the resolvers know."""

    context: Context
    operation: Operation = NOT_PARSED
    cost: int | None = None
    """None until it is known."""
    pace: asyncio.Semaphore | None = None
    """How many answers of subscriptions are worked out at once; None: all that can be."""
    _paced: bool = False
    over: bool = False
    """Of a subscription: whether what it followed has ended, with an error."""
    started: dict[str, asyncio.Future[Any]] = field(default_factory=dict)
    """Root fields that a program resolves already, by response name: nothing is resolved twice."""
    loader: Loader = field(init=False)
    """By-id reads."""
    room: Room = field(init=False)
    """What is left of the answer's largest size."""

    def __post_init__(self) -> None:
        """Each run reads for itself."""
        self.loader = Loader(self.context)
        self.room = Room(self.context.most_bytes)

    def begin_field(self, response_name: str) -> None:
        """A root field begins; graphql-core may begin one once more that a program has begun."""
        if self.context.repeat is not None:
            self.context.repeat.begin(response_name)

    async def begin_answer(self) -> None:
        """Begin the next answer of a subscription: with a time, reads and room of its own."""
        if self.pace is not None:
            await self.pace.acquire()
            self._paced = True
        self.context = self.context.renewed()
        self.started.clear()
        self.__post_init__()

    def end_answer(self) -> None:
        """Let the next subscription answer; nothing happens if no answer has begun."""
        if self.pace is not None and self._paced:
            self._paced = False
            self.pace.release()

    def leave(self) -> bool:
        """The client has gone: reads end; whether what has begun may be cancelled."""
        may = self.context.leave()
        if may:
            self.loader.cancel()
        return may
