"""How worker processes are started; tests/app/commands/test_serve.py runs them for real."""

import subprocess
import sys

import pytest

from tests.app.commands.test_serve import PATIENCE, ROOT

PROGRAM = """
import signal
from multiprocessing import get_context
from uvicorn.supervisors import Multiprocess
from app.commands.workers import Supervisor

def start_two(_supervisor):
    for _ in range(2):
        worker = get_context("spawn").Process(target=print)
        worker.start()
        print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()), flush=True)
        worker.join()

Multiprocess.init_processes = start_two
Supervisor.init_processes(Supervisor.__new__(Supervisor))
print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
"""


@pytest.mark.slow
def test_ctrl_c_is_blocked_until_all_are_started() -> None:
    """Also while the first worker starts, with which Python starts a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert (done.stdout.split(), done.stderr) == (["True", "True", "False"], "")
