"""Clients of either driver, and what a driver's errors mean."""

import asyncio
import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from bson.codec_options import CodecOptions, DatetimeConversion, TypeRegistry
from pymongo import AsyncMongoClient, WriteConcern
from pymongo import errors as driver_errors
from pymongo.read_concern import ReadConcern

from resolvers.errors import GatewayError, Invalid, Timeout, Unavailable
from resolvers.store.listeners import Listener
from resolvers.value_types import VALUE_TYPES

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


def connect(
    uri: str,
    driver: Driver,
    deadline: float,
    loop: asyncio.AbstractEventLoop,
    listeners: Sequence[Listener] = (),
) -> Any:
    """A client of the chosen driver, every wait of it bounded by `deadline` seconds."""
    milliseconds = int(deadline * 1000)
    options: dict[str, Any] = {
        "serverSelectionTimeoutMS": milliseconds,
        "connectTimeoutMS": milliseconds,
        "waitQueueTimeoutMS": milliseconds,
        "appname": "session-gateway",
        "event_listeners": list(listeners),
    }
    if driver == "pymongo":
        return AsyncMongoClient(uri, **options)
    from motor.motor_asyncio import AsyncIOMotorClient

    # A cancelled wait ends an operation of PyMongo's; one of Motor's goes on in its thread.
    options["socketTimeoutMS"] = milliseconds * 2
    return AsyncIOMotorClient(uri, io_loop=loop, **options)


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
    "The database did not finish within {seconds:g} s. Ask for fewer rows, or filter and order by "
    "columns that narrow the search."
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
    if code in TIMEOUT_CODES:
        return Timeout(SLOW.format(seconds=seconds))
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
