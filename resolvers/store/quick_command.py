"""Commands over PyMongo's connections: the only module that uses its private names.

    if quick_command.serves(database):
        reply = await quick_command.run(database, {"find": "bot_sessions", …})
        reply = await quick_command.change(database, {"insert": "bot_sessions", …})

`database.command` and `insert_one` get the same replies. They also start two tasks for each reply
and one for a time limit, which `Store.run` has anyway. A read needs no session on the server, and
`resolvers.store.find` looks itself whether to try again. All that is half of a small page's time in
the driver. What remains is PyMongo's: which server is asked, its pool, its encoding, retryable
writes, and what a failure says of a server (docs/adr/0039-quick-commands.md).

Other drivers are not served, nor one in which a name is missing: `tests/wire/test_quick_command.py`
notices. A connection that compresses or encrypts sends PyMongo's own command.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pymongo import AsyncMongoClient, ReadPreference
from pymongo.errors import DocumentTooLarge, NotPrimaryError, OperationFailure

from resolvers.kind import Document
from resolvers.store.driver import CODEC

try:
    from pymongo._telemetry import _CommandTelemetry
    from pymongo.helpers_shared import _check_command_response, _check_write_command_response
    from pymongo.message import _convert_exception, _op_msg
    from pymongo.network_layer import _UNPACK_REPLY  # type: ignore[attr-defined]

    AVAILABLE = all(
        hasattr(AsyncMongoClient, name)
        for name in ("_conn_for_reads", "_process_response", "_retryable_write")
    )
except ImportError:
    AVAILABLE = False

PRIMARY = ReadPreference.PRIMARY


def serves(database: Any) -> bool:
    """Whether commands for this database can be run here."""
    return AVAILABLE and type(getattr(database, "client", None)) is AsyncMongoClient


async def run(database: Any, command: Mapping[str, Any]) -> Document:
    """The primary's reply to a command; the driver's errors are let through."""
    client = database.client
    checkout = await client._conn_for_reads(PRIMARY, None, next(iter(command)))
    async with checkout as (connection, preference):
        return await _sent(_Sending(client, database.name, preference), connection, command)


async def change(database: Any, command: Mapping[str, Any]) -> Document:
    """The primary's reply to a command that stores documents, or changes one.

    PyMongo sends it again where that cannot do it twice, as its own commands: a retryable write.
    """
    concern = database.write_concern
    asked = {**command, "writeConcern": concern.document} if concern.document else command

    async def sent(session: Any, connection: Any, retryable: bool) -> Document:
        sending = _Sending(database.client, database.name, PRIMARY, session, retryable)
        reply = await _sent(sending, connection, asked)
        _check_write_command_response(reply)
        return reply

    reply: Document = await database.client._retryable_write(True, sent, None, next(iter(command)))
    return reply


class _Sending(NamedTuple):
    """How a command is sent."""

    client: Any
    database: str
    preference: Any
    session: Any = None
    retryable: bool = False


async def _sent(sending: _Sending, connection: Any, given: Mapping[str, Any]) -> Document:
    client, database, preference, session, retryable = sending
    command = {**given}
    if _is_special(client, connection):
        reply: Document = await connection.command(
            database,
            command,
            preference,
            codec_options=CODEC,
            client=client,
            session=session,
            retryable_write=retryable,
        )
        return reply
    connection.add_server_api(command)
    if session:
        session._apply_to(command, retryable, preference, connection)
    connection.send_cluster_time(command, session, client)
    number, message, _, largest = _op_msg(0, command, database, preference, CODEC)
    if largest > connection.max_bson_size:
        raise DocumentTooLarge(f"{largest} bytes are more than {connection.max_bson_size}")
    told = _CommandTelemetry(
        client._topology_id, connection, connection.listeners, command, database, number, None
    )
    told.started(command, False)
    name = next(iter(command))
    try:
        answer = await _exchanged(connection, number, message)
        (reply,) = answer.unpack_response(codec_options=CODEC)
        await client._process_response(reply, session)
        _check_command_response(reply, connection.max_wire_version)
    except BaseException as error:
        refused = isinstance(error, OperationFailure | NotPrimaryError)
        details: Any = getattr(error, "details", None) if refused else _convert_exception(error)
        told.failed(details, name, isinstance(error, OperationFailure))
        raise
    told.succeeded(reply, name, False)
    return reply


def _is_special(client: Any, connection: Any) -> bool:
    return bool(connection.compression_context or client._encrypter)


async def _exchanged(connection: Any, number: int, message: bytes) -> Any:
    """The reply to a message."""
    stream = connection.conn.get_conn
    try:
        await stream.write(message)
        data, opcode = await stream.read(number, connection.max_message_size)
        return _UNPACK_REPLY[opcode](data)
    except BaseException as error:  # a reply may still come: the connection is of no more use
        await connection._raise_connection_failure(error)
