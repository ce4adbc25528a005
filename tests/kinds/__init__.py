"""The samples of all kinds, in the order of KINDS: `tests/kinds/<kind>.py` has each kind's."""

from importlib import import_module
from importlib.util import find_spec
from typing import TypeVar

import pytest

from schema.kinds import KINDS
from tests.kinds.sample import Example, Sample

T = TypeVar("T")

NAMES = [entry.kind.name for entry in KINDS]
MISSING = [name for name in NAMES if find_spec(f"{__name__}.{name}") is None]
"""Kinds that nobody wrote a sample for; a test refuses them."""
SAMPLES: tuple[Sample, ...] = tuple(
    import_module(f"{__name__}.{name}").SAMPLE for name in NAMES if name not in MISSING
)
every_kind = pytest.mark.parametrize("kind", SAMPLES, ids=lambda kind: kind.kind)


class ByKind(dict[str, T]):
    """By the kind's name; a test that asks for a kind without a sample says what to write."""

    def __missing__(self, name: str) -> T:
        pytest.fail(what_to_write(name))


def what_to_write(name: str) -> str:
    """For the author of a new kind."""
    return f"write tests/kinds/{name}.py with its SAMPLE, as docs/add-a-kind.md says"


BY_KIND = ByKind({sample.kind: sample for sample in SAMPLES})
EXAMPLES: ByKind[Example] = ByKind({sample.kind: sample.example for sample in SAMPLES})
"""A small session of each kind."""
