"""One of each measurement that there is."""

from prometheus_client import CollectorRegistry

from app.observing.metrics import Metrics
from resolvers.request_facts import RequestFacts
from resolvers.store.listeners import Pool


def everything_measured() -> CollectorRegistry:
    """What a process with a database, an audit trail and subscriptions gives."""
    metrics = Metrics()
    metrics.request(RequestFacts(), 200, 1.0)
    metrics.command("find", True, 1.0)
    metrics.pool(Pool())
    metrics.cache("some", [])
    metrics.audit("stored", 1)
    metrics.waiting(lambda: 0)
    metrics.subscriptions([])
    metrics.change("sent")
    return metrics.collectors
