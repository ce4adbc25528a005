"""Shows what an operation becomes: its functions, and the commands that it sends.

It runs over a database that holds nothing and notes every read; a mutation's writes are refused.
"""

import argparse
import asyncio
import json
import pprint
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from resolvers.context import Context
from resolvers.errors import Conflict
from resolvers.store.store import Store
from schema.build import build
from schema.execution import compiler
from schema.execution.tree import Selection

RUNS = 2
"""The second one runs the program."""


class _Rows:
    """No rows."""

    async def to_list(self, _most: int | None) -> list[Any]:
        return []


class _Collection:
    """Prints what it is asked, and holds nothing."""

    def __init__(self, name: str, say: Callable[[str], None]) -> None:
        self._name = name
        self._say = say

    def find(self, wanted: Any, projection: Any = None, **options: Any) -> _Rows:
        """A find."""
        self._note("find", filter=wanted, projection=projection, **options)
        return _Rows()

    async def aggregate(self, stages: Any, **_options: Any) -> _Rows:
        """A pipeline."""
        self._note("aggregate", pipeline=stages)
        return _Rows()

    async def count_documents(self, wanted: Any, **_options: Any) -> int:
        """A count of matches."""
        self._note("count", query=wanted)
        return 0

    async def estimated_document_count(self, **_options: Any) -> int:
        """A count of everything."""
        self._note("count")
        return 0

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        def write(*parts: Any, **_options: Any) -> NoReturn:
            self._note(name, *parts)
            raise Conflict("Nothing is written here.")

        return write

    def _note(self, command: str, *parts: Any, **named: Any) -> None:
        self._say(f"{self._name}.{command}")
        shown = [*parts, *([named] if named else [])]
        self._say("\n".join(pprint.pformat(part, width=96, sort_dicts=False) for part in shown))


class _Database:
    """Collections of any name."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def __getitem__(self, name: str) -> _Collection:
        return _Collection(name, self._say)


@contextmanager
def _sources(say: Callable[[str], None]) -> Iterator[None]:
    """Say the text of every function that is compiled meanwhile."""
    original = compiler.compile_selection

    def compile_and_say(selection: Selection) -> compiler.Renderer:
        say(f"\n# {selection.type_name}\n{compiler.write(selection)[0]}")
        return original(selection)

    compiler.compile_selection = compile_and_say
    try:
        yield
    finally:
        compiler.compile_selection = original


async def explain(
    text: str, variables: dict[str, Any], name: str | None, say: Callable[[str], None]
) -> list[str]:
    """Say the functions and commands of an operation; the errors that it ends with."""
    schema = build()
    functions: list[str] = []
    commands: list[str] = []
    errors: list[str] = []
    with _sources(functions.append):
        for _ in range(RUNS):
            commands.clear()
            result = await schema.execute(
                text,
                variable_values=dict(variables),
                operation_name=name,
                context_value=Context(Store(_Database(commands.append), 60.0)),
            )
            errors = [error.message for error in result.errors or ()]
    say("# Functions" + ("" if functions else ": none, graphql-core does it all"))
    say("\n".join(functions))
    say("# Commands" + ("" if commands else ": none"))
    say("\n".join(commands))
    return errors


def main() -> None:
    """Read the operation and explain it."""
    parser = argparse.ArgumentParser(prog="scripts/explain", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="standard input if left out")
    parser.add_argument("--variables", type=json.loads, default={}, help="a JSON object")
    parser.add_argument("--operation", help="which one, if the text holds several")
    options = parser.parse_args()
    text = options.file.read_text() if options.file else sys.stdin.read()
    errors = asyncio.run(explain(text, options.variables, options.operation, print))
    for error in errors:
        print(f"# Error: {error}", file=sys.stderr)
    if errors:
        sys.exit(1)


if __name__ == "__main__":
    main()
