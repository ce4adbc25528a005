"""What is made from code: the schema's text, two pages of documentation, and blocks of others.

A block stands between `<!-- made: name -->` and `<!-- end -->`. Run by `scripts/schema`; tests/docs
compares what is committed with what would be written.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic_core import PydanticUndefined

from app.rest import VENDORS
from app.settings import Settings
from app.settings.types import Group
from benchmarks.sharding import model, table
from benchmarks.sharding.routing import TENANT_ID
from resolvers.kind import Column, Kind
from resolvers.paging import orderings
from resolvers.texts import FORMATS
from schema import breaking
from schema.build import build, sdl
from schema.kinds import KINDS

ROOT = Path(__file__).resolve().parent.parent


def pages() -> dict[str, str]:
    """Every made file: its path from the root, and its text."""
    return {
        "schema/schema.graphql": sdl(build()),
        "docs/data-model.md": data_model(),
        "docs/differences.md": differences(),
        "docs/settings.md": settings(),
        **dict(pages_with_blocks()),
    }


def pages_with_blocks() -> Iterator[tuple[str, str]]:
    """The pages that are written by hand but for their blocks."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = path.read_text(encoding="utf-8")
        if BLOCK.search(text):
            yield path.relative_to(ROOT).as_posix(), BLOCK.sub(_block, text)


def _block(found: re.Match[str]) -> str:
    return f"{found['head']}{BLOCKS[found['name']]()}{found['tail']}"


def _labels() -> str:
    *most, last = [entry.kind.label for entry in KINDS]
    return f"{', '.join(most)} and {last}"


def _names() -> str:
    return ", ".join(f"`{entry.kind.name}`" for entry in KINDS)


def _services() -> str:
    return ", ".join(vendor.service for vendor in VENDORS)


def _retention() -> str:
    rows = [
        f"| `GATEWAY_RETENTION_{entry.kind.enum_name}_SECONDS` "
        f"| {entry.kind.at_vendor.retention or 'none known'} |\n"
        for entry in KINDS
    ]
    return f"\n| setting | the vendor's figure |\n|---|---|\n{''.join(rows)}"


def _shard_commands() -> str:
    """For mongosh, with every kind's collection."""
    names = ", ".join(f'"{entry.kind.collection}"' for entry in KINDS)
    return f"""
```js
db = db.getSiblingDB("sessions")
const key = {TENANT_ID.text}
for (const name of [{names}]) {{
  db[name].createIndex(key)
  sh.shardCollection(`sessions.${{name}}`, key)
}}
```
"""


BLOCK = re.compile(r"(?P<head><!-- made: (?P<name>\w+) -->).*?(?P<tail><!-- end -->)", re.DOTALL)
BLOCKS: Mapping[str, Callable[[], str]] = {
    "kinds": _labels,
    "scopes": _names,
    "retention": _retention,
    "services": _services,
    "shard_keys": table.keys,
    "shard_commands": _shard_commands,
    "shard_reads": table.reads,
    "shard_changes": table.changes,
    "shard_model": lambda: f"\n{model.page(model.Cluster())}",
}
"""What every kind or every vendor is in: prose, scopes, settings."""


def data_model() -> str:
    """What is stored, kind by kind."""
    intro = """# Data model

Made from `schema/kinds/` by `scripts/schema`; do not edit it by hand.

For front-end developers and operators. After this page you know each column of each kind: its
type, its rules, and the indexes that serve filters and orderings.

Each kind of session has one collection, and each session is one document. Columns have their
stored names here: those of GraphQL, unless the rules give another. Dates are BSON dates in UTC, to
the millisecond.

| rule | meaning |
|---|---|
| computed | the gateway sets and stores it, so that filters and orderings can use it |
| required | must be given at creation |
| orders lists | can be used in `orderBy`: an index begins with it |
| searched | the [search](search.md) finds its words |
| personal | masked for credentials without the scope `pii:read` |
| identifier | masked if it has an e-mail address in it ([access](access.md#what-is-masked)) |
| secret | masked while the session is active, for credentials that may not write its kind |
| impersonal | a text that stays when a session is [anonymised](customers.md#erasing-one-person) |

Besides its columns, a document has

- `revision`, which guards its changes ([0003](adr/0003-guarded-updates.md));
- `folded`, with lower-case copies of the columns that support case-insensitive equality.

An ordering by one column walks the index that begins with it, in both directions, so page 1,000
costs what page 1 costs. The index also decides among equal values: `botId, startedAt, _id` gives
the sessions of one bot by their start. A column with a case-folded copy is ordered by the copy. An
ordering by several columns is served if an index begins with all of them and all have one
direction; otherwise the database sorts every session that meets the filter.

Two small collections help: the collection `claims` (values that only one live session may have)
and the collection `counters` (the last number of each kind with numbered sessions).
"""
    return intro + "".join(_kind(entry.kind) for entry in KINDS)


