"""`docs/map.md`: which functions, collection and index stand behind each URL and GraphQL field.

Nothing is listed by hand. Paths and handlers come from the route table, root fields from the
schema. A sample of each root field runs over a database that notes its commands
(app.commands.recording): the resolver is the first function of `resolvers/` that is called with the
request's context, and the index follows from the commands. Which resolvers a handler calls is read
from its source.
`scripts/map` writes the page, `scripts/map --check` fails if it is stale.
"""

import argparse
import ast
import asyncio
import importlib
import inspect
import pkgutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import resolvers
from app.commands.recording import Command, Recorder
from app.rest import VENDORS
from app.rest.vendor import Endpoint
from resolvers.kind import Kind
from schema.build import root_fields
from schema.kinds import KINDS
from schema.sample_operations import sample
from schema.strawberry_internals import core_schema

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "map.md"
NONE = "–"
ID = "_id_"
CREATIONS = frozenset({"insert_one", "insert_many"})
"""Commands that read ids alone, to refuse one that is taken."""
EVERYTHING = "none: it reads every session"
UNKNOWN = "none"
KIND_OF_ID = "of the kind that the id names"
ALL_KINDS = "of all kinds"
WORDS = frozenset({NONE, EVERYTHING, UNKNOWN, KIND_OF_ID, ALL_KINDS})
"""Cells that are not names."""
OURS = ("app.rest.", "schema.")
"""Where the search for calls goes on."""

INTRODUCTION = """# Map

Made by `scripts/map` from the route table, the schema and the kinds; do not edit it by hand.

For contributors. Each row leads from a URL and a GraphQL field to the resolver of `resolvers/` that
is called first (`viewer` needs none), and shows which collection and index it reads.
`scripts/explain` shows the commands of an operation.

- The index is the one of the default request: no filter, newest first. A creation uses the index
  of ids to refuse an id that is taken. The dates of a chat summary use `startedAt__id`.
- If a URL is in several rows, the request decides. The knowledge URLs create or link a session
  whose id is unknown. The bot URLs read single sessions if the body names ids.
"""
HEAD = ("URL", "handler", "GraphQL field", "function", "resolver", "at", "collection", "index")

Work = Callable[..., Any]


def _resolvers() -> Iterator[tuple[str, Work]]:
    """The public coroutines of `resolvers/` that begin with a request's context."""
    for found in pkgutil.iter_modules(resolvers.__path__):
        module = importlib.import_module(f"{resolvers.__name__}.{found.name}")
        for name, function in vars(module).items():
            if (
                inspect.iscoroutinefunction(function)
                and function.__module__ == module.__name__
                and not name.startswith("_")
                and next(iter(inspect.signature(function).parameters), "") == "context"
            ):
                yield f"{found.name}.{name}", function


RESOLVERS: Mapping[str, Work] = dict(_resolvers())
"""By module and name: `sessions.get`."""
VERBS: Mapping[CodeType, str] = {
    inspect.unwrap(function).__code__: name for name, function in RESOLVERS.items()
}
"""The same, by what identifies a call of theirs."""
READS_BY_ID = frozenset({"sessions.get", "sessions.get_many"})
"""The first only calls the second: what leads to one of them leads to both."""
KIND_OF = {entry.kind.collection: entry.kind for entry in KINDS}


@dataclass(frozen=True, slots=True)
class Row:
    """One path from a URL or a field to the database."""

    url: str
    handler: str
    field: str
    function: str
    resolver: str
    """`sessions.get`."""
    collection: str
    commands: list[Command]
    """What the default request sends."""

    @property
    def index(self) -> str:
        """The indexes of the kind's collection that serve the commands."""
        found = {
            served(KIND_OF[command.collection], command): None
            for command in self.commands
            if command.collection in KIND_OF
        }
        return ", ".join(found) or UNKNOWN


def rows() -> list[Row]:
    """Every root field, once for each vendor path that calls the same resolver of its kind."""
    return asyncio.run(_rows())


async def _rows() -> list[Row]:
    recorder = await Recorder.ready()
    return [
        row
        for kind, name, work in root_fields()
        for row in await _rows_of(recorder, kind, name, place_of(work))
    ]


async def _rows_of(recorder: Recorder, kind: Kind | None, name: str, function: str) -> list[Row]:
    resolver, commands = await traced(recorder, name)
    collection = kind.collection if kind else _collections(recorder, name, commands)
    own = Row(NONE, NONE, name, function, resolver, collection, commands)
    made = []
    for endpoint in _paths(kind, resolver):
        _, sent = await traced(recorder, name, _fixed(kind, endpoint))
        url, handler = f"{endpoint.method} {endpoint.path}", place_of(endpoint.handle)
        made.append(replace(own, url=url, handler=handler, commands=sent))
    return made or [own]


