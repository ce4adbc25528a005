"""Clients of either driver, and what a driver's errors mean."""

import asyncio
import inspect
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from bson.codec_options import CodecOptions, DatetimeConversion, TypeRegistry
from pymongo import AsyncMongoClient, WriteConcern
from pymongo import errors as driver_errors
from pymongo.read_concern import ReadConcern

from resolvers.errors import GatewayError, Invalid, LimitExceeded, Timeout, Unavailable
from resolvers.store import cancelled_waits
from resolvers.store.listeners import Listener
from resolvers.value_types import VALUE_TYPES

log = logging.getLogger(__name__)

Driver = Literal["pymongo", "motor"]


CODECS = [type_.codec for type_ in VALUE_TYPES if type_.codec]
CODEC_OPTIONS: dict[str, Any] = {
    "tz_aware": False,
    # A stored date beyond year 9999 or broken text spoils its own field, not the whole page.
    "datetime_conversion": DatetimeConversion.DATETIME_AUTO,
    "unicode_decode_error_handler": "replace",
    "type_registry": TypeRegistry(CODECS),
}
CODEC: CodecOptions[dict[str, Any]] = CodecOptions(**CODEC_OPTIONS)


POOL = 100
"""Connections to each server, unless the connection string says otherwise (`maxPoolSize`)."""


def connect(
    uri: str,
    driver: Driver,
    deadline: float,
    loop: asyncio.AbstractEventLoop,
    pool: int | None = None,
    listeners: Sequence[Listener] = (),
) -> Any:
    """A client of the chosen driver, every wait of it bounded by `deadline` seconds.

    It has up to `pool` connections to each server; None: as the connection string says.
    """
    milliseconds = int(deadline * 1000)
    options: dict[str, Any] = {
        "serverSelectionTimeoutMS": milliseconds,
        "connectTimeoutMS": milliseconds,
        "waitQueueTimeoutMS": milliseconds,
        "appname": "session-gateway",
        "event_listeners": list(listeners),
    }
    if pool is not None:
        options |= {"minPoolSize": 0, "maxPoolSize": pool}
    if driver == "pymongo":
        cancelled_waits.make_safe()
        return AsyncMongoClient(uri, **options)
    from motor.motor_asyncio import AsyncIOMotorClient

    # A cancelled wait ends an operation of PyMongo's; one of Motor's goes on in its thread.
    options["socketTimeoutMS"] = milliseconds * 2
    return AsyncIOMotorClient(uri, io_loop=loop, **options)


def pool_size(client: Any) -> int:
    """How many connections a client may have to each server; POOL if there is no limit, or none."""
    size = client.options.pool_options.max_pool_size
    return size if isinstance(size, int) and size else POOL  # mongomock has none


def database(client: Any, name: str, deadline: float) -> Any:
    """The database, with the codec and the write concern that every operation uses."""
    return client.get_database(
        name,
        codec_options=CODEC,
        write_concern=WriteConcern(w="majority", j=True, wtimeout=int(deadline * 1000)),
        read_concern=ReadConcern("local"),
    )


UNREACHABLE = "The database is unreachable. Try again shortly."
SLOW = (
    "The database did not finish within {seconds:.3g} s. Ask for fewer rows, or filter and order "
    "by columns that narrow the search."
)

FAILED = "The database cannot do this at present. Try again shortly."
MEMORY = (
    "The database has not enough memory for this. Filter and order by columns that narrow the "
    "search, or ask for fewer groups."
)
TOO_LARGE = "The session would become larger than the database can store (16 MB)."

MEANINGS: Mapping[type[Exception], type[GatewayError] | None] = {
    driver_errors.DocumentTooLarge: Invalid,
    driver_errors.ConnectionFailure: Unavailable,
    driver_errors.WaitQueueTimeoutError: Unavailable,
    driver_errors.ExecutionTimeout: Timeout,
    driver_errors.WTimeoutError: Timeout,
    # The rest are bugs or operators' mistakes: logged, and INTERNAL to the client.
    driver_errors.PyMongoError: None,
}
"""The nearest base class decides."""

MESSAGES: Mapping[type[GatewayError], str] = {
    Invalid: TOO_LARGE,
    Unavailable: UNREACHABLE,
    Timeout: SLOW,
}

UNREACHABLE_CODES = frozenset(
    {6, 7, 89, 91, 133, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436}
)
FAILED_CODES = frozenset(
    {1, 24, 37, 38, 39, 112, 176, 246, 264, 301, 365, 402, 449, 462, 11601, 14031}
)
"""A full disk (14031), a damaged table (301), open files, locks, overload; 1 is whatever goes wrong
within the server, and how the embedded engine says that its files cannot be written or read.
https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml"""
RETRYABLE = "RetryableWriteError"
"""The label of failures that the driver would try again, and has tried again in vain."""
MEMORY_CODES = frozenset({146, 292})
TIMEOUT_CODES = frozenset({50, 64})
VALIDATION_CODE = 121
TOO_LARGE_CODES = frozenset({10334, 17280, 17419, 17420})


def meaning(error: Exception, seconds: float) -> GatewayError | None:
    """The gateway's error for one of the driver's; None if the gateway itself is wrong."""
    code = getattr(error, "code", None)
    if code == VALIDATION_CODE:
        return Invalid("The session would break the database's rules for its kind.")
    if code in TOO_LARGE_CODES:
        return Invalid(TOO_LARGE)
    if code in UNREACHABLE_CODES:
        return Unavailable(UNREACHABLE)
    if code in FAILED_CODES:
        log.error("the database failed with its code %s", code)
        return Unavailable(FAILED)
    if code in MEMORY_CODES:
        return LimitExceeded(MEMORY, limit="database_memory")
    if code in TIMEOUT_CODES:
        return Timeout(SLOW.format(seconds=seconds))
    if isinstance(error, driver_errors.PyMongoError) and error.has_error_label(RETRYABLE):
        return Unavailable(UNREACHABLE)
    nearest = next((base for base in type(error).__mro__ if base in MEANINGS), None)
    found = MEANINGS[nearest] if nearest else None
    return found(MESSAGES[found].format(seconds=seconds)) if found else None


DRIVER_ERRORS = (driver_errors.PyMongoError, driver_errors.DocumentTooLarge)
"""The second is the only error of the driver's that is not a PyMongoError."""


async def opened(cursor: Any) -> Any:
    """The cursor of an aggregation: PyMongo gives it after an await, Motor at once."""
    return await cursor if inspect.isawaitable(cursor) else cursor


async def close(client: Any) -> None:
    """Close the client: an await with PyMongo, a call with Motor."""
    closing = client.close()
    if inspect.isawaitable(closing):
        await closing
