"""A command for reading over PyMongo's connections: the only module that uses its private names.

    reply = await quick_command.run(database, {"find": "bot_sessions", …})

`database.command` gives the same reply. It also opens a session on the server, starts two tasks for
the reply and one for a time limit, which `Store.run` has anyway, and looks whether to try again,
which `resolvers.store.find` does: half of a small page's time in the driver. What remains is
PyMongo's: which server is asked, its pool, its encoding, and what a failure says of a server.

`run` is None with other drivers, and where a name is missing: `tests/wire/test_quick_command.py`
notices. A connection that compresses, encrypts or is listened to sends PyMongo's own command.
"""

from collections.abc import Mapping
from typing import Any

from pymongo import AsyncMongoClient, ReadPreference

from resolvers.kind import Document
from resolvers.store.driver import CODEC

try:
    from pymongo.helpers_shared import _check_command_response
    from pymongo.message import _op_msg
    from pymongo.network_layer import _UNPACK_REPLY  # type: ignore[attr-defined]

    AVAILABLE = all(
        hasattr(AsyncMongoClient, name) for name in ("_conn_for_reads", "_process_response")
    )
except ImportError:
    AVAILABLE = False


def serves(database: Any) -> bool:
    """Whether commands for this database can be run here."""
    return AVAILABLE and type(getattr(database, "client", None)) is AsyncMongoClient


async def run(database: Any, command: Mapping[str, Any]) -> Document:
    """The primary's reply to a command; the driver's errors are let through."""
    client = database.client
    checkout = await client._conn_for_reads(ReadPreference.PRIMARY, None, next(iter(command)))
    async with checkout as (connection, preference):
        if _is_special(client, connection):
            reply: Document = await connection.command(
                database.name, {**command}, preference, codec_options=CODEC, client=client
            )
            return reply
        return await _exchanged(client, connection, preference, database.name, {**command})


def _is_special(client: Any, connection: Any) -> bool:
    return bool(
        connection.compression_context
        or client._encrypter
        or (connection.listeners and connection.listeners.enabled_for_commands)
    )


async def _exchanged(
    client: Any, connection: Any, preference: Any, database: str, command: Document
) -> Document:
    connection.add_server_api(command)
    connection.send_cluster_time(command, None, client)
    number, message, *_ = _op_msg(0, command, database, preference, CODEC)
    stream = connection.conn.get_conn
    try:
        await stream.write(message)
        data, opcode = await stream.read(number, connection.max_message_size)
        answer = _UNPACK_REPLY[opcode](data)
    except BaseException as error:  # a reply may still come: the connection is of no more use
        await connection._raise_connection_failure(error)
    (reply,) = answer.unpack_response(codec_options=CODEC)
    await client._process_response(reply, None)
    _check_command_response(reply, connection.max_wire_version)
    found: Document = reply
    return found
