"""What a peer needs before its first start: Node's packages, the Rust and the Go program.

Each is made once. A stamp beside the result names the sources that it was made from.
"""

import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PEERS = Path(__file__).resolve().parent / "peers"
BUILD_SECONDS = 3600  # a Rust release build on a busy machine


class NotStartedError(Exception):
    """A server that cannot be measured here, with the reason in one line."""


@dataclass(frozen=True)
class Build:
    """How a peer is made: in which folder, by which programs, from which sources.

    `sources` and `stamp` are paths within `folder`. The stamp lies in a folder that the commands
    make.
    """

    folder: Path
    programs: tuple[str, ...]
    commands: tuple[tuple[str, ...], ...]
    sources: tuple[str, ...]
    stamp: str

    def stale(self) -> bool:
        """Whether it was never made, or made from other sources."""
        stamp = self.folder / self.stamp
        return not stamp.exists() or stamp.read_text("utf-8") != self._digest()

    def make(self) -> None:
        """Make it where it is stale; raises `NotStartedError`."""
        for program in self.programs:
            if not shutil.which(program):
                raise NotStartedError(f"{program} is not installed")
        if self.stale():
            for command in self.commands:
                self._run(command)
            (self.folder / self.stamp).write_text(self._digest(), "utf-8")

    def _run(self, command: Sequence[str]) -> None:
        """One command at the lowest priority: a build may not disturb what else is running."""
        words = " ".join(command[:2])
        try:
            done = subprocess.run(
                ["nice", "-n", "19", *command],
                cwd=self.folder,
                capture_output=True,
                text=True,
                timeout=BUILD_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise NotStartedError(f"{words} took more than {BUILD_SECONDS} s") from None
        if done.returncode:
            raise NotStartedError(f"{words} failed: {last_line(done.stderr)}")

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for source in self.sources:
            digest.update(source.encode() + b"\0" + (self.folder / source).read_bytes())
        return digest.hexdigest()


def last_line(text: str) -> str:
    """The last line that says something, without the frame that rich draws around it."""
    lines = [line.strip(" │╰╯─") for line in text.splitlines()]
    return next((line for line in reversed(lines) if line), "it said nothing")[:200]


NODE = Build(
    PEERS,
    programs=("node", "npm"),
    commands=(("npm", "ci", "--silent"),),
    sources=("package-lock.json",),
    stamp="node_modules/.installed",
)
RUST = Build(
    PEERS / "rust",
    programs=("cargo",),
    commands=(("cargo", "build", "--release", "--quiet", "--target-dir", "target"),),
    sources=("Cargo.toml", "src/main.rs", "src/sessions.rs"),
    stamp="target/.built",
)
GO = Build(
    PEERS / "go",
    programs=("go",),
    commands=(("go", "generate", "./..."), ("go", "build", "-o", "build/peer", ".")),
    sources=(
        *("go.mod", "go.sum", "gqlgen.yml", "schema.graphqls"),
        *("main.go", "graph/resolver.go", "moment/moment.go"),
    ),
    stamp="build/.built",
)
