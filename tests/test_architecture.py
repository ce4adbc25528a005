"""The rules of the house that can be read from its files: who imports whom, how long they are."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.timing import limit

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("app", "schema", "resolvers")
LONGEST_FILE = 400
"""Lines: an alarm, not a measure. Files are cut by concept."""
LONGEST_FUNCTION = 40

MAY_IMPORT = {
    "app": {"app", "schema", "resolvers"},
    "schema": {"schema", "resolvers"},
    "resolvers": {"resolvers"},
}
"""Imports go one way: app → schema → resolvers."""

WINGS = (
    ("app.commands", "app.cli"),
    ("app.main",),
    ("app.rest", "app.graphql", "app.pages", "app.export"),
    ("app.context", "app.health", "app.json_refusals", "app.auditing"),
    ("app.access",),
    ("app.database",),
    ("app.observing",),
    ("app.settings",),
    ("app.http",),
    ("app.errors", "app.manifests", "app.map_files", "app.private_writing", "app.restarts"),
)
"""The wings of `app/`, from the top to the ground: each may import those below it. Wings on one
floor do not import each other, but for the command line, which is one wing in two places."""

FENCES: dict[str, tuple[str, ...]] = {
    "schema/": ("resolvers.store",),
    "app/rest/": ("resolvers.store",),
    "app/http/": ("schema", "resolvers"),
}
"""What no file of a folder may import, although its layer might."""

ONLY_IN: dict[str, tuple[str, ...]] = {
    "fastapi": ("app/",),
    "starlette": ("app/",),
    "uvicorn": ("app/",),
    "strawberry": ("schema/", "app/graphql/"),
    "graphql": ("schema/", "app/graphql/"),
    "pymongo": ("resolvers/store/", "app/database/embedded.py"),
    "bson": ("resolvers/store/", "resolvers/value_types.py"),
    "motor": ("resolvers/store/",),
    "secantus": (),
    "secantusdb": (),
}
"""Where a package may be imported: folders end with a slash. The embedded engine is GPL-2.0 and
runs as a process of its own: nothing imports it."""

FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for layer in LAYERS
    for path in (ROOT / layer).rglob("*.py")
    if "node_modules" not in path.parts
)


def tree(path: str) -> ast.Module:
    """A file of ours, parsed."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), path)


@cache
def imports(path: str) -> list[ast.Import | ast.ImportFrom]:
    """What a file imports, anywhere in it."""
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.Import | ast.ImportFrom)]


def imported(path: str) -> Iterator[tuple[str, int]]:
    """Modules that a file imports, with the line."""
    for node in imports(path):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, node.lineno
        else:
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute here"
            yield node.module or "", node.lineno


def test_imports_go_one_way() -> None:
    """A layer imports itself and the layers below it."""
    wrong = [
        f"{path}:{line} imports {module}; {layer} may import {sorted(MAY_IMPORT[layer])} only"
        for path in FILES
        for module, line in imported(path)
        if (top := module.split(".")[0]) in (*LAYERS, "tests", "benchmarks", "docs")
        and top not in MAY_IMPORT[layer := path.split("/")[0]]
    ]
    assert wrong == []


def test_packages_stay_in_their_layer() -> None:
    """Web framework, GraphQL library and driver are known where they belong and nowhere else."""
    wrong = [
        f"{path}:{line} imports {module}; only {' and '.join(places) or 'nobody'} may"
        for path in FILES
        for module, line in imported(path)
        if (places := ONLY_IN.get(module.split(".")[0])) is not None
        and not any(path.startswith(place) for place in places)
    ]
    assert wrong == []


def floor(module: str) -> int | None:
    """The place of a module's wing in WINGS."""
    for place, wings in enumerate(WINGS):
        if any(module == name or module.startswith(f"{name}.") for name in wings):
            return place
    return None


def wing(module: str) -> str:
    """The first two parts of a module's name: `app.rest`."""
    return ".".join(module.split(".")[:2])