def _collections(recorder: Recorder, name: str, commands: Iterable[Command]) -> str:
    """Those of a field that belongs to no kind: a word for those of sessions, or their names."""
    found = dict.fromkeys(command.collection for command in commands)
    if KIND_OF.keys().isdisjoint(found):
        return ", ".join(found) or NONE
    core = core_schema(recorder.schema)
    roots = (core.query_type, core.mutation_type)
    (field,) = (root.fields[name] for root in roots if root and name in root.fields)
    return KIND_OF_ID if {"id", "ids"} & field.args.keys() else ALL_KINDS


async def traced(
    recorder: Recorder, name: str, fixed: Iterable[str] = ()
) -> tuple[str, list[Command]]:
    """The resolver and commands of a root field's sample, filtered if it can be."""
    with _noted_calls() as called:
        recording = await recorder.run(sample(core_schema(recorder.schema), name, fixed))
    return called[0] if called else UNKNOWN, recording.commands


@contextmanager
def _noted_calls() -> Iterator[list[str]]:
    """The resolvers that are called meanwhile."""
    called: list[str] = []

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code in VERBS:
            called.append(VERBS[frame.f_code])

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield called
    finally:
        sys.setprofile(before)


def _paths(kind: Kind | None, resolver: str) -> list[Endpoint]:
    wanted = READS_BY_ID if resolver in READS_BY_ID else {resolver}
    return [
        endpoint
        for vendor in VENDORS
        for endpoint in vendor.endpoints
        if vendor.kind is kind and not calls(endpoint.handle).isdisjoint(wanted)
    ]


def _fixed(kind: Kind | None, endpoint: Endpoint) -> list[str]:
    """The names of columns whose value stands in the path, such as `{BotID}`."""
    names = [name.lower() for name in endpoint.names]
    return [name for name in (kind.by_name if kind else ()) if name.lower() in names]


@cache
def calls(work: Work) -> frozenset[str]:
    """The resolvers that a function calls by their modules, itself or through other functions."""
    found: set[str] = set()
    _search(inspect.unwrap(work), found, set())
    return frozenset(found)


def _search(work: Any, found: set[str], seen: set[Any]) -> None:
    if work in seen:
        return
    seen.add(work)
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(work)))):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=verb):
                module = vars(sys.modules[work.__module__]).get(name)
                if isinstance(module, ModuleType):
                    found.update({f"{module.__name__.partition('.')[2]}.{verb}"} & RESOLVERS.keys())
            case ast.Name(id=name):
                called = vars(sys.modules[work.__module__]).get(name)
                if isinstance(called, FunctionType) and called.__module__.startswith(OURS):
                    _search(called, found, seen)


def place_of(work: Work) -> str:
    """`resolvers/sessions.py:102`: where a function begins."""
    code: CodeType = inspect.unwrap(work).__code__
    return f"{Path(code.co_filename).relative_to(ROOT).as_posix()}:{code.co_firstlineno}"


def served(kind: Kind, command: Command) -> str:
    """The name of the index that serves one command."""
    given = command.given
    if command.name in CREATIONS:
        return ID
    where = given["pipeline"][0]["$match"] if "pipeline" in given else given.get("filter", {})
    sort = given.get("sort", {})
    if "_id" in where:
        return ID
    equal = {
        path
        for path, condition in where.items()
        if not isinstance(condition, dict) or condition.keys() == {"$in"}
    }
    rest = [path for path in (sort or where) if path not in equal]
    if not equal and not rest:
        return EVERYTHING
    for one in kind.indexes:
        keys = [path for path, _ in one.spec]
        if set(keys[: len(equal)]) == equal and keys[len(equal) :][: len(rest)] == rest:
            return one.name
    return UNKNOWN


def page() -> str:
    """The text of docs/map.md."""
    lines = [HEAD, ("---",) * len(HEAD), *map(_cells, rows())]
    return f"{INTRODUCTION}\n" + "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _cells(row: Row) -> tuple[str, ...]:
    resolver = RESOLVERS.get(row.resolver)
    cells = (
        row.url,
        row.handler,
        row.field,
        row.function,
        row.resolver if resolver else NONE,
        place_of(resolver) if resolver else NONE,
        row.collection,
        row.index,
    )
    return tuple(cell if cell in WORDS else f"`{cell}`" for cell in cells)


def main() -> int:
    """Write the page if it is stale, or only say that it is."""
    parser = argparse.ArgumentParser(prog="scripts/map", description="Write docs/map.md.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if it is stale")
    check, text = parser.parse_args().check, page()
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    if check:
        print("docs/map.md is stale: run scripts/map")
        return 1
    PAGE.write_text(text, encoding="utf-8")
    print("docs/map.md written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
