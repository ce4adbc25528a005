"""Conflicts, and imports that end early."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from app.commands.imports import importing as module
from app.commands.imports.importing import ImportRefusedError
from resolvers import bulk, sessions
from resolvers.context import Context
from resolvers.errors import Unavailable
from resolvers.kind import Document, Kind
from schema.kinds.bot import BOT
from tests.app.commands.imports.conftest import Desk
from tests.app.commands.imports.test_files import ACTIVE, KORE, kore

pytestmark = pytest.mark.anyio


def many(number: int) -> list[Document]:
    return [kore(sessionId=f"s{place:03}") for place in range(number)]


async def test_second_import_stores_nothing_twice(desk: Desk) -> None:
    """A session that is there as the row says is no conflict, whatever was added to it here."""
    path = desk.file("a.json", many(3))
    await desk.store("kore", path)
    await sessions.update(desk.service.context, BOT, "s001", {"note": "ours", "labels": ["vip"]})
    done = await desk.store("kore", path)
    assert (done.stored, done.present) == (0, 3)
    assert str(done) == "0 sessions stored, 0 left out. 3 stored before."


async def test_session_that_differs_is_a_conflict(desk: Desk) -> None:
    """By default nothing is stored."""
    await desk.store("kore", desk.file("a.json", KORE))
    changed = desk.file("b.json", [kore(channel="ivr"), kore(sessionId="new")])
    refusal = await desk.refusal("kore", changed)
    assert 'session s1, sessionId has "s1": A BotSession with the session id' in refusal


async def test_sessions_that_differ_can_be_left(desk: Desk) -> None:
    """The others are stored."""
    await desk.store("kore", desk.file("a.json", KORE))
    changed = desk.file("b.json", [kore(channel="ivr"), kore(sessionId="new")])
    done = await desk.store("kore", changed, on_conflict="skip")
    assert (done.stored, done.skipped) == (1, 1)
    assert [row["channel"] for row in await desk.stored("kore")] == ["rtm", "rtm"]


async def test_sessions_that_differ_can_be_replaced(desk: Desk) -> None:
    """An active session has ended since; what the team added stays, the rest is computed anew."""
    await desk.store("kore", desk.file("a.json", ACTIVE))
    await sessions.update(desk.service.context, BOT, "s1", {"note": "ours"})
    ended = desk.file("b.json", [KORE, kore(sessionId="new")])
    done = await desk.store("kore", ended, on_conflict="replace")
    assert (done.stored, done.replaced) == (1, 1)
    stored = (await desk.stored("kore"))[1]
    assert stored["_id"] == "s1"
    assert (stored["note"], stored["status"], stored["revision"]) == ("ours", "CLOSED", 3)
    assert stored["endedAt"] == datetime(2025, 3, 18, 14, 1, 37, 518000)
    reopened = await desk.store("kore", desk.file("c.json", ACTIVE), on_conflict="replace")
    assert reopened.replaced == 1
    stored = (await desk.stored("kore"))[1]
    assert (stored["status"], "endTime" in stored, "containmentType" in stored) == (
        "ACTIVE",
        False,
        False,
    )


@pytest.mark.parametrize("stage", ["before", "within", "after"])
@pytest.mark.parametrize("batch", [0, 1, 3])
async def test_import_that_ended_early_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, stage: str, batch: int
) -> None:
    """Wherever it ended: the same command again stores the rest, and nothing twice."""
    monkeypatch.setattr(module, "BATCH", 5)
    path = desk.file("a.json", many(20))
    importing = desk.importing("kore", path)
    await importing.check()
    calls = 0
    create = bulk.create

    async def killed(context: Context, kind: Kind, documents: list[Document]) -> Any:
        nonlocal calls
        calls += 1
        if calls <= batch:
            return await create(context, kind, documents)
        if stage == "after":
            await create(context, kind, documents)
        elif stage == "within":
            await create(context, kind, documents[:2])
        raise Unavailable("The database is unreachable.")

    with monkeypatch.context() as patch:
        patch.setattr(bulk, "create", killed)
        with pytest.raises(ImportRefusedError, match="Import again to store the rest"):
            await importing.store()
    before = len(await desk.stored("kore"))
    done = await desk.store("kore", path)
    assert (done.stored, done.present) == (20 - before, before)
    assert len(await desk.stored("kore")) == 20


async def test_file_that_changed_meanwhile(desk: Desk) -> None:
    """What was right in the check and is wrong now is named; rows before it are stored."""
    path = desk.file("a.json", many(2))
    importing = desk.importing("kore", path)
    await importing.check()
    desk.file("a.json", [*many(1), kore(channel=5)])
    with pytest.raises(ImportRefusedError, match="changed meanwhile"):
        await importing.store()


async def test_sessions_past_their_retention_are_noted(desk: Desk) -> None:
    """They would be gone without a word."""
    desk.service.context.retention = {"bot": 3600}
    await desk.store("kore", desk.file("a.json", KORE))
    assert "older than the retention" in desk.notes[0]


async def test_batches_are_bounded_in_bytes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large rows come in small batches."""
    monkeypatch.setattr(module, "BATCH_BYTES", 3000)
    monkeypatch.setattr("app.commands.imports.json_stream.CHUNK", 500)
    sizes: list[int] = []
    create = bulk.create

    async def noted(context: Context, kind: Kind, documents: list[Document]) -> Any:
        sizes.append(len(documents))
        return await create(context, kind, documents)

    monkeypatch.setattr(bulk, "create", noted)
    await desk.store("kore", desk.file("a.json", many(20)))
    assert sum(sizes) == 20
    assert max(sizes) < 10


async def test_progress_reaches_the_size_of_the_files(desk: Desk) -> None:
    """So that the bar ends at its end."""
    paths = [desk.file("a.json", many(3)), desk.file("b.json", [])]
    seen: list[int] = []
    await desk.importing("kore", *paths).check(seen.append)
    assert sum(seen) == sum(map(_size, paths))


def _size(path: Path) -> int:
    return path.stat().st_size
