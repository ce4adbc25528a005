"""A database in memory, where the embedded one cannot be had; it ends with the process.

mongomock answers as MongoDB does, within this process alone. It stands behind the URI `memory:`.
"""

from functools import cache
from typing import Any, Final

from app.errors import StartError

URI: Final = "memory:"

NOT_INSTALLED: Final = (
    "THE EMBEDDED DATABASE IS NOT INSTALLED: the gateway serves the demo from memory. Everything "
    "that is stored is lost when it ends, and there is one process. To store data, set "
    "GATEWAY_MONGODB_URI to a MongoDB of yours, or remove .venv/.setup-stamp and run scripts/setup "
    "again to try the embedded database once more."
)
UNTOUCHED: Final = "The sessions in {} are untouched, and not shown."


@cache
def client() -> Any:
    """The database of this process; StartError if mongomock is missing, too."""
    try:
        from mongomock_motor import AsyncMongoMockClient
    except ImportError:
        raise StartError(
            "Neither the embedded database nor mongomock is installed: run scripts/setup, or set "
            "GATEWAY_MONGODB_URI to a MongoDB of yours."
        ) from None
    return AsyncMongoMockClient(tz_aware=False)
