"""The container's files agree with the tree; building them is left to a machine that can."""

import re
from pathlib import Path

import pytest

from app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COPIED = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.M)


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml"])
def test_settings_exist(name: str) -> None:
    """A variable that is set is one of the gateway's."""
    named = re.findall(r"GATEWAY_([A-Z_]+)", (ROOT / name).read_text(encoding="utf-8"))
    assert named
    assert {setting.lower() for setting in named} <= set(Settings.model_fields)


def test_what_is_copied_is_sent() -> None:
    """The sources are there, and the ignore list lets them through."""
    sent = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.M)
    sources = [source.rstrip("/") for line in COPIED for source in line.split()]
    assert {source.split("/")[0] for source in sources} == set(sent)
    assert all((ROOT / source).exists() for source in sources)


def test_the_process_is_nobody_special() -> None:
    """The last stage ends its work as root before it runs anything."""
    assert re.findall(r"^USER (\S+)$", DOCKERFILE.rpartition("\nFROM ")[2], re.M) == ["gateway"]


def test_each_base_is_pinned() -> None:
    """By its digest, and a stage by its name."""
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)
    assert len(bases) == 3
    assert all(re.fullmatch(r"\w+:[\w.-]+@sha256:[0-9a-f]{64}", base) for base in bases)
