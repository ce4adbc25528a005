"""A child that cannot outlive its parent, and a fallback where the system cannot promise it.

Run as a script it ties itself to its parent, notes itself in a file and becomes another program
(`exec`, so the process id stays). It runs without the installed packages: only the standard library
is imported.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.02


def command_line(pid_file: Path, command: list[str]) -> list[str]:
    """Arguments that start `command` as a child tied to this process, noted in `pid_file`."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(pid_file), *command]


def launch(parent: int, pid_file: Path, command: list[str]) -> None:
    """Become `command`; on Linux the kernel kills it when the parent's starting thread ends.

    The note is `{"pid": 123, "started": "…"}`, the second as `process_started` gives it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        sys.exit("the gateway ended before its database started")
    note = {"pid": os.getpid(), "started": process_started(os.getpid())}
    pid_file.write_text(json.dumps(note))
    os.execv(command[0], command)  # noqa: S606  becoming it is the point


def stop_leftover(pid_file: Path, limit: float = 10.0) -> bool:
    """End the process noted in `pid_file`, should it still run; whether it is gone.

    It is asked to end, and killed after `limit` seconds. A process that merely got the same id
    is left alone.
    """
    try:
        note = json.loads(pid_file.read_text())
        pid, started = int(note["pid"]), str(note["started"])
    except (OSError, ValueError, KeyError, TypeError):
        return True
    gone = _end(pid, started, signal.SIGTERM, limit) or _end(pid, started, signal.SIGKILL, limit)
    if gone:
        pid_file.unlink(missing_ok=True)
    return gone


def _end(pid: int, started: str, number: signal.Signals, limit: float) -> bool:
    deadline = time.monotonic() + limit
    if process_started(pid) == started:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
    while (there := process_started(pid) == started) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return not there


def process_started(pid: int) -> str | None:
    """When process `pid` started, in the system's own words; None when it is gone or a zombie."""
    if not Path("/proc/self/stat").exists():
        return _started_by_ps(pid)
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state in "ZX" else fields[18]


def _started_by_ps(pid: int) -> str | None:
    answer = subprocess.run(  # noqa: S603  fixed program, a number for argument
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607  found through PATH
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "LC_ALL": "C"},
        check=False,
    )
    state, _, started = answer.stdout.strip().partition(" ")
    return (started.strip() or None) if state[:1] != "Z" else None


if __name__ == "__main__":
    launch(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
