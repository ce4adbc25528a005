"""The started gateway."""

from tests.gateway import gateway  # noqa: F401  fixture
