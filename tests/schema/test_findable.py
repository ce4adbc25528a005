"""Who knows a field's GraphQL name finds its code with grep."""

import re
from pathlib import Path

import pytest

from schema.build import root_fields

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "schema").rglob("*.py")
}
FIELDS = {name: (kind.name if kind else None, work) for kind, name, work in root_fields()}


PLACES = {
    "sessions": "schema/all_kinds.py",
    "sessionStatistics": "schema/all_kinds.py",
    "customer": "schema/customers.py",
    "exportCustomer": "schema/customer_export.py",
    "eraseCustomer": "schema/erasure.py",
    "linkCustomerIdentifiers": "schema/customers.py",
    "unlinkCustomerIdentifiers": "schema/customers.py",
    "searchSessions": "schema/search.py",
    "sessionChanges": "schema/live.py",
    "addSessionLabels": "schema/labels.py",
    "removeSessionLabels": "schema/labels.py",
}
"""The files of fields that are no kind's own, where it is not fields.py."""


def of_all_kinds(name: str) -> str:
    """The file of a field that is no kind's own."""
    many = name.startswith(("create", "delete")) and name.endswith("Sessions")
    return PLACES.get(name, "schema/many.py" if many else "schema/fields.py")


@pytest.mark.parametrize("name", FIELDS)
def test_root_field(name: str) -> None:
    """A root field's name stands in its kind's file: beside its function, or beside its row."""
    kind, _work = FIELDS[name]
    file = f"schema/kinds/{kind}.py" if kind else of_all_kinds(name)
    lines = [line.strip() for line in SOURCES[file].splitlines() if f'"{name}"' in line]
    assert len(lines) == 1, f'"{name}" stands in {len(lines)} lines of {file}'
    row = rf'"{name}": [A-Z_]+,'
    assert kind is None or f'name="{name}"' in lines[0] or re.fullmatch(row, lines[0]), lines[0]


@pytest.mark.parametrize("name", FIELDS)
def test_function(name: str) -> None:
    """The function behind a verb stands in its kind's file, all others in a file for all kinds."""
    kind, work = FIELDS[name]
    file = Path(work.__code__.co_filename).relative_to(ROOT).as_posix()
    verb = kind and f'name="{name}"' in SOURCES[f"schema/kinds/{kind}.py"]
    assert file == (f"schema/kinds/{kind}.py" if verb else of_all_kinds(name))
