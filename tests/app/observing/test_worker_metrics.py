"""Several workers for real: one sum, also after one of them was killed."""

import json
from pathlib import Path

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.gateway import SERVE, started
from tests.timing import limit, until
from tests.wire.engine import WireEngine


def workers() -> list[psutil.Process]:
    """Of the gateway that this process started with two."""
    own = psutil.Process().children()
    (gateway,) = [one for one in own if "--workers=2" in one.cmdline()]
    return [one for one in gateway.children() if "spawn_main" in " ".join(one.cmdline())]


@pytest.mark.slow
def test_the_sum_survives_a_worker(engine: WireEngine, database_name: str, tmp_path: Path) -> None:
    """Each request counts once; a killed worker is counted, and what it had stays."""
    log = tmp_path / "log"
    settings = {
        "GATEWAY_MONGODB_URI": engine.uri,
        "GATEWAY_MONGODB_DATABASE": database_name,
        "GATEWAY_METRICS_PORT": "0",
        "GATEWAY_LOG_FORMAT": "json",
    }
    with started((*SERVE, "--workers=2", "--no-demo"), log, settings) as origin:
        lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
        address = next(json.loads(line)["address"] for line in lines if "address" in line)

        def shown(name: str, **labels: str) -> float:
            text = httpx.get(address, timeout=limit(30)).text
            samples = (s for one in text_string_to_metric_families(text) for s in one.samples)
            return sum(
                s.value for s in samples if s.name == name and labels.items() <= s.labels.items()
            )

        def answered() -> float:
            return shown("gateway_requests_total", operation="healthz")

        for _ in range(6):
            assert httpx.get(f"{origin}/healthz", timeout=limit(60)).status_code == 200
        until(lambda: answered() == 6)
        assert shown("gateway_workers") == 2
        for worker in workers():
            worker.kill()
        until(lambda: shown("gateway_worker_restarts_total") >= 2)
        assert answered() == 6
