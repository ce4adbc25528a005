"""Each fault once, and what the run would see if something went wrong."""

from pathlib import Path
from typing import Any

import pytest

from tests.chaos.clients import Chat, Ledger
from tests.chaos.faults import FAULTS
from tests.chaos.run import run
from tests.chaos.site import differences
from tests.timing import limit


@pytest.mark.slow
@pytest.mark.timeout(limit(600))
def test_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    """Acknowledged writes are there once after each fault, and no request hangs."""
    report = run(tmp_path, FAULTS, seed=2026, workers=2, clients=4)
    assert not report.wrong, "\n".join(report.lines())
    assert report.recoveries.keys() == {fault.__name__ for fault in FAULTS}
    assert report.chats > len(FAULTS)


@pytest.mark.parametrize(
    "stored",
    [
        [],
        [{"_id": "chat-0-1", "messages": [{"id": "a"}], "note": "n"}],
        [{"_id": "chat-0-1", "messages": [{"id": "a"}, {"id": "b"}, {"id": "b"}], "note": "n"}],
        [{"_id": "chat-0-1", "messages": [{"id": "a"}, {"id": "b"}], "note": "old"}],
        [{"_id": "chat-0-1", "messages": [{"id": "a"}, {"id": "b"}], "note": "n"}, {"_id": "x"}],
    ],
    ids=["lost session", "lost message", "doubled message", "lost note", "deleted session"],
)
def test_differences_are_seen(stored: list[Any]) -> None:
    """A lost or doubled write is one."""
    ledger = Ledger(chats={"chat-0-1": Chat(["a", "b"], "n")})
    assert list(differences(ledger, stored))


def test_the_same_is_no_difference() -> None:
    """Every message once, in order, and the last note."""
    row = {"_id": "chat-0-1", "messages": [{"id": "a"}, {"id": "b"}], "note": "n"}
    assert not list(differences(Ledger(chats={"chat-0-1": Chat(["a", "b"], "n")}), [row]))