def module_name(path: str) -> str:
    """The module that a file is: `app.rest` of `app/rest/__init__.py`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


MODULES = {module_name(path): path for path in FILES}


def names_imported(path: str) -> Iterator[tuple[str, int]]:
    """Modules that a file imports, with the line: of `from a import b`, `a.b` if that is one."""
    for node in imports(path):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif node.module:
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                yield inner if inner in MODULES else node.module, node.lineno


APP_FILES = [path for path in FILES if path.startswith("app/") and path != "app/__init__.py"]


def test_wings_import_downwards() -> None:
    """A wing of `app/` imports itself and the floors below it; no door imports another."""
    homeless = [path for path in APP_FILES if floor(module_name(path)) is None]
    assert homeless == [], "they stand in no wing: add them to WINGS or to a wing"
    wrong = [
        f"{path}:{line} imports {module}"
        for path in APP_FILES
        for module, line in names_imported(path)
        if module.startswith("app.") and not is_below(module, module_name(path))
    ]
    assert wrong == []


def is_below(module: str, importer: str) -> bool:
    """Whether a module of `app/` may be imported by another one of it."""
    if wing(module) == wing(importer) or {wing(module), wing(importer)} <= set(WINGS[0]):
        return True
    here, there = floor(importer), floor(module)
    return here is not None and there is not None and there > here


def test_fences() -> None:
    """What a folder may not know, no file in it imports."""
    wrong = [
        f"{path}:{line} imports {module}"
        for folder, walls in FENCES.items()
        for path in FILES
        if path.startswith(folder)
        for module, line in names_imported(path)
        if any(module == name or module.startswith(f"{name}.") for name in walls)
    ]
    assert wrong == []


def test_no_import_circles() -> None:
    """Imports between modules never lead back, late ones and those for types included."""
    edges = {
        module: {name for name, _ in names_imported(path) if name in MODULES} - {module}
        for module, path in MODULES.items()
    }
    reached = {module: reachable(edges, module) for module in edges}
    circles = sorted(module for module, names in reached.items() if module in names)
    assert circles == []


def reachable(edges: dict[str, set[str]], start: str) -> set[str]:
    """Every module that a module imports, directly or through others."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        fresh = edges[waiting.pop()] - seen
        seen |= fresh
        waiting += fresh
    return seen


def test_files_are_short() -> None:
    """A very long file probably holds two concepts."""
    lengths = {path: len((ROOT / path).read_text("utf-8").splitlines()) for path in FILES}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_functions_are_short() -> None:
    """A function fits on a screen."""
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path in FILES
        for node in ast.walk(tree(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_annotations_are_evaluated() -> None:
    """Strawberry reads annotations of types made at run time: they cannot be text."""
    wrong = [
        f"{path}:{line}"
        for path in FILES
        if path.startswith("schema/")
        for module, line in imported(path)
        if module == "__future__"
    ]
    assert wrong == []


def test_no_loose_calls() -> None:
    """A module defines things; it does nothing on its own when it is imported."""
    loose = [
        f"{path}:{node.lineno}"
        for path in FILES
        for node in tree(path).body
        if isinstance(node, (ast.For, ast.While, ast.With, ast.AsyncWith))
        or (isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant))
    ]
    assert loose == []


WATCH = """
import sys
forbidden = ("socket.connect", "socket.bind", "subprocess.Popen", "os.mkdir", "os.remove")
def hook(event, arguments):
    if event in forbidden:
        raise RuntimeError(f"{event} at import: {arguments}")
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        raise RuntimeError(f"writes at import: {arguments[0]}")
sys.addaudithook(hook)
import threading
before = threading.active_count()
for module in sys.argv[1:]:
    __import__(module)
assert threading.active_count() == before, "a thread was started at import"
"""


@pytest.mark.slow
def test_importing_does_nothing() -> None:
    """Importing every module opens no connection, starts no process or thread, writes no file."""
    modules = [
        path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        for path in FILES
        if not path.endswith("__main__.py")
    ]
    done = subprocess.run(
        [sys.executable, "-B", "-c", WATCH, *modules],  # Python itself writes none either
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=limit(60),
    )
    assert done.returncode == 0, done.stderr
