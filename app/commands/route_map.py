"""`docs/map.md`: which resolver, collection and index stand behind each URL and GraphQL field.

Nothing is listed by hand: paths come from the route table, root fields from the schema, resolvers
from the calls in the functions behind both, indexes from the kinds and the plan of the default
read. `scripts/map` writes the page, `scripts/map --check` fails if it is stale.
"""

import argparse
import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

from app.rest import VENDORS
from app.rest.vendor import Endpoint
from resolvers import sessions
from resolvers.kind import Kind
from resolvers.loader import Loader
from resolvers.request import Read, Window
from resolvers.store.plan import plan
from schema.build import root_fields

PAGE = Path(__file__).resolve().parents[2] / "docs" / "map.md"
NONE = "–"
ID = "_id_"
OURS = ("app.rest.", "schema.")
"""Where the search for calls goes on."""
SAME = {"get": "get_many"}
"""A verb that only calls another one."""

INTRODUCTION = """# Map

Made by `scripts/map` from the route table, the schema and the kinds; do not edit it by hand.

For contributors. Each row shows which resolver of `resolvers/sessions.py` a URL or a GraphQL field
calls, and which collection and index it reads.

- The index is the one of the default read: no filter, newest first. Writes find their session by
  `_id`. The dates of a chat summary use `startedAt__id`.
- `sessions.get` is `sessions.get_many` for one id.
- If a URL is in several rows, the request decides. The knowledge URLs create or link a session
  whose id is unknown. The bot URLs read single sessions if the body names ids.
"""

Work = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One way from a door to the database."""

    url: str
    field: str
    resolver: str
    collection: str
    index: str


def rows() -> list[Row]:
    """Every root field, once for each vendor path that calls the same resolver of its kind."""
    return [row for kind, name, work in root_fields() for row in _rows(kind, name, work)]


def _rows(kind: Kind | None, name: str, work: Work) -> Iterator[Row]:
    for resolver in calls(work):
        if kind is None:
            yield Row(NONE, name, resolver, "of the kind that the id names", ID)
            continue
        doors = list(_paths(kind, resolver))
        yield from (_row(kind, url, name, resolver, endpoint) for url, endpoint in doors)
        if not doors:
            yield _row(kind, NONE, name, resolver, None)


def _row(kind: Kind, url: str, name: str, resolver: str, endpoint: Endpoint | None) -> Row:
    return Row(url, name, resolver, kind.collection, index(kind, resolver, endpoint))


def _paths(kind: Kind, resolver: str) -> Iterator[tuple[str, Endpoint]]:
    for vendor in VENDORS:
        for endpoint in vendor.endpoints:
            if vendor.kind is kind and resolver in calls(endpoint.handle):
                yield f"{endpoint.method} {endpoint.path}", endpoint


@cache
def calls(work: Work) -> tuple[str, ...]:
    """The verbs of `resolvers.sessions` that a function calls, itself or through ours."""
    found: dict[str, None] = {}
    _search(inspect.unwrap(work), found, set())
    return tuple(found)


def _search(work: Any, found: dict[str, None], seen: set[Any]) -> None:
    if work in seen:
        return
    seen.add(work)
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(work)))):
        match node:
            case ast.Attribute(value=ast.Name(id="sessions"), attr=verb):
                if inspect.iscoroutinefunction(getattr(sessions, verb)):
                    found[SAME.get(verb, verb)] = None
            case ast.Name(id=name):
                called = vars(sys.modules[work.__module__]).get(name)
                if called is Loader or _is_ours(called):
                    _search(called, found, seen)


def _is_ours(called: Any) -> bool:
    return isinstance(called, FunctionType) and called.__module__.startswith(OURS)


def index(kind: Kind, resolver: str, endpoint: Endpoint | None) -> str:
    """The name of the index that serves the default read of a resolver."""
    if resolver == "summarise":
        return "none: it reads every session"
    if resolver != "list_":
        return ID
    order = [path for path, _ in plan(Read(kind, window=Window(first=1))).sort]
    fixed = _fixed(kind, endpoint)
    for one in kind.indexes:
        if [path for path, _ in one.spec] == [*fixed, *order]:
            return one.name
    raise LookupError(f"no index of {kind.name} serves {fixed} in the order {order}")


def _fixed(kind: Kind, endpoint: Endpoint | None) -> list[str]:
    """The columns whose value stands in the path, such as `{BotID}`."""
    names = [name.lower() for name in endpoint.names] if endpoint else []
    return [column.path for column in kind.columns if column.name.lower() in names]


def page() -> str:
    """The text of docs/map.md."""
    head = "| URL | GraphQL field | resolver | collection | index |\n|---|---|---|---|---|\n"
    return f"{INTRODUCTION}\n{head}" + "".join(_line(row) for row in rows())


def _line(row: Row) -> str:
    url = row.url if row.url == NONE else f"`{row.url}`"
    where = row.collection if " " in row.collection else f"`{row.collection}`"
    served = row.index if " " in row.index else f"`{row.index}`"
    return f"| {url} | `{row.field}` | `sessions.{row.resolver}` | {where} | {served} |\n"


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
