"""The rules of the house that can be read from its files: who imports whom, how long they are."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("app", "schema", "resolvers")
LONGEST = 300

MAY_IMPORT = {
    "app": {"app", "schema", "resolvers"},
    "schema": {"schema", "resolvers"},
    "resolvers": {"resolvers"},
}
"""Imports go one way: app → schema → resolvers."""

ONLY_IN: dict[str, tuple[str, ...]] = {
    "fastapi": ("app/",),
    "starlette": ("app/",),
    "uvicorn": ("app/",),
    "strawberry": ("schema/", "app/graphql.py"),
    "graphql": ("schema/", "app/graphql.py"),
    "pymongo": ("resolvers/store/", "app/embedded.py"),
    "bson": ("resolvers/store/",),
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


def imported(path: str) -> Iterator[tuple[str, int]]:
    """Modules that a file imports, anywhere in it, with the line."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute here"
            yield node.module or "", node.lineno


@pytest.mark.parametrize("path", FILES)
def test_imports_go_one_way(path: str) -> None:
    """A layer imports itself and the layers below it."""
    allowed = MAY_IMPORT[path.split("/")[0]]
    wrong = [
        f"{path}:{line} imports {module}; {path.split('/')[0]} may import {sorted(allowed)} only"
        for module, line in imported(path)
        if (top := module.split(".")[0]) in (*LAYERS, "tests", "benchmarks", "docs")
        and top not in allowed
    ]
    assert wrong == []


@pytest.mark.parametrize("path", FILES)
def test_packages_stay_in_their_layer(path: str) -> None:
    """Web framework, GraphQL library and driver are known where they belong and nowhere else."""
    wrong = [
        f"{path}:{line} imports {module}; only {' and '.join(places) or 'nobody'} may"
        for module, line in imported(path)
        if (places := ONLY_IN.get(module.split(".")[0])) is not None
        and not any(path.startswith(place) for place in places)
    ]
    assert wrong == []


@pytest.mark.parametrize("path", FILES)
def test_files_are_short(path: str) -> None:
    """A file fits in a reader's head."""
    lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{path} has {lines} lines: split it before {LONGEST}"


@pytest.mark.parametrize("path", [path for path in FILES if path.startswith("schema/")])
def test_annotations_are_evaluated(path: str) -> None:
    """Strawberry reads annotations of types made at run time: they cannot be text."""
    assert not [line for module, line in imported(path) if module == "__future__"]


@pytest.mark.parametrize("path", FILES)
def test_no_loose_calls(path: str) -> None:
    """A module defines things; it does nothing on its own when it is imported."""
    loose = [
        f"{path}:{node.lineno}"
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
        if "__pycache__" not in str(arguments[0]):
            raise RuntimeError(f"writes at import: {arguments[0]}")
sys.addaudithook(hook)
import threading
before = threading.active_count()
for module in sys.argv[1:]:
    __import__(module)
assert threading.active_count() == before, "a thread was started at import"
"""


def test_importing_does_nothing() -> None:
    """Importing every module opens no connection, starts no process or thread, writes no file."""
    modules = [
        path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        for path in FILES
        if not path.endswith("__main__.py")
    ]
    done = subprocess.run(
        [sys.executable, "-c", WATCH, *modules],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
