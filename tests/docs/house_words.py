"""Words that this project no longer uses, and where they are still written.

.venv/bin/python -m tests.docs.house_words            # how many in each file
.venv/bin/python -m tests.docs.house_words app/http   # each place, and what to write instead
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from graphql import GraphQLSchema, is_specified_scalar_type

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("app", "schema", "resolvers")

WORDS: Mapping[str, str] = {
    r"doors?": "API, endpoint or path",
    r"edges?": "API; of Relay's, `edge`",
    r"tells?|told|telling": "say, show, inform",
    r"holds?|held|holding": "have, contain, store, apply",
    r"encoded_spaces(?:s|ed|ing)?": "fix, correct",
    r"ways?": "how, method, path",
    r"kept": "stored, saved, cached",
    r"blanks?": "space",
    r"(?<!there )(?:is|are|was|were) no(?! longer)": "is not a",
    r"(?<!\*\*)ours": "the gateway's",  # `**Ours:**` marks our decisions in the reference
    r"what is not": "what is allowed",
    r"whichever": "any, each",
    r"turns?": "order, lock",
}
"""Words of prose, and what to write instead; code in backticks is not searched."""

NAMES: Mapping[str, str] = {
    r"(?<!JWT )(?<!collection `)claims?": "reservation",
    r"Lookups?|lookups\.py": "CredentialCache",
    r"root\.answer": "root",
    r"TURN|turns\.py": "write_locks",
    r"figures\.py": "overview",
    r"joining": "running",
    r"unserved": "fallback",
    r"every_kind": "common_columns",
    r"answers\.py": "payloads",
    r"lines\.py": "json_lines",
    r"secrets\.py": "own_keys",
    r"sealing": "sealer",
    r"map\.py": "route_map",
}
"""Names of modules and concepts that are called something else now; searched in code, too."""


class Found(NamedTuple):
    """A word in a text, with the line it is on and what to write instead."""

    line: int
    word: str
    instead: str


_PROSE = [(re.compile(rf"\b(?:{word})\b", re.I), instead) for word, instead in WORDS.items()]
_CODE = [(re.compile(rf"\b(?:{name})(?!\w)"), instead) for name, instead in NAMES.items()]
_SPANS = re.compile(r"^```.*?^```|`[^`\n]*`|\]\([^)]*\)", re.M | re.S)


def search(text: str, first: int = 1) -> Iterator[Found]:
    """The retired words of a text whose first line has the number `first`."""
    prose = _SPANS.sub(lambda span: re.sub(r"[^\n]", " ", span[0]), text)
    for patterns, searched in ((_PROSE, prose), (_CODE, text)):
        for pattern, instead in patterns:
            for match in pattern.finditer(searched):
                yield Found(first + searched.count("\n", 0, match.start()), match[0], instead)


def in_python(source: str) -> Iterator[Found]:
    """Those of docstrings, messages and descriptions: the texts that contain a space."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield from search(node.value, node.lineno)


def in_file(path: Path) -> list[Found]:
    """Those of a file."""
    text = path.read_text(encoding="utf-8")
    return sorted(in_python(text) if path.suffix == ".py" else search(text))


def pages() -> list[str]:
    """The paths of the prose files, from the root of the project."""
    patterns = ("*.md", "docs/**/*.md", "examples/*/*.md", "benchmarks/*.md", "app/rest/*/*.md")
    return sorted(_named(path for pattern in patterns for path in ROOT.glob(pattern)))


def modules() -> list[str]:
    """The paths of the source files, from the root of the project."""
    return sorted(_named(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py")))


def _named(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        if "node_modules" not in path.parts:
            yield path.relative_to(ROOT).as_posix()


def descriptions(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Each description of the schema's own types, fields, arguments and values, with its place."""
    for name, type_ in schema.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(type_):
            continue
        yield name, type_.description or ""
        members = {**getattr(type_, "fields", {}), **getattr(type_, "values", {})}
        for member, value in members.items():
            yield f"{name}.{member}", value.description or ""
            for argument, given in getattr(value, "args", {}).items():
                yield f"{name}.{member}({argument}:)", given.description or ""


def main(arguments: list[str]) -> None:
    """Print how many each file has, or the places below the paths that are named."""
    for name in (*pages(), *modules()):
        found = in_file(ROOT / name)
        if found and not arguments:
            print(f"{len(found):4} {name}")
        elif name.startswith(tuple(arguments)):
            for one in found:
                print(f"{name}:{one.line}: {one.word!r}: {one.instead}")


if __name__ == "__main__":
    main(sys.argv[1:])
