"""The started gateway, and the clients' packages."""

from pathlib import Path

import pytest

from tests import node
from tests.gateway import gateway  # noqa: F401  fixture

CLIENTS = Path(__file__).parent
EXAMPLE = CLIENTS.parents[1] / "examples" / "typescript"


@pytest.fixture(scope="session")
def clients() -> Path:
    """The folder whose `node_modules` has Relay, Apollo Client and urql."""
    return node.install(CLIENTS)


@pytest.fixture(scope="session")
def code_generator() -> Path:
    """The folder whose `node_modules` has graphql-codegen and TypeScript: the example's."""
    return node.install(EXAMPLE)
