"""One schema over a noting database, asked a few times."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from resolvers.context import Context
from resolvers.store.store import Store
from schema.build import Schema
from schema.execution.operations import OperationCache
from tests.schema.execution.database import Database
from tests.timing import limit


@dataclass
class Asker:
    """Asks one schema on a loop of its own each time."""

    schema: Schema
    database: Database = field(default_factory=Database)
    deadline: float = limit(5)

    @property
    def operations(self) -> OperationCache:
        """What the schema remembers."""
        assert self.schema.programs is not None
        return self.schema.programs._operations

    def __call__(self, *texts: str, **variables: Any) -> Any:
        """The last text's result."""
        return asyncio.run(self._ask(texts, variables))

    async def _ask(self, texts: tuple[str, ...], variables: dict[str, Any]) -> Any:
        result = None
        for text in texts:
            context = Context(Store(self.database, self.deadline))
            result = await self.schema.execute(
                text, variable_values=variables, context_value=context
            )
        return result

    def sent(self) -> list[str]:
        """The commands since the last time, in any order."""
        found = sorted(self.database.commands)
        self.database.commands.clear()
        return found
