"""Metrics of several workers as one: each writes what it has to a file, the parent adds them up.

    folder/4711.prom     what worker 4711 shows, in Prometheus's text form, at most seconds old

Counting stays as cheap as in one process. Of a worker that has ended, counters and histograms stay
in the sum, which must never fall, and gauges do not. What a killed worker counted after it last
wrote is lost.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from os import getpid
from pathlib import Path
from threading import Lock
from typing import Final

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from app import private_writing

log = logging.getLogger(__name__)

SECONDS: Final = 2.0
"""How often a worker writes."""
_SUFFIX: Final = ".prom"

_Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@asynccontextmanager
async def written(collectors: CollectorRegistry, folder: Path) -> AsyncIterator[None]:
    """Write what they collect to this process's file again and again, and once more at the end."""

    def write() -> None:
        target = folder / f"{getpid()}{_SUFFIX}"
        fresh = target.with_suffix(".new")
        try:
            with private_writing.opened(fresh) as file:
                file.write(generate_latest(collectors))
            fresh.replace(target)  # nobody reads half a file
        except OSError as error:
            log.warning("the metrics could not be written: %s", type(error).__name__)

    async def often() -> None:
        while True:
            write()
            await asyncio.sleep(SECONDS)

    writing = asyncio.create_task(often())
    try:
        yield
    finally:
        writing.cancel()
        write()


class _Workers(Collector):
    def __init__(self, alive: Callable[[], Collection[int]], restarts: Callable[[], int]) -> None:
        self._alive, self._restarts = alive, restarts

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("gateway_workers", "Workers that run.", value=len(self._alive()))
        yield CounterMetricFamily(
            "gateway_worker_restarts",
            "Workers that were started in place of one that had ended.",
            value=self._restarts(),
        )


class WorkerSums(Collector):
    """The sum of the files in a folder; `alive` gives the processes that still run."""

    def __init__(self, folder: Path, alive: Callable[[], Collection[int]]) -> None:
        self._folder = folder
        self._alive = alive
        self._ended: dict[str, Metric] = {}
        """What workers counted that have ended."""
        self._lock = Lock()
        """Two may ask at the same time, each in a thread of its own."""

    def collectors(self, restarts: Callable[[], int]) -> CollectorRegistry:
        """The sum, and what only the parent knows: the workers, and how many were restarted."""
        made = CollectorRegistry()
        made.register(self)
        made.register(_Workers(self._alive, restarts))
        return made

    def collect(self) -> Iterable[Metric]:
        """One family for each name, its samples added up."""
        with self._lock:
            return self._sums()

    def _sums(self) -> list[Metric]:
        alive = self._alive()  # before the files: who ends in between counts as alive once more
        living: dict[str, Metric] = {}
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            shown = list(text_string_to_metric_families(path.read_text("utf-8")))
            if int(path.stem) in alive:
                _add(living, shown)
            else:
                _add(self._ended, (one for one in shown if one.type != "gauge"))
                path.unlink()
        _add(living, self._ended.values())
        return list(living.values())


def _add(total: dict[str, Metric], shown: Iterable[Metric]) -> None:
    for one in shown:
        before = total.get(one.name, one)
        sums: _Samples = {}
        for sample in (*before.samples, *(one.samples if before is not one else ())):
            if not sample.name.endswith("_created"):  # moments have no sum
                key = (sample.name, tuple(sample.labels.items()))
                sums[key] = sums.get(key, 0.0) + sample.value
        total[one.name] = added = Metric(one.name, one.documentation, one.type)
        for (name, labels), value in sums.items():
            added.add_sample(name, dict(labels), value)
