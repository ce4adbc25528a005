"""Shadow between a stand-in for a vendor and one for the gateway, on sockets."""

import asyncio
import contextlib
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.types import Receive, Scope, Send

from app.commands.shadow.options import Options
from app.commands.shadow.server import Server, made
from app.settings import Settings
from tests.app.live import live
from tests.timing import limit, until

JSON = {"content-type": "application/json"}
XML = {"content-type": "text/xml; charset=UTF-8"}
SECONDS = limit(20)
BOT = "/api/public/bot/st-1/getSessions"


@dataclass
class Stand:
    """A service that answers everything alike, and notes what it was asked."""

    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))
    status: int = 200
    more: list[tuple[bytes, bytes]] = field(default_factory=list)
    go_on: threading.Event | None = None
    """To be set before the answer ends."""
    cut: bool = False
    asked: list[tuple[str, bytes, dict[bytes, bytes], bytes]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, message = b"", await receive()
        while True:
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
            message = await receive()
        target = scope["raw_path"] + (b"?" if scope["query_string"] else b"")
        target += scope["query_string"]
        self.asked.append((scope["method"], target, dict(scope["headers"]), body))
        headers = [(name.encode(), text.encode()) for name, text in self.headers.items()]
        if not self.go_on:
            headers.append((b"content-length", b"%d" % (len(self.body) + 1000 * self.cut)))
        await send(
            {
                "type": "http.response.start",
                "status": self.status,
                "headers": headers + self.more,
            }
        )
        half = len(self.body) // 2
        await send({"type": "http.response.body", "body": self.body[:half], "more_body": True})
        if self.go_on:
            await asyncio.to_thread(self.go_on.wait, SECONDS)
        await send({"type": "http.response.body", "body": self.body[half:], "more_body": self.cut})


@dataclass
class Shadow:
    """A running one; `lines` and `summary` are read after its end."""

    client: httpx.Client
    port: int
    output: io.StringIO

    @property
    def lines(self) -> list[Any]:
        """Every line but the summary."""
        return [json.loads(line) for line in self.output.getvalue().splitlines()][:-1]

    @property
    def summary(self) -> dict[str, Any]:
        found = json.loads(self.output.getvalue().splitlines()[-1])
        return dict(found["summary"])

    @property
    def requests(self) -> dict[str, int]:
        """By outcome."""
        return dict(self.summary["requests"])


@contextlib.contextmanager
def shadowing(vendor: str, upstream: str, gateway: str, **more: Any) -> Iterator[Shadow]:
    """Until the block ends, in a thread."""
    given = {"writes": False, "ignored": (), "key": None, "seconds": SECONDS, **more}
    options = Options(
        vendor=vendor, upstream=upstream, gateway=gateway, host="127.0.0.1", port=0, **given
    )
    output = io.StringIO()
    server: Server = made(options, Settings(), output)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started or not thread.is_alive(), 20)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        base = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=base, timeout=SECONDS, verify=False) as client:
            yield Shadow(client, port, output)
    finally:
        server.should_exit = True
        thread.join(limit(30))


@contextlib.contextmanager
def between(vendor: str, theirs: Stand, ours: Stand, **more: Any) -> Iterator[Shadow]:
    """Between two stand-ins."""
    with live(theirs) as one, live(ours) as other:
        origins = (f"http://127.0.0.1:{one}", f"http://127.0.0.1:{other}")
        with shadowing(vendor, *origins, **more) as running:
            yield running


@contextlib.contextmanager
def beside(gateway: str) -> Iterator[Shadow]:
    """With a vendor that is well, and a gateway at this address."""
    theirs = live(Stand(b'{"total":1}'))
    with theirs as port, shadowing("bot", f"http://127.0.0.1:{port}", gateway) as running:
        yield running
