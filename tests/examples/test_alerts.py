"""Prometheus's own tool reads the alert rules, fires each of them, and reads `/metrics`."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import generate_latest

from app.observing.worker_sums import WorkerSums
from tests.examples.measured import everything_measured
from tests.node import unavailable
from tests.timing import limit

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = ROOT / "examples" / "operations"
FIRED = Path(__file__).with_name("fired_alerts.yaml")


def promtool(*arguments: str, cwd: Path = OPERATIONS, given: bytes = b"") -> None:
    """Run it; what it finds fault with fails the test. Debian's package `prometheus` has it."""
    if shutil.which("promtool") is None:
        unavailable("promtool is missing: install Debian's package prometheus.")
    done = subprocess.run(
        ["promtool", *arguments],  # found on the path, above
        cwd=cwd,
        input=given,
        capture_output=True,
        timeout=limit(30),
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()


def test_prometheus_reads_its_files() -> None:
    """The configuration, and the rules that it names."""
    promtool("check", "config", "prometheus.yaml")


def test_each_alert_fires_and_says_what_is_wrong(tmp_path: Path) -> None:
    """And none while all is well."""
    shutil.copy(OPERATIONS / "alerts.yaml", tmp_path)
    promtool("test", "rules", shutil.copy(FIRED, tmp_path), cwd=tmp_path)


def test_every_alert_has_its_case() -> None:
    """One that fires, and one that does not."""
    rules = yaml.safe_load((OPERATIONS / "alerts.yaml").read_text(encoding="utf-8"))
    names = [rule["alert"] for group in rules["groups"] for rule in group["rules"]]
    for case in yaml.safe_load(FIRED.read_text(encoding="utf-8"))["tests"]:
        assert [one["alertname"] for one in case["alert_rule_test"]] == names, case["name"]


@pytest.mark.parametrize("part", ["of a worker", "of the first process"])
def test_metrics_follow_the_conventions(part: str) -> None:
    """Of names, types and help."""
    parent = WorkerSums(ROOT / "nowhere", set).collectors(lambda: 0)
    promtool(
        "check",
        "metrics",
        given=generate_latest(everything_measured() if part == "of a worker" else parent),
    )
