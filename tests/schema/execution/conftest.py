"""Schemas are slow to build: one of each way for a test run, emptied where a test needs that."""

import pytest

from schema.build import Schema, build
from schema.execution.operations import OperationCache
from schema.kinds import KINDS
from tests.schema.execution.support import Asker


@pytest.fixture(scope="session")
def plain_schema() -> Schema:
    """Field by field."""
    return build(KINDS, compiled=False)


@pytest.fixture(scope="session")
def compiled_schema() -> Schema:
    """Compiled; it remembers what other tests asked."""
    return build(KINDS)


@pytest.fixture
def fresh(compiled_schema: Schema) -> Asker:
    """Compiled, and nothing is remembered yet; the database is empty."""
    asker = Asker(compiled_schema)
    operations: OperationCache = asker.operations
    operations._operations.clear()
    return asker


@pytest.fixture(params=["compiled", "plain"])
def asker(request: pytest.FixtureRequest) -> Asker:
    """Both ways, one after the other, over an empty database."""
    return Asker(request.getfixturevalue(f"{request.param}_schema"))
