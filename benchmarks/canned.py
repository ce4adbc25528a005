"""A process that speaks MongoDB's wire protocol and answers with prepared bot sessions.

A real engine's own time would hide what is measured here, so this one does next to nothing: it
decodes the command, looks up the encoded reply and sends it. `{cannedStats: 1}` tells how many
commands, documents and bytes passed and which fields the reads asked for.

    python -m benchmarks.canned --port 27018
"""

import argparse
import asyncio
import struct

import bson

from benchmarks.replies import Engine

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
CHECKSUM, MORE_TO_COME = 1, 2
HEADER = struct.Struct("<iiii")  # length, request id, id of the request answered, opcode
INT = struct.Struct("<i")
REPLY_HEAD = struct.pack("<iqii", 8, 0, 0, 1)  # flags, cursor, start, one document
MSG_HEAD = bytes(5)  # no flags, then a section of kind 0


class Wire(asyncio.Protocol):
    """One connection: frames in, replies out."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole message that has arrived."""
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            length, request, _, opcode = HEADER.unpack_from(self._buffer)
            if len(self._buffer) < length:
                return
            message = bytes(self._buffer[:length])
            del self._buffer[:length]
            self._engine.bytes_in += length
            self._answer(opcode, request, message)

    def _answer(self, opcode: int, request: int, message: bytes) -> None:
        if opcode == OP_MSG:
            command, sequences, flags = read_message(message)
            reply = self._engine.answer(command, sequences)
            if not flags & MORE_TO_COME:
                self._send(OP_MSG, request, MSG_HEAD, reply)
        elif opcode == OP_QUERY:
            self._send(OP_REPLY, request, REPLY_HEAD, self._engine.answer(read_query(message), {}))
        else:
            self._transport.close()

    def _send(self, opcode: int, request: int, head: bytes, reply: bytes) -> None:
        length = HEADER.size + len(head) + len(reply)
        self._engine.bytes_out += length
        self._transport.write(HEADER.pack(length, 0, request, opcode) + head + reply)


def read_message(message: bytes) -> tuple[dict[str, object], dict[str, int], int]:
    """An OP_MSG's body, the number of documents in each of its sequences, and its flags."""
    (flags,) = INT.unpack_from(message, HEADER.size)
    end = len(message) - (4 if flags & CHECKSUM else 0)
    command: dict[str, object] = {}
    sequences: dict[str, int] = {}
    at = HEADER.size + INT.size
    while at < end:
        kind = message[at]
        (size,) = INT.unpack_from(message, at + 1)
        section = message[at + 1 : at + 1 + size]
        if kind == 0:
            command = bson.decode(section)
        else:
            name, _, documents = section[INT.size :].partition(b"\0")
            sequences[name.decode()] = _count(documents)
        at += 1 + size
    return command, sequences, flags


def read_query(message: bytes) -> dict[str, object]:
    """The command in an OP_QUERY, which drivers still send as their first word."""
    name_end = message.index(b"\0", HEADER.size + INT.size)
    body: dict[str, object] = bson.decode(message[name_end + 1 + 2 * INT.size :])
    return body


def _count(documents: bytes) -> int:
    count = at = 0
    while at < len(documents):
        at += INT.unpack_from(documents, at)[0]
        count += 1
    return count


async def listen(engine: Engine, port: int) -> asyncio.Server:
    """Serve `engine` on a loopback port; 0 picks a free one."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Wire(engine), "127.0.0.1", port)


async def _serve(port: int, lifetime: float) -> None:
    server = await listen(Engine(), port)
    print("listening on", server.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(lifetime)


def main() -> None:
    """Serve until the lifetime is over."""
    parser = argparse.ArgumentParser(description="A canned MongoDB for measurements.")
    parser.add_argument("--port", type=int, default=27018)
    parser.add_argument("--lifetime", type=float, default=7200, help="seconds until it ends itself")
    options = parser.parse_args()
    asyncio.run(_serve(options.port, options.lifetime))


if __name__ == "__main__":
    main()
