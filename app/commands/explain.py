"""Shows what an operation becomes: its functions, and the commands that it sends.

No database is asked: reads by id find a plausible session, pages are empty, writes succeed. If the
text has several operations, all are shown. Exit status 2 means that the input cannot be used, 1
that the operation ended with an error.
"""

import argparse
import asyncio
import json
import logging
import pprint
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.commands.recording import Command, Recorder
from resolvers.errors import BadInput
from schema.execution import compiler
from schema.execution.operation import operation_names

RUNS = 2
"""The second one runs the program."""
WIDTH = 96


class UnusableError(Exception):
    """The input cannot be used."""


class _Sources(logging.Handler):
    """Collects the text of every function that is compiled."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Called by the compiler's logger."""
        self.texts.append(record.getMessage())


@contextmanager
def _sources() -> Iterator[list[str]]:
    """The text of every function that is compiled meanwhile."""
    handler, level = _Sources(), compiler.log.level
    compiler.log.addHandler(handler)
    compiler.log.setLevel(logging.DEBUG)
    try:
        yield handler.texts
    finally:
        compiler.log.setLevel(level)
        compiler.log.removeHandler(handler)


async def explain(text: str, variables: dict[str, Any], name: str | None) -> bool:
    """Print the functions and commands of each operation; whether all ended without errors."""
    recorder = await Recorder.ready()
    return all([await _explain(recorder, text, variables, one) for one in names(text, name)])


def names(text: str, name: str | None) -> list[str | None]:
    """The operations to explain; UnusableError if the text has none of that name."""
    try:
        found = operation_names(text)
    except BadInput as error:
        raise UnusableError(error.message) from None
    if name is None and found:
        return found
    if name not in found:
        raise UnusableError(f"the text has no operation {name or ''}".rstrip())
    return [name]


async def _explain(
    recorder: Recorder, text: str, variables: dict[str, Any], name: str | None
) -> bool:
    with _sources() as functions:
        for _ in range(RUNS):
            recording = await recorder.run(text, variables, name)
    if not recording.ran:
        raise UnusableError("\n".join(recording.errors))
    print(f"# Operation {name or 'without a name'}\n")
    print("## Functions" + ("" if functions else ": none, graphql-core does all of it"))
    print("\n" + "\n".join(functions))
    print("## Commands" + ("" if recording.commands else ": none"))
    for command in recording.commands:
        print(f"\n{shown(command)}")
    for error in recording.errors:
        print(f"\n## Error: {error}")
    print()
    return not recording.errors


def shown(command: Command) -> str:
    """`bot_sessions.find` and what it is given, a line or more for each part."""
    lines = [f"{command.collection}.{command.name}"]
    for name, value in command.given.items():
        text = pprint.pformat(value, width=WIDTH - len(name) - 4, sort_dicts=False)
        lines.append(f"  {name}: " + text.replace("\n", "\n" + " " * (len(name) + 4)))
    return "\n".join(lines)


def _variables(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None
    if not isinstance(given, Mapping):
        raise argparse.ArgumentTypeError("an object is required, with a value for each variable")
    return dict(given)


def _text(file: Path | None) -> str:
    try:
        return file.read_text(encoding="utf-8") if file else sys.stdin.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableError(f"{file or 'standard input'} cannot be read: {error}") from None


def main() -> int:
    """Read the operation and explain it."""
    parser = argparse.ArgumentParser(prog="scripts/explain", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="standard input if left out")
    parser.add_argument("--variables", type=_variables, default={}, help="a JSON object")
    parser.add_argument("--operation", help="which one, if the text has several")
    options = parser.parse_args()
    try:
        text = _text(options.file)
        done = asyncio.run(explain(text, options.variables, options.operation))
    except UnusableError as error:
        print(f"scripts/explain: {error}", file=sys.stderr)
        return 2
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
