"""A child process that cannot outlive its parent.

Run as a script, it ties itself to its parent and becomes another program (`exec`, so the process id
stays). It runs without the installed packages: only the standard library is imported.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def command_line(command: list[str]) -> list[str]:
    """Arguments that start `command` as a child tied to this process."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def launch(parent: int, command: list[str]) -> None:
    """Become `command`; on Linux the kernel kills it when the parent's starting thread ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.umask(0o077)  # what it writes is its owner's alone
    if os.getppid() != parent:  # it died before the line above
        sys.exit("the gateway ended before its database started")
    os.execv(command[0], command)  # noqa: S606  becoming it is the point


if __name__ == "__main__":
    launch(int(sys.argv[1]), sys.argv[2:])
