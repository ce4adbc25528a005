"""Read from the files: the audit trail can forget no write, refusal or answer."""

import ast
from collections.abc import Iterator

import pytest

from tests.test_architecture import FILES, tree

RESOLVERS = [path for path in FILES if path.startswith("resolvers/")]

WRITES_UNSEEN = {
    "_upsert": "reservations and counters",
    "release": "reservations",
    "release_all": "reservations",
    "hand_over": "reservations",
    "set_mark": "marks",
    "remove_mark": "marks",
}
"""Functions of the store's two modules about sessions that write what is no session: `reserve` and
`next_number` hand `_upsert` over."""


def functions(path: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a file, those within others too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def called(node: ast.AST) -> set[str]:
    """What is called within a piece of code, by the last part of its name."""
    calls = [one.func for one in ast.walk(node) if isinstance(one, ast.Call)]
    names = (getattr(one, "attr", None) or getattr(one, "id", "") for one in calls)
    return set(filter(None, names))


@pytest.mark.parametrize("path", ["resolvers/store/write.py", "resolvers/store/appends.py"])
def test_every_write_of_sessions_is_witnessed(path: str) -> None:
    """So the audit trail has it, whichever verb it is for (resolvers/store/witness.py)."""
    for function in functions(path):
        if "change" not in called(function) or "witnessed" in called(function):
            continue
        first = next(one for one in ast.walk(function) if isinstance(one, ast.Call))
        hands_over = any(
            isinstance(one, ast.Name) and one.id == "_upsert" for one in ast.walk(function)
        )
        assert function.name in WRITES_UNSEEN or hands_over, (
            f"{path}:{first.lineno} is not witnessed"
        )


WRITERS = {
    "resolvers/store/write.py": "sessions: see above",
    "resolvers/store/appends.py": "sessions: see above",
    "resolvers/store/single_writes.py": "how the two above send",
    "resolvers/store/credentials.py": "credentials: witnessed by resolvers/credentials.py; uses",
    "resolvers/store/customer_links.py": "links: witnessed by resolvers/customers.py, erasure.py",
    "resolvers/store/originals.py": "adoptions: witnessed as a whole by resolvers/adoption.py",
    "resolvers/store/preparation.py": "what a start does to earlier versions' sessions",
    "resolvers/store/audit.py": "the trail itself",
    "resolvers/store/idempotency.py": "what is remembered of requests, as the trail has it",
    "resolvers/store/rate_counters.py": "how often somebody asked",
    "resolvers/store/export_links.py": "one-time links: what they lead to is noted as it is shown",
}
"""The modules that write into the database, and where what they write is witnessed."""
WRITING = {
    *("insert_one", "insert_many", "update_one", "update_many", "replace_one", "delete_one"),
    *("delete_many", "find_one_and_update", "find_one_and_delete", "find_one_and_replace"),
    *("bulk_write", "findAndModify"),
}


def test_modules_that_write_are_known() -> None:
    """A new one says in WRITERS who witnesses what it writes, for the audit trail."""
    writing = [
        path
        for path in RESOLVERS
        if {one.attr for one in ast.walk(tree(path)) if isinstance(one, ast.Attribute)} & WRITING
    ]
    assert [path for path in writing if path not in WRITERS] == []


REFUSED_ABOVE = {"_alone": "act and append", "conflicts": "it writes nothing", "stored": "a read"}
"""Functions whose callers are decorated."""


def test_verbs_that_write_note_refusals() -> None:
    """A verb that asks whether the caller may write is decorated with `attempt`."""
    exempt = ("resolvers/access.py", "resolvers/rebuild.py")  # the second is a command's alone
    undecorated = [
        f"{path}:{function.lineno} {function.name}"
        for path in RESOLVERS
        if path not in exempt
        for function in functions(path)
        if function.name not in REFUSED_ABOVE and asks_to_write(function)
        if not any("attempt" in called(one) for one in function.decorator_list)
    ]
    assert undecorated == []


def asks_to_write(function: ast.AST) -> bool:
    """Whether a function names the scope of writing."""
    return any(isinstance(one, ast.Attribute) and one.attr == "WRITE" for one in ast.walk(function))


def test_who_masks_documents_notes_that_they_are_shown() -> None:
    """Documents go to callers through `show`; who calls `mask` itself calls `noted` as well."""
    calls = {path: called(tree(path)) for path in FILES if path != "resolvers/masks.py"}
    unnoted = [path for path, names in calls.items() if "mask" in names and "noted" not in names]
    assert unnoted == [], "use resolvers.audit.showing.show"
