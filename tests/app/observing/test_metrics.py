"""What is counted, and under which names."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from app.observing.exposition import exposed
from app.observing.metrics import MOST_NAMES, Metrics
from app.observing.worker_sums import WorkerSums, written
from resolvers.request_facts import RequestFacts
from resolvers.store.listeners import Pool
from tests.app.graphql_client import open_door


def graphql(operation: str, *codes: str) -> RequestFacts:
    return RequestFacts(api="graphql", operation=operation, codes=list(codes))


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.collectors.get_sample_value(name, labels)


def requests(metrics: Metrics, api: str, operation: str, status: int, code: str) -> float | None:
    labels = {"api": api, "operation": operation, "status": str(status), "code": code}
    return value(metrics, "gateway_requests_total", **labels)


@given(st.lists(st.text("abc", min_size=1, max_size=80), max_size=300))
def test_names_are_bounded(names: list[str]) -> None:
    """Whatever clients call their operations, there are at most so many labels."""
    metrics = Metrics()
    for name in names:
        metrics.request(graphql(name), 200, 0.1)
    shown = {name for name, labels in labels_of(metrics, "operation")}
    assert len(shown) <= MOST_NAMES + 1
    assert all(len(name) <= 64 for name in shown)


def labels_of(metrics: Metrics, label: str) -> set[tuple[str, str]]:
    samples = (s for family in metrics.collectors.collect() for s in family.samples)
    return {(s.labels[label], s.name) for s in samples if label in s.labels}


def test_only_what_succeeded_gets_a_name() -> None:
    """Failing requests cannot use the names up; a name that is known stays."""
    metrics = Metrics()
    for number in range(MOST_NAMES * 2):
        metrics.request(graphql(f"Bad{number}", "BAD_USER_INPUT"), 200, 0.1)
    metrics.request(graphql("Good"), 200, 0.1)
    metrics.request(graphql("Good", "INTERNAL"), 200, 0.1)
    assert requests(metrics, "graphql", "other", 200, "BAD_USER_INPUT") == MOST_NAMES * 2
    assert requests(metrics, "graphql", "Good", 200, "") == 1
    assert requests(metrics, "graphql", "Good", 200, "INTERNAL") == 1


def test_the_application_is_measured() -> None:
    """Requests by API, operation, status and code; caches by name; nobody by name."""
    door = open_door(metrics_port=0)
    metrics: Any = door.app.entrance._metrics  # type: ignore[attr-defined]  # Gateway's own
    door.post("query Mine { __typename }")
    door.request("POST", "/api/public/bot/st-1/getSessions")
    door.request("GET", "/healthz")
    assert requests(metrics, "graphql", "Mine", 200, "") == 1
    route = "POST /api/public/bot/{BotID}/getSessions"
    assert requests(metrics, "rest:bot", route, 401, "UNAUTHENTICATED") == 1
    assert requests(metrics, "pages", "healthz", 200, "") == 1
    assert value(metrics, "gateway_requests_in_flight") == 0
    assert value(metrics, "gateway_cache_entries", cache="operations") >= 1
    text = generate_latest(metrics.collectors).decode()
    assert "st-1" not in text
    assert door.key not in text


def test_nothing_is_measured_unless_wanted() -> None:
    """Without a port there are no metrics, and nobody listens to the driver."""
    from app.observing.observers import Observers
    from app.settings import Settings

    observers = Observers(Settings())
    assert (observers.metrics, observers.traces, list(observers.listeners)) == (None, None, [])
    assert len(Observers(Settings(metrics_port=0)).listeners) == 2
    assert list(Observers(Settings(metrics_port=0, metrics_database=False)).listeners) == []


def test_the_pool_is_shown() -> None:
    """As it is when it is asked for."""
    metrics, pool = Metrics(), Pool()
    metrics.pool(pool)
    pool.in_use = 3
    assert value(metrics, "gateway_pool_connections", state="in_use") == 3


def worker() -> CollectorRegistry:
    """What one worker shows."""
    collectors = CollectorRegistry()
    own: Any = {"registry": collectors}
    Counter("answers", "Some.", ["api"], **own).labels('a"b\\').inc(2)
    Histogram("seconds", "Some.", buckets=(1.0, 2.0), **own).observe(1.5)
    Gauge("now", "Some.", **own).set(5)
    return collectors


def test_workers_are_added_up(tmp_path: Path) -> None:
    """Counters of those that ended stay, once; their gauges do not."""
    for pid in (1, 2, 3):
        (tmp_path / f"{pid}.prom").write_bytes(generate_latest(worker()))
    alive = {1, 2, 3}
    collectors = WorkerSums(tmp_path, lambda: alive).collectors(lambda: 7)
    for running, now in (({1, 2, 3}, 15), ({1, 2}, 10), ({1, 2}, 10), (set(), None)):
        alive.clear()
        alive.update(running)
        assert collectors.get_sample_value("answers_total", {"api": 'a"b\\'}) == 6
        assert collectors.get_sample_value("seconds_bucket", {"le": "2.0"}) == 3
        assert collectors.get_sample_value("seconds_sum") == 4.5
        assert collectors.get_sample_value("now") == now
    assert collectors.get_sample_value("gateway_worker_restarts_total") == 7
    assert list(tmp_path.iterdir()) == []


def test_a_worker_writes_what_it_has(tmp_path: Path) -> None:
    """Also what came last, when it ends."""
    collectors = CollectorRegistry()
    own: Any = {"registry": collectors}
    counter = Counter("answers", "Some.", **own)

    async def run() -> None:
        async with written(collectors, tmp_path):
            counter.inc()

    asyncio.run(run())
    (path,) = tmp_path.iterdir()
    assert "answers_total 1.0" in path.read_text()


@pytest.mark.parametrize("path", ["/metrics"])
def test_they_are_served_on_a_port_of_their_own(path: str) -> None:
    """In Prometheus's text form."""
    with exposed(worker(), "127.0.0.1", 0) as port:
        answer = httpx.get(f"http://127.0.0.1:{port}{path}")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "now 5.0" in answer.text
