"""Node projects for tests: their packages installed once, each run in a folder of its own.

Without npm a test is skipped; in CI everything must be there.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from tests.timing import limit

INSTALL_SECONDS = limit(240)
RUN_SECONDS = limit(100)


def unavailable(reason: str) -> NoReturn:
    """Skip; in CI everything must be there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True)
class Project:
    """A folder with the files of a project and what they need."""

    folder: Path
    environment: dict[str, str]

    def run(self, *command: str, **environment: str) -> str:
        """What a command prints; one of its packages' commands or Node. It must succeed."""
        name, *arguments = command
        own = self.folder / "node_modules" / ".bin" / name
        done = subprocess.run(
            [str(own) if own.exists() else str(shutil.which(name)), *arguments],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=RUN_SECONDS,
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def copy(source: Path, target: Path, packages: Path, environment: dict[str, str]) -> Project:
    """The files of `source` in `target`, with the packages of the folder `packages`.

    Runs leave nothing in the tree, and two at once do not meet.
    """
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("node_modules", "dist"))
    (target / "node_modules").symlink_to(packages / "node_modules", target_is_directory=True)
    return Project(target, environment)


def install(folder: Path) -> Path:
    """The folder, with exactly the packages of its lock; two at once wait for each other."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        unavailable("npm is not installed")
    lock = folder / "package-lock.json"
    stamp = folder / "node_modules" / ".complete"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text() != digest:
            _npm_ci(npm, folder)
            stamp.write_text(digest)
    return folder


def _npm_ci(npm: str, folder: Path) -> None:
    done = subprocess.run(
        [npm, "ci", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=INSTALL_SECONDS,
    )
    if done.returncode:
        unavailable(f"npm could not install {folder.name}: {done.stderr[-500:]}")
