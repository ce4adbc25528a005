"""Peers that are built: what is pinned, when they are made, what a run says where they cannot be.

Nothing is compiled here: a release build takes minutes.
"""

import re
import tomllib
from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.builds import GO, NODE, PEERS, RUST, Build, NotStartedError
from benchmarks.run import Run, parse
from benchmarks.servers import SERVERS

HOSTS = re.compile(r"crates\.io|proxy\.golang|sum\.golang|npmjs|registry\s*=|registry\+")
MADE = ("node_modules", "target", "build", "model", "generated.go", "Cargo.lock")


def committed() -> set[Path]:
    """The peers' files without those that a build makes."""
    return {
        path
        for path in PEERS.rglob("*")
        if path.is_file() and not set(path.relative_to(PEERS).parts) & set(MADE)
    }


def builder(folder: Path, script: str) -> Build:
    """A build whose one command is a shell script in `folder`."""
    (folder / "source").write_text("one")
    (folder / "out").mkdir()
    return Build(folder, ("sh",), (("sh", "-c", script),), ("source",), "out/.built")


@pytest.mark.parametrize("build", [NODE, RUST, GO])
def test_sources_are_committed(build: Build) -> None:
    """What a build's stamp is made of exists without a build."""
    assert {build.folder / source for source in build.sources} <= committed()


@pytest.mark.parametrize(("build", "kind"), [(RUST, "*.rs"), (GO, "*.go")])
def test_every_source_is_in_the_stamp(build: Build, kind: str) -> None:
    """A changed file of the program leads to a new build."""
    written = {path for path in committed() if path.match(kind) and build.folder in path.parents}
    assert written
    assert written <= {build.folder / source for source in build.sources}


def test_rust_is_pinned() -> None:
    """Every direct dependency has one exact version."""
    manifest = tomllib.loads((PEERS / "rust" / "Cargo.toml").read_text("utf-8"))
    for name, wanted in manifest["dependencies"].items():
        version = wanted if isinstance(wanted, str) else wanted["version"]
        assert re.fullmatch(r"=\d+\.\d+\.\d+", version), name


def test_go_is_pinned() -> None:
    """Every module of `go.mod` has its hash in `go.sum`."""
    required = re.findall(r"^\t(\S+) (v\S+)", (PEERS / "go" / "go.mod").read_text("utf-8"), re.M)
    sums = (PEERS / "go" / "go.sum").read_text("utf-8")
    assert len(required) > 3
    for name, version in required:
        assert f"{name} {version} h1:" in sums or f"{name} {version}/go.mod h1:" in sums


def test_no_registry_is_named() -> None:
    """Neither a lock nor a source has the address of a package registry.

    `Cargo.lock` has one, so git ignores it.
    """
    assert "rust/Cargo.lock" in (PEERS / ".gitignore").read_text("utf-8").splitlines()
    named = {path.name: HOSTS.findall(path.read_text("utf-8")) for path in committed()}
    assert not {name: hosts for name, hosts in named.items() if hosts}


def test_builds_once_for_its_sources(tmp_path: Path) -> None:
    """A second run makes nothing; a changed source makes it again."""
    build = builder(tmp_path, "echo made >> out/log")
    build.make()
    build.make()
    assert (tmp_path / "out" / "log").read_text() == "made\n"
    (tmp_path / "source").write_text("two")
    assert build.stale()
    build.make()
    assert (tmp_path / "out" / "log").read_text() == "made\nmade\n"


def test_failed_build_tells_its_last_line(tmp_path: Path) -> None:
    """The compiler's last word is the reason, and the next run tries again."""
    build = builder(tmp_path, "echo first >&2; echo 'error: no linker' >&2; echo >&2; exit 1")
    with pytest.raises(NotStartedError, match=r"^sh -c failed: error: no linker$"):
        build.make()
    assert build.stale()


@pytest.mark.parametrize(("name", "program"), [("rust", "cargo"), ("go", "go")])
def test_run_goes_on_without_the_compiler(
    name: str, program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A peer that cannot be built is skipped with a word, and the run goes on."""
    monkeypatch.setenv("PATH", str(tmp_path))
    server = next(server for server in SERVERS if server.name == name)
    with ExitStack() as stack:
        status = stack.enter_context(Console(quiet=True).status(""))
        one = Run(Namespace(requests=1, rounds=1), "mongodb://127.0.0.1:1", status)
        one.boot(server, stack)
    assert one.results.notes == [f"{name} is skipped: {program} is not installed"]
    assert not one.up


def test_peers_run_on_request() -> None:
    """Without `--peers` a run is what it was; with it the built servers take part."""
    assert parse([]).only == {server.name for server in SERVERS} - {"rust", "go"}
    assert parse(["--peers"]).only == parse([]).only | {"rust", "go"}
    assert parse(["--peers", "--only", "rust"]).only == {"floor", "rust"}


def test_peer_without_the_flag_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the flag."""
    with pytest.raises(SystemExit):
        parse(["--only", "gateway,go,rust"])
    assert "go, rust must be built first: add --peers" in capsys.readouterr().err
