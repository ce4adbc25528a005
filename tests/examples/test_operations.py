"""The files of examples/operations name metrics, labels and settings that there are."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from prometheus_client import Metric

from app.errors import STATUS
from app.observing.requests import SHED
from app.observing.worker_sums import WorkerSums
from app.settings import Settings
from tests.examples.measured import everything_measured

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "operations"
SYNTHETIC = {"up"}
"""Made by Prometheus itself for each target."""
GIVEN = {"le", "instance", "job"}
"""Labels of histograms, and of Prometheus."""

TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "object", "additionalProperties": TEXT}
RULE = {
    "type": "object",
    "required": ["alert", "expr", "labels", "annotations"],
    "additionalProperties": False,
    "properties": {
        "alert": {"type": "string", "pattern": "^Gateway[A-Za-z]+$"},
        "expr": TEXT,
        "for": {"type": "string", "pattern": "^[0-9]+[smh]$"},
        "labels": {**TEXTS, "required": ["severity"]},
        "annotations": {**TEXTS, "required": ["summary"]},
    },
}
GROUP = {
    "type": "object",
    "required": ["name", "rules"],
    "additionalProperties": False,
    "properties": {"name": TEXT, "rules": {"type": "array", "items": RULE, "minItems": 1}},
}
RULES = {
    "type": "object",
    "required": ["groups"],
    "additionalProperties": False,
    "properties": {"groups": {"type": "array", "items": GROUP, "minItems": 1}},
}
"""What Prometheus reads of a file of alert rules."""


class Strict(yaml.SafeLoader):
    """Refuses a key that is there twice, as Compose does."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        names = [key.value for key, _ in node.value]
        assert len(set(names)) == len(names), (names, str(node.start_mark))
        return super().construct_mapping(node, deep)


def load(name: str) -> Any:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else yaml.load(text, Strict)


def expressions() -> list[str]:
    """Of all panels and alerts."""
    panels = [
        target["expr"] for one in load("dashboard.json")["panels"] for target in one["targets"]
    ]
    alerts = [rule["expr"] for group in load("alerts.yaml")["groups"] for rule in group["rules"]]
    return [*panels, *alerts]


@cache
def samples() -> dict[str, set[str]]:
    """Every sample that `/metrics` gives, with its labels."""
    parent = WorkerSums(ROOT / "nowhere", set).collectors(lambda: 0)
    families: list[Metric] = [*everything_measured().collect(), *parent.collect()]
    return {sample.name: set(sample.labels) for one in families for sample in one.samples}


@pytest.mark.parametrize("expression", expressions())
def test_metrics_and_labels_exist(expression: str) -> None:
    """A metric that is renamed leaves no empty panel, and no alert that never fires."""
    quoted = re.sub(r'"[^"]*"', '""', expression)
    names = set(re.findall(r"\b(gateway_\w+|up)\b", quoted))
    assert names
    assert names <= set(samples()) | SYNTHETIC
    labels = set(re.findall(r"(\w+)(?:=~|!=|!~|=)\"", quoted))
    for group in re.findall(r"\bby \(([^)]*)\)", quoted):
        labels |= {label.strip() for label in group.split(",")}
    known = set().union(*(samples().get(name, set()) for name in names))
    assert labels <= known | GIVEN


def test_every_metric_is_on_the_dashboard() -> None:
    """What is measured is shown."""
    shown = " ".join(expressions())
    families = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in samples()}
    assert [name for name in sorted(families) if name not in shown] == []


def test_alert_rules_are_what_prometheus_reads() -> None:
    """And each has a name of its own."""
    rules = load("alerts.yaml")
    jsonschema.validate(rules, RULES)
    names = [rule["alert"] for group in rules["groups"] for rule in group["rules"]]
    assert len(set(names)) == len(names)


def test_dashboard_places_its_panels() -> None:
    """Each has its own id and place."""
    panels = load("dashboard.json")["panels"]
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len({panel["id"] for panel in panels}) == len(panels)


def test_codes_in_rules_exist() -> None:
    """An alert waits for no code that nobody sends."""
    named = set(re.findall(r'code=~?"([A-Z_|]+)"', " ".join(expressions())))
    codes = {code for one in named for code in one.split("|")}
    assert codes - set(STATUS) <= {SHED}


def test_prometheus_reads_the_rules_beside_it() -> None:
    """The port is that of compose.yaml."""
    config = load("prometheus.yaml")
    assert config["rule_files"] == ["alerts.yaml"]
    compose = yaml.load((ROOT / "compose.yaml").read_text(encoding="utf-8"), Strict)
    port = compose["services"]["gateway"]["environment"]["GATEWAY_METRICS_PORT"]
    assert config["scrape_configs"][0]["static_configs"] == [{"targets": [f"gateway:{port}"]}]
    assert config["scrape_configs"][0]["job_name"] == "session-gateway"


PINNED = re.compile(r"[\w/]+:[\w.-]+@sha256:[0-9a-f]{64}")


def test_compose_is_healthy_and_pinned() -> None:
    """Each service has a check, of the image or its own, and names the bytes of its image."""
    services = yaml.load((ROOT / "compose.yaml").read_text(encoding="utf-8"), Strict)["services"]
    for name, service in services.items():
        if "build" not in service:
            assert service["healthcheck"], name
            assert PINNED.fullmatch(service["image"]), name
        for mount in service.get("volumes", ()):
            source = mount.split(":")[0]
            assert not source.startswith("./") or (ROOT / source).is_file(), mount


def test_kubernetes_has_what_a_pod_needs() -> None:
    """Probes, a pause before the end, limits, several replicas; settings that there are."""
    deployment, service, budget, policy = yaml.load_all(
        (FOLDER / "kubernetes.yaml").read_text(encoding="utf-8"), Strict
    )
    spec = deployment["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert {"cpu", "memory"} <= set(container["resources"]["limits"])
    assert container["lifecycle"]["preStop"]
    assert spec["replicas"] > budget["spec"]["minAvailable"] >= 1
    labels = spec["selector"]["matchLabels"]
    assert service["spec"]["selector"] == labels
    for one in (budget["spec"]["selector"], policy["spec"]["podSelector"]):
        assert one["matchLabels"] == labels
    names = {one["name"].removeprefix("GATEWAY_").lower() for one in container["env"]}
    assert names <= set(Settings.model_fields)
