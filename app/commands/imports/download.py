"""From the options of the command to the answers of a service, in a folder."""

import asyncio
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.commands.common import UsageError
from app.commands.imports.client import Asker, RefusedError, Sleep
from app.commands.imports.options import moment
from app.commands.imports.services import SERVICES, Account, Fetched, fetch
from app.commands.progress import bar
from app.errors import StartError
from app.rest.exports import Export, Options
from resolvers.context import utc_now

TIMEOUT = httpx.Timeout(30.0)
LONGEST_SECRET = 10_000
"""Bytes of a file that has a secret."""


def account_of(given: Mapping[str, Any]) -> Account:
    """Where and what is asked; UsageError for what cannot be asked."""
    since = moment("since", given["since"]) if given["since"] else None
    until = moment("until", given["until"]) if given["until"] else utc_now()
    if since and since >= until:
        raise UsageError("--since must be before --until, and before now.")
    return Account(
        url=checked_url(given["url"]),
        secret=_secret(given["secret_file"]) if given["secret_file"] else "",
        client_id=given["client_id"] or "",
        bot=given["bot"] or "",
        since=since,
        until=until,
        ids=_ids(given["ids"]) if given["ids"] else (),
    )


def checked_url(url: str) -> str:
    """The address without a slash at its end.

    UsageError unless it is https: a secret goes there. On this machine http will do.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise UsageError(f"--url: {url!r:.100} is not an address.") from None
    if parts.scheme not in ("https", "http") or not host or parts.query or parts.fragment:
        raise UsageError("--url: write the service's address, such as https://bots.example.com.")
    if parts.username is not None:
        raise UsageError("--url: leave the credential out; it has options of its own.")
    if parts.scheme == "http" and not _is_here(host):
        raise UsageError("--url: the secret must not travel without encryption: write https://…")
    return url.rstrip("/")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _secret(path: Path) -> str:
    text = _read(path, LONGEST_SECRET, "--secret-file").strip()
    if not text or not text.isprintable():
        raise UsageError(f"--secret-file: {path} does not have one line with a secret.")
    return text


def _ids(path: Path) -> list[str]:
    lines = _read(path, None, "--ids").splitlines()
    found = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if not found:
        raise UsageError(f"--ids: {path} has no ids.")
    return found


def _read(path: Path, most: int | None, option: str) -> str:
    try:
        with path.open("rb") as file:
            return file.read(-1 if most is None else most).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"{option}: {path} cannot be read: {reason}.") from None


async def download(
    export: Export,
    account: Account,
    options: Options,
    folder: Path,
    transport: httpx.AsyncBaseTransport | None = None,
    sleep: Sleep = asyncio.sleep,
) -> Fetched:
    """All answers of the service; StartError if it refuses, or answers nothing at all."""
    service = SERVICES[export.name]
    async with httpx.AsyncClient(timeout=TIMEOUT, transport=transport) as client:
        pieces = service.pieces(account, client, options)
        asker = Asker(client, service.rates, sleep)
        try:
            with bar("Downloading", len(pieces)) as advance:
                found = await fetch(pieces, asker, folder, advance)
        except RefusedError as error:
            raise StartError(f"Nothing is stored. {error}") from None
    if not found.files:
        raise StartError(f"Nothing is stored.\n{found.missing}")
    return found
