"""What happens to a site: each fault begins, lasts, and is over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

from tests.chaos.proxy import Mode
from tests.chaos.site import Site

Fault = Callable[[Site, Random], Iterator[None]]


def worker_killed(site: Site, random: Random) -> Iterator[None]:
    """One worker is killed."""
    site.kill_worker(random.randrange(100))
    yield


def gateway_killed(site: Site, _random: Random) -> Iterator[None]:
    """The gateway is killed with its workers, and started again."""
    site.kill_gateway()
    yield
    site.start_gateway()


def engine_killed(site: Site, _random: Random) -> Iterator[None]:
    """The database is killed, and started again."""
    site.engine.kill()
    yield
    site.engine.start()


def engine_frozen(site: Site, _random: Random) -> Iterator[None]:
    """The database stands still with its connections open."""
    site.engine.freeze()
    try:
        yield
    finally:
        site.engine.thaw()


def disk_full(site: Site, _random: Random) -> Iterator[None]:
    """The database has no room, and says so."""
    site.disk(full=True)
    yield
    site.disk(full=False)


def connections_reset(site: Site, _random: Random) -> Iterator[None]:
    """The gateway's connections to the database are reset."""
    site.reset()
    yield


def slow_network(site: Site, _random: Random) -> Iterator[None]:
    """Each way to the database takes 200 ms."""
    return _network(site, Mode.SLOW)


def black_hole(site: Site, _random: Random) -> Iterator[None]:
    """Nothing comes through to the database."""
    return _network(site, Mode.BLACK_HOLE)


def lost_answers(site: Site, _random: Random) -> Iterator[None]:
    """The database does what it is asked, and no answer comes back."""
    return _network(site, Mode.LOST_ANSWERS)


def _network(site: Site, mode: Mode) -> Iterator[None]:
    site.network(mode)
    yield
    site.network(Mode.PASS)
    if mode is Mode.BLACK_HOLE:  # what it swallowed is missing in its connections
        site.reset()


FAULTS: tuple[Fault, ...] = (
    worker_killed,
    gateway_killed,
    engine_killed,
    engine_frozen,
    disk_full,
    connections_reset,
    slow_network,
    black_hole,
    lost_answers,
)


@contextmanager
def lasting(fault: Fault, site: Site, random: Random) -> Iterator[None]:
    """The fault, for as long as the block."""
    parts = fault(site, random)
    next(parts)
    try:
        yield
    finally:
        next(parts, None)