def _kind(kind: Kind) -> str:
    ordering = {part.column for part in orderings(kind).values()}
    rows = "\n".join(f"| {' | '.join(row)} |" for row in _rows(kind.columns, ordering))
    indexes = "\n".join(f"- `{', '.join(index.keys)}`" for index in kind.indexes)
    return f"""
## {kind.type_name}

{kind.description} Collection `{kind.collection}`; session ids are {kind.session_ids.description}

| column | type | rules | meaning |
|---|---|---|---|
{rows}

Indexes, `-` for descending:

{indexes}
"""


def _rows(
    columns: tuple[Column, ...], ordering: set[Column], prefix: str = ""
) -> Iterator[tuple[str, str, str, str]]:
    for column in columns:
        path = prefix + column.path
        named = [f"`{column.name}` in GraphQL"] if column.stored else []
        rules = ", ".join([*named, *_rules(column, ordering)])
        yield f"`{path}`", _holds(column), rules, column.description
        yield from _rows(column.columns, ordering, f"{path}{'[]' if column.many else ''}.")


def _holds(column: Column) -> str:
    value = ", ".join(f"`{name}`" for name in column.values) or column.type.in_docs
    return f"list of {value}" if column.many else value


def _rules(column: Column, ordering: set[Column]) -> Iterator[str]:
    if column.derived:
        yield "computed"
    elif column.required:
        yield "required"
    if column.create_only:
        yield "given at creation only"
    if column.max_length:
        yield f"at most {column.max_length:,} characters"
    if column.many and not column.derived:
        yield f"at most {column.max_items:,} entries"
    if column.minimum is not None:
        yield f"at least {column.minimum}"
    if column.format:
        yield FORMATS[column.format].in_docs
    for told, rule in (
        (column in ordering, "orders lists"),
        (column.searched, "searched"),
        (column.personal, "personal"),
        (column.identifier, "identifier"),
        (column.live_scope, "secret"),
        (column.impersonal, "impersonal"),
    ):
        if told:
            yield rule


def differences() -> str:
    """What a client may notice, vendor by vendor."""
    intro = """# Differences

Made from `DIFFERENCES` in `app/rest/*/reference.py` by `scripts/schema`; do not edit it by hand.

For everybody who moves clients here. After this page you know each difference between a vendor's
page and the gateway that a client may notice, and why it is there. Each has a test: search
`tests/` for its name. [The vendors' URLs](rest.md) describes them as a whole.
"""
    return intro + "".join(
        f"\n## {vendor.chapter.title}: {vendor.service}\n\n"
        "| name | the vendor's page | the gateway | why |\n|---|---|---|---|\n"
        + "".join(
            f"| `{one.name}` | {one.page} | {one.here} | {one.why} |\n"
            for one in vendor.differences
        )
        for vendor in VENDORS
    )


def settings() -> str:
    """What an operator can choose."""
    groups = "\n".join(_group(group) for group in Settings.__bases__)
    return f"""# Settings

Made from `app/settings/` by `scripts/schema`; do not edit it by hand.

For operators. After this page you can configure the gateway.

Settings are environment variables, read once at start. An invalid value aborts start-up; the error
names the variable. An unknown `GATEWAY_` variable does too. Durations are in seconds, sizes in
bytes.

{groups}"""


def _group(group: type[Group]) -> str:
    """A chapter: what the group is about, and its settings."""
    rows = "\n".join(
        f"| `GATEWAY_{name.upper()}` | {_default(field.default)} | {_meaning(field)} |"
        for name, field in group.model_fields.items()
    )
    return f"""## {group.__name__}

{group.__doc__}

| variable | default | meaning |
|---|---|---|
{rows}
"""


def _default(value: Any) -> str:
    if value in (None, PydanticUndefined, "", frozenset(), {}):
        return "none"
    return f"`{','.join(sorted(value)) if isinstance(value, frozenset) else value}`"


def _meaning(field: Any) -> str:
    choices = [name for name in get_args(field.annotation) if isinstance(name, str)]
    described = " ".join((field.description or "").split()).replace("|", "\\|")
    return described + (f" One of {', '.join(f'`{name}`' for name in choices)}." if choices else "")


def main() -> int:
    """Write what is stale, or only name it; or compare the schema with the last release's."""
    parser = argparse.ArgumentParser(prog="scripts/schema", description=__doc__)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="change nothing; fail if one is stale")
    choice.add_argument(
        "--breaking",
        action="store_true",
        help="name what changed for clients since the last release; fail if something breaks them",
    )
    choice.add_argument(
        "--release", action="store_true", help="make this schema the last release's"
    )
    chosen = parser.parse_args()
    if chosen.breaking:
        return _compare()
    if chosen.release:
        breaking.RELEASED.write_text(sdl(build()), encoding="utf-8")
        return 0
    return _write(chosen.check)


def _compare() -> int:
    found = breaking.changes(breaking.RELEASED.read_text(encoding="utf-8"), sdl(build()))
    print("\n".join(found.lines() or ["Nothing changed for clients since the last release."]))
    return 1 if found.breaking else 0


def _write(check: bool) -> int:
    stale = [
        (ROOT / name, text)
        for name, text in pages().items()
        if not (ROOT / name).exists() or (ROOT / name).read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        if not check:
            path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)} {'is stale: run scripts/schema' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
