"""The command `shadow`: its options, checked before anything starts."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO
from urllib.parse import urlsplit

import typer

from app import private_writing
from app.commands.certificate import check_certificate
from app.commands.common import UsageError, load_settings, orderly_end, plain_failures
from app.commands.private_files import read_line
from app.commands.shadow.options import Options

Vendor = Annotated[str, typer.Option(help="Whose clients come here, such as bot.")]
Upstream = Annotated[str, typer.Option(metavar="URL", help="The vendor's own service.")]
Gateway = Annotated[
    str | None, typer.Option(metavar="URL", help="Default: the one that the settings describe.")
]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")]
Writes = Annotated[
    bool, typer.Option("--writes", help="Let requests that change sessions change the gateway.")
]
Ignore = Annotated[
    list[str] | None, typer.Option(help="A field such as sessions[].userId; repeatable.")
]
KeyFrom = Annotated[
    str | None, typer.Option(metavar="FILE", help="The gateway's key, where the vendor has none.")
]
Seconds = Annotated[
    float, typer.Option(min=0.1, max=300, help="The longest that the gateway may take.")
]
Output = Annotated[
    Path | None, typer.Option(help="A file for the report, in place of standard output.")
]


def shadow(
    vendor: Vendor,
    upstream: Upstream,
    gateway: Gateway = None,
    host: Host = "127.0.0.1",
    port: Port = 8100,
    writes: Writes = False,
    ignore: Ignore = None,
    key_from: KeyFrom = None,
    seconds: Seconds = 10.0,
    output: Output = None,
) -> None:
    """Answer a vendor's clients with its own bytes, and report where the gateway differs."""
    with plain_failures(), orderly_end():
        options = Options(
            vendor=vendor,
            upstream=_url("--upstream", upstream),
            gateway=_url("--gateway", gateway) if gateway else None,
            host=host,
            port=port,
            writes=writes,
            ignored=tuple(ignore or ()),
            key=read_line("--key-from", key_from) if key_from else None,
            seconds=seconds,
        )
        settings = load_settings()
        check_certificate(settings.tls_certificate, settings.tls_key)
        from app.commands.shadow.server import serve  # it loads the web framework

        with _opened(output) as report:
            serve(options, settings, report)


def _url(option: str, text: str) -> str:
    """The address of a service; UsageError if it cannot be one."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in text or "?" in text or "#" in text:
        raise UsageError(f"{option} is wrong: write an address such as https://bots.example.com.")
    return text


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that only its owner can read; lines are added at its end."""
    if output is None:
        yield sys.stdout
        return
    try:
        file = private_writing.opened_text(output, "a")
    except OSError as error:
        raise UsageError(f"--output {output} cannot be written: {error.strerror}.") from None
    with file:
        yield file
