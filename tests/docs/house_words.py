"""Words that this project no longer uses, and where they are still written.

.venv/bin/python -m tests.docs.house_words            # how many in each file
.venv/bin/python -m tests.docs.house_words app/http   # each place, and what to write instead
.venv/bin/python -m tests.docs.house_words --write    # store today's numbers as the new limits
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
LEFT = Path(__file__).with_name("house_words_left.txt")

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


def counts() -> dict[str, int]:
    """How many retired words each source file has, without the files that have none."""
    numbers = {name: len(in_file(ROOT / name)) for name in modules()}
    return {name: number for name, number in numbers.items() if number}


def allowed() -> dict[str, int]:
    """How many each source file may have."""
    lines = LEFT.read_text(encoding="utf-8").splitlines()
    return {name: int(number) for number, name in (line.split() for line in lines)}


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
    """Print the counts, or the places below the paths that are named."""
    if arguments == ["--write"]:
        lines = [f"{number:3} {name}\n" for name, number in counts().items()]
        LEFT.write_text("".join(lines), encoding="utf-8")
    elif arguments:
        for name in (*pages(), *modules()):
            if any(name.startswith(argument) for argument in arguments):
                for found in in_file(ROOT / name):
                    print(f"{name}:{found.line}: {found.word!r}: {found.instead}")
    else:
        prose = {name: len(in_file(ROOT / name)) for name in pages()}
        for name, number in {**prose, **counts()}.items():
            if number:
                print(f"{number:4} {name}")
        print(f"{sum(prose.values()):4} in pages, {sum(counts().values())} in source files")


if __name__ == "__main__":
    main(sys.argv[1:])
