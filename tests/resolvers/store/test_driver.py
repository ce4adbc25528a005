"""What the driver's errors mean to clients."""

import asyncio
import inspect
from socket import socket

import pymongo.lock
import pymongo.pool_shared
import pytest
from bson.errors import BSONError
from pymongo import errors as driver_errors
from pymongo.pool_options import PoolOptions

from resolvers.errors import GatewayError, Invalid, LimitExceeded, Timeout, Unavailable
from resolvers.store import cancelled_waits, driver
from resolvers.store.driver import meaning

pytestmark = pytest.mark.anyio

INTERNAL = {
    # Bugs of ours, or mistakes in the settings: nobody else can do anything about them.
    "BulkWriteError", "ClientBulkWriteException", "CollectionInvalid", "ConfigurationError",
    "CursorNotFound", "DuplicateKeyError", "EncryptedCollectionError", "EncryptionError",
    "InvalidName", "InvalidOperation", "InvalidURI", "OperationFailure", "ProtocolError",
    "PyMongoError", "WriteConcernError", "WriteError",
}  # fmt: skip
MEANT: dict[type[GatewayError] | None, set[str]] = {
    Unavailable: {
        "AutoReconnect", "ConnectionFailure", "NetworkTimeout", "NotPrimaryError",
        "ServerSelectionTimeoutError", "WaitQueueTimeoutError", "_OperationCancelled",
    },
    Timeout: {"ExecutionTimeout", "WTimeoutError"},
    Invalid: {"DocumentTooLarge"},
    None: INTERNAL,
}  # fmt: skip


def nearest(error: type[Exception]) -> type[GatewayError] | None:
    return next(driver.MEANINGS[base] for base in error.__mro__ if base in driver.MEANINGS)


def test_every_error_of_the_driver_has_a_meaning() -> None:
    """A new one in a later PyMongo fails here until somebody says what it means."""
    found: dict[type[GatewayError] | None, set[str]] = {}
    for name, value in vars(driver_errors).items():
        ours = (driver_errors.PyMongoError, driver_errors.DocumentTooLarge)
        if inspect.isclass(value) and issubclass(value, ours):
            found.setdefault(nearest(value), set()).add(name)
    assert found == MEANT


@pytest.mark.parametrize(
    ("code", "meant"),
    [(14031, Unavailable), (301, Unavailable), (1, Unavailable), (292, LimitExceeded), (2, None)],
)
def test_failures_of_the_server(
    code: int, meant: type[GatewayError] | None, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk and its like will pass, and are logged by their code alone."""
    found = meaning(driver_errors.OperationFailure("no space left for ada@x.example", code), 1.0)
    assert type(found) is (meant or type(None))
    assert [record.args for record in caplog.records] == [(code,)] * (meant is Unavailable)
    assert "ada" not in caplog.text


def test_only_one_error_of_the_driver_is_no_pymongo_error() -> None:
    """`within` catches the two families that there are."""
    others = {
        name
        for name, value in vars(driver_errors).items()
        if inspect.isclass(value)
        and value.__module__ == driver_errors.__name__
        and not issubclass(value, driver.DRIVER_ERRORS)
    }
    assert others == set()
    assert issubclass(driver_errors.DocumentTooLarge, BSONError)


@pytest.mark.parametrize("name", ["pymongo", "motor"])
async def test_every_wait_of_the_driver_is_bounded(name: driver.Driver) -> None:
    """By the deadline; Motor's threads end some time after it."""
    client = driver.connect("mongodb://127.0.0.1", name, 1.5, asyncio.get_running_loop())
    options, pool = client.options, client.options.pool_options
    waits = (options.server_selection_timeout, pool.connect_timeout, pool.wait_queue_timeout)
    assert waits == (1.5, 1.5, 1.5)
    assert pool.socket_timeout == (3.0 if name == "motor" else None)
    database = driver.database(client, "sessions", 1.5)
    assert database.write_concern.document == {"w": "majority", "j": True, "wtimeout": 1500}
    await driver.close(client)


async def test_reads_see_what_is_stored_here() -> None:
    """Dates without an offset, whatever an application sets for its own client."""
    client = driver.connect("mongodb://127.0.0.1", "pymongo", 1.5, asyncio.get_running_loop())
    database = driver.database(client, "sessions", 1.5)
    assert database.name == "sessions"
    assert database.read_concern.level == "local"
    assert database.codec_options == driver.CODEC
    await driver.close(client)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (121, Invalid),
        (10334, Invalid),
        (17419, Invalid),
        (50, Timeout),
        (64, Timeout),
        (91, Unavailable),
        (11600, Unavailable),
        (13435, Unavailable),
        (2, type(None)),
    ],
)
def test_codes_of_the_server(code: int, expected: type) -> None:
    """The server's code says more than the driver's class."""
    assert type(meaning(driver_errors.OperationFailure("x", code), 2)) is expected


def test_what_may_be_tried_again_is_unavailable() -> None:
    """Whatever its code, if the server or the driver labels it so."""
    details = {"errorLabels": ["RetryableWriteError"]}
    error = driver_errors.OperationFailure("x", 2, details)
    assert type(meaning(error, 2)) is Unavailable


async def test_a_cancelled_wait_gives_the_lock_back() -> None:
    """Also one that is cancelled while it takes the lock again, after its time was over: PyMongo
    selects servers like this, and everything else would wait for the lock for ever."""
    cancelled_waits.make_safe()
    lock = pymongo.lock._async_create_lock()
    condition = pymongo.lock._async_create_condition(lock)

    async def select() -> None:
        async with lock:
            await pymongo.lock._async_cond_wait(condition, 0.001)

    selecting = asyncio.create_task(select())
    await asyncio.sleep(0)
    await lock.acquire()
    await asyncio.sleep(0.01)  # after its timer, in the same loop
    selecting.cancel()
    lock.release()
    with pytest.raises(asyncio.CancelledError):
        await selecting
    assert not lock.locked()


async def test_a_cancelled_connection_leaves_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even until the next garbage collection."""
    cancelled_waits.make_safe()
    connecting: asyncio.Queue[socket] = asyncio.Queue()

    async def connect(opened: socket, _address: object) -> None:
        connecting.put_nowait(opened)
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", connect)
    waiting = asyncio.create_task(
        pymongo.pool_shared._async_create_connection(("127.0.0.1", 1), PoolOptions())
    )
    opened = await connecting.get()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert opened.fileno() == -1
