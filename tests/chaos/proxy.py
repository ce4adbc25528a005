"""A TCP proxy between the gateway and its database that can behave badly."""

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum

CHUNK = 65_536
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes closing a reset."""


class Mode(Enum):
    """What the proxy does with what it is sent."""

    PASS = "passes everything on"
    SLOW = "passes everything on, 200 ms late in each direction"
    BLACK_HOLE = "takes everything and passes nothing on"
    LOST_ANSWERS = "passes requests on, and closes in place of each answer"


class Proxy:
    """Passes connections on to a port; used from the event loop that opened it."""

    def __init__(self, port: int) -> None:
        self.behind = port
        self.port = 0
        self.mode = Mode.PASS
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen on a free loopback port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """End all connections and return once nothing is passed on any longer."""
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def reset(self) -> None:
        """End all connections with a reset."""
        for writer in list(self._writers):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with self._known(writer), suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", self.behind)
            with self._known(back):
                ways = (self._pass(reader, back, False), self._pass(there, writer, True))
                tasks = [asyncio.create_task(way) for way in ways]
                self._tasks.update(tasks)
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                self._tasks.difference_update(tasks)

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_answer: bool
    ) -> None:
        while data := await reader.read(CHUNK):
            if self.mode is Mode.BLACK_HOLE:
                continue
            if self.mode is Mode.LOST_ANSWERS and is_answer:
                return
            if self.mode is Mode.SLOW:
                await asyncio.sleep(0.2)
            writer.write(data)
            await writer.drain()

    @contextmanager
    def _known(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        self._writers.add(writer)
        try:
            yield
        finally:
            self._writers.discard(writer)
            writer.close()
