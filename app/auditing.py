"""The audit trail of this process, as the settings want it."""

import asyncio
import getpass
import logging
import os
import random
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Final

from app.settings import Settings
from resolvers.access import EVERYBODY, Caller
from resolvers.audit.entries import Mac
from resolvers.audit.pruning import prune
from resolvers.audit.trail import Observe, Trail, unobserved
from resolvers.audit.witness import RequestWitness
from resolvers.errors import GatewayError
from resolvers.request_facts import RequestFacts
from resolvers.store.driver import DRIVER_ERRORS
from resolvers.store.store import Store

PRUNE_SECONDS: Final = 3600.0
"""How often entries are sought whose time is over, give or take a tenth."""
COMMAND: Final = "command:"
"""What the id of who runs a command begins with; no credential's does."""

log = logging.getLogger("gateway.audit")


def mac(settings: Settings) -> Mac:
    """What makes the hashes of the trail."""
    return Mac(settings.audit_key.get_secret_value() if settings.audit_key else None)


@asynccontextmanager
async def opened(
    settings: Settings, store: Store, program: str, observe: Observe = unobserved
) -> AsyncIterator[Trail | None]:
    """The trail for as long as the process runs; None where it is off, which costs nothing."""
    if settings.audit == "off":
        yield None
        return
    about = {"program": program, "host": socket.gethostname(), "process": os.getpid()}
    reads = settings.audit == "all"
    trail = Trail(store, mac(settings), reads=reads, about=about, observe=observe)
    async with trail.running():
        yield trail


@asynccontextmanager
async def pruning(settings: Settings, store: Store, trail: Trail | None) -> AsyncIterator[None]:
    """Remove entries whose time is over meanwhile, if the settings say when that is."""
    days = settings.audit_retention_days
    if trail is None or days is None:
        yield
        return
    task = asyncio.create_task(_prune_often(store, mac(settings), trail, days))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _prune_often(store: Store, hashes: Mac, trail: Trail, days: int) -> None:
    while True:
        try:
            await prune(store, hashes, days, trail)
        except (GatewayError, *DRIVER_ERRORS) as error:
            log.warning("old entries of the audit trail stay for now: %s", type(error).__name__)
        # Processes that started together do not stay together.
        await asyncio.sleep(PRUNE_SECONDS * random.uniform(0.9, 1.1))  # noqa: S311  # no secret


@asynccontextmanager
async def command(settings: Settings, store: Store) -> AsyncIterator[Store]:
    """The store of a command, with a trail of its own: who runs it is the user of the system."""
    async with opened(settings, store, "command") as trail:
        if trail is None:
            yield store
            return
        words = [word for word in sys.argv[1:3] if not word.startswith("-")]
        facts = RequestFacts(id=trail.writer, api="command", operation=" ".join(words))
        yield replace(store, witness=RequestWitness(trail, operator(), facts))


def operator() -> Caller:
    """The user who runs a command, who may do everything."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container's user has a number alone
        name = str(os.getuid())
    return replace(EVERYBODY, id=f"{COMMAND}{name}", name=name)
