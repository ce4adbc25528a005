"""The server of `shadow`: it listens, mirrors while it runs, and ends with the summary."""

from contextlib import AsyncExitStack
from socket import socket
from typing import TextIO

import typer
import uvicorn

from app.commands.common import UsageError
from app.commands.serve import origin
from app.commands.shadow.mirror import Mirror
from app.commands.shadow.names import names_of
from app.commands.shadow.options import Options
from app.commands.shadow.relay import Relay
from app.commands.shadow.report import Report
from app.http.protocol import Protocol
from app.rest import VENDORS
from app.rest.docs import BEARER
from app.rest.vendor import Vendor
from app.settings import Settings
from resolvers.errors import nearest


def serve(options: Options, settings: Settings, output: TextIO) -> None:
    """Relay and report until a signal asks to end; UsageError for a vendor there is not."""
    made(options, settings, output).run()


def made(options: Options, settings: Settings, output: TextIO) -> "Server":
    """The server, not yet listening."""
    vendor = _vendor(options)
    gateway = options.gateway or origin(
        settings.host, settings.port, bool(settings.tls_certificate)
    )
    report = Report(output)
    mirror = Mirror(gateway, names_of(vendor), report, options.seconds, options.key)
    relay = Relay(
        vendor, options.upstream, mirror, report, writes=options.writes, ignored=options.ignored
    )
    config = uvicorn.Config(
        relay,
        host=options.host,
        port=options.port,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_level="critical",  # a vendor that breaks off is not a fault of this server
        access_log=False,
        server_header=False,
        date_header=False,  # the vendor's own are passed on
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
    return Server(config, relay, mirror, report, gateway)


class Server(uvicorn.Server):
    """uvicorn, with the mirror at work while it runs."""

    def __init__(
        self, config: uvicorn.Config, relay: Relay, mirror: Mirror, report: Report, gateway: str
    ) -> None:
        super().__init__(config)
        self._relay, self._mirror, self._report, self._gateway = relay, mirror, report, gateway
        self._stack = AsyncExitStack()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Listen, and say where."""
        await self._stack.enter_async_context(self._relay.client)
        await self._stack.enter_async_context(self._mirror.running())
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            own = origin(host, port, bool(self.config.ssl_certfile))
            typer.echo(f"Shadow at {own}, beside the gateway at {self._gateway}", err=True)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """End, then finish what waits and write the summary."""
        await super().shutdown(sockets)
        await self._stack.aclose()
        self._report.summarise()


def _vendor(options: Options) -> Vendor:
    name = options.vendor.replace("-", "_")
    known = {vendor.name: vendor for vendor in VENDORS}
    if name not in known:
        raise UsageError(f"--vendor {options.vendor!r} is unknown. {nearest(name, known)}")
    vendor = known[name]
    if options.key is not None and vendor.chapter.security is not BEARER:
        raise UsageError(
            f"--key-from is not for {name}: its clients send a credential, which the gateway needs "
            "too. Register it with keys create."
        )
    return vendor
