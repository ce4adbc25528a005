"""Export and import: a round trip changes nothing, a wrong line stores nothing."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from app.commands.demo import SIZE, load_demo
from app.commands.demo.generate import generate
from app.commands.demo.load import store_drafts
from app.commands.exporter import Chosen, export
from app.commands.imports.importing import Import, ImportRefusedError, OnConflict
from app.commands.imports.lines import Lines
from resolvers import sessions
from resolvers.context import Context
from resolvers.kind import Kind
from resolvers.store.store import Store
from schema.kinds import KINDS, bot, chat, co_browse, knowledge, remote_support
from tests.conftest import NOW, mock_store

pytestmark = pytest.mark.anyio

BY_ENUM = {entry.kind.enum_name: entry.kind for entry in KINDS}
UUID = "00000000-0000-4000-8000-000000000001"
OTHER_UUID = "00000000-0000-4000-8000-000000000002"
A_BOT = {"botId": "st-1", "channel": "rtm", "userId": "u-1"}


@pytest.fixture
async def empty() -> Context:
    """An empty database in memory."""
    return Context(await mock_store(), now=lambda: NOW)


class File:
    """A file of lines and a database to import it into."""

    def __init__(self, context: Context, path: Path) -> None:
        self.context, self.path = context, path

    def write(self, *lines: Any) -> None:
        """Lines as bytes, or as pairs of kind and session."""
        texts = [
            line if isinstance(line, bytes) else orjson.dumps({"kind": line[0], "session": line[1]})
            for line in lines
        ]
        self.path.write_bytes(b"\n".join(texts))

    async def store(self, on_conflict: OnConflict = OnConflict.FAIL) -> tuple[int, int]:
        importing = Import(self.context, Lines(self.context, BY_ENUM, self.path), on_conflict)
        await importing.check()
        done = await importing.store()
        return done.stored, done.skipped

    async def refusal(self) -> str:
        """Why the file is refused; nothing of it may be stored."""
        before = await exported(self.context)
        with pytest.raises(ImportRefusedError) as refused:
            await self.store()
        assert await exported(self.context) == before
        return str(refused.value)


@pytest.fixture
def file(empty: Context, tmp_path: Path) -> File:
    return File(empty, tmp_path / "sessions.jsonl")


async def exported(context: Context) -> bytes:
    lines: list[bytes] = []
    damaged: list[str] = []
    for kind in BY_ENUM.values():
        await export(context, Chosen(kind), lines.append, damaged.append)
    assert not damaged
    return b"".join(lines)


async def stored(context: Context, kind: Kind, session_id: str) -> dict[str, Any]:
    document = await sessions.get(context, kind, session_id)
    assert document is not None
    return document


async def test_round_trip_changes_no_byte(file: File) -> None:
    """What is exported, imported elsewhere and exported again is the same, times included."""
    source = Context(await mock_store(), now=lambda: NOW)
    drafts = [draft for kind in BY_ENUM.values() for draft in generate(kind, 40, 1, NOW)]
    await store_drafts(source, drafts)
    file.path.write_bytes(await exported(source))
    assert await file.store() == (len(drafts), 0)
    assert await exported(file.context) == file.path.read_bytes()


@pytest.mark.slow
async def test_round_trip_holds_on_the_wire(wire_store: Store, file: File) -> None:
    """The whole demo into a database with rules of its own; documents are equal to the first."""
    source = Context(await mock_store(), now=lambda: NOW)
    await load_demo(source.store, NOW)
    file.path.write_bytes(await exported(source))
    file.context = Context(wire_store, now=lambda: NOW)
    assert await file.store() == (SIZE, 0)
    assert await exported(file.context) == file.path.read_bytes()
    for kind in BY_ENUM.values():
        first = await source.store.collection(kind).find({}).sort("_id", 1).to_list(None)
        second = await wire_store.collection(kind).find({}).sort("_id", 1).to_list(None)
        assert first == second


async def test_damaged_session_is_named_and_left_out(empty: Context) -> None:
    """The rest of an export arrives, and the damaged session is told of."""
    for session_id in ("a", "b"):
        await sessions.create(empty, bot.BOT, {**A_BOT, "sessionId": session_id})
    await empty.store.collection(bot.BOT).update_one({"_id": "a"}, {"$set": {"channel": 5}})
    lines: list[bytes] = []
    damaged: list[str] = []
    assert await export(empty, Chosen(bot.BOT), lines.append, damaged.append) == 1
    assert '"sessionId":"b"' in lines[0].decode()
    assert "'a'" in damaged[0]
    assert "channel" in damaged[0]


async def test_names_of_older_exports(file: File) -> None:
    """A message's and a button's `id` are taken, and exported under their present names."""
    message = {"message": "m", "source": "VISITOR"}
    file.write(
        ("CHAT", {"sessionId": "a", "button": {"id": "1"}, "messages": [{"id": "m", **message}]}),
        ("CHAT", {"sessionId": "b", "messages": [{"messageId": "m", **message}]}),
    )
    await file.store()
    old, new = (orjson.loads(line)["session"] for line in (await exported(file.context)).split())
    assert old["button"] == {"buttonId": "1"}
    assert old["messages"] == new["messages"]
    assert (await stored(file.context, chat.CHAT, "a"))["messages"][0]["id"] == "m"


async def test_both_names_at_once(file: File) -> None:
    """The present and the older name of one field cannot both be given."""
    file.write(("CHAT", {"sessionId": "a", "button": {"buttonId": "1", "id": "2"}}))
    assert "session.button.id: This is given twice" in await file.refusal()


async def test_closed_chat_is_imported_closed(file: File) -> None:
    """A chat's status is kept, since nothing else tells it."""
    file.write(("CHAT", {"sessionId": "c", "status": "CLOSED"}))
    await file.store()
    assert (await stored(file.context, chat.CHAT, "c"))["status"] == "CLOSED"


async def test_ids_are_made_where_none_is_given(file: File) -> None:
    """Numbers too, stepping over those that exist."""
    file.write(("REMOTE_SUPPORT", {"sessionId": "2"}), *[("REMOTE_SUPPORT", {})] * 3, ("CHAT", {}))
    assert await file.store() == (5, 0)
    rows = await file.context.store.collection(remote_support.REMOTE_SUPPORT).find({}).to_list(None)
    assert len({row["_id"] for row in rows}) == 4


@pytest.mark.parametrize(
    ("line", "place", "says"),
    [
        (b"{", "line 2: ", "not valid JSON"),
        (b"[]", "line 2: ", "Expected an object"),
        (b'{"kind": "BOT"}', "line 2, session: ", "required"),
        (b'{"kind": "BOT", "session": {}, "sesion": 1}', "line 2, sesion: ", "mean session"),
        (("BOTT", {}), "line 2, kind: ", "Did you mean BOT?"),
        (("BOT", []), "line 2, session: ", "Expected an object, found a list"),
        (("BOT", {**A_BOT, "chanel": "rtm"}), "line 2, session.chanel: ", "mean channel?"),
        (("BOT", {**A_BOT, "startedAt": 1}), "line 2, session.startedAt: ", "no such field"),
        (("BOT", {**A_BOT, "channel": 5}), "line 2, session.channel: ", "Expected a text"),
        (("BOT", {**A_BOT, "channel": None}), "line 2, session.channel: ", "null"),
        (("BOT", {"botId": "b", "channel": "c"}), "line 2, session.userId: ", "required"),
        (("BOT", {**A_BOT, "startTime": 1}), "line 2, session.startTime: ", "2026-03-01T09:30"),
        (("BOT", {**A_BOT, "startTime": "2026-03-01T09:30:00"}), "session.startTime: ", "offset"),
        (("BOT", {**A_BOT, "sessionLang": "en"}), "session.sessionLang: ", "Expected a list"),
        (("BOT", {**A_BOT, "sessionLang": [None]}), "session.sessionLang.0: ", "found null"),
        (("BOT", {**A_BOT, "isDeveloper": 1}), "session.isDeveloper: ", "true or false"),
        (("BOT", {**A_BOT, "noOfTasksExecuted": 2.5}), "noOfTasksExecuted: ", "whole number"),
        (("BOT", {**A_BOT, "sessionType": "ALONE"}), "session.sessionType: ", "INTERACTIVE"),
        (("BOT", {**A_BOT, "status": "CLOSED"}), "session.status: ", "makes it ACTIVE"),
        (("CO_BROWSE", {"sessionId": "x"}), "session.sessionId: ", "UUID"),
        (("CO_BROWSE", {"pages": [{"url": "x"}]}), "session.pages.0.url: ", "https://example.com"),
        (
            ("CHAT", {"start": {"dateTime": "2026-01-01T00:00:00", "timeZone": "Mars"}}),
            "session.start.timeZone: ",
            "IANA",
        ),
        (
            ("CHAT", {"createdAt": "2026-03-01T09:30:00Z", "updatedAt": "2026-03-01T09:00:00Z"}),
            "session.updatedAt: ",
            "before it is created",
        ),
    ],
)
async def test_wrong_line_is_named_and_nothing_stored(
    file: File, line: Any, place: str, says: str
) -> None:
    """The refusal tells the line, the path of the field and what is right."""
    file.write(("BOT", A_BOT), line)
    refusal = await file.refusal()
    assert place in refusal
    assert says in refusal


async def test_every_wrong_line_is_told_up_to_twenty(file: File) -> None:
    """A file is mended in one go; a hopeless one does not flood the screen."""
    file.write(*[b"?"] * 25)
    refusal = await file.refusal()
    assert refusal.count("not valid JSON") == 20
    assert refusal.endswith("and 5 more.")


async def test_same_id_twice_in_a_file_is_refused(file: File) -> None:
    """Which of the two would be meant?"""
    file.write(*[("CHAT", {"sessionId": "c"})] * 2)
    assert "line 2, session.sessionId: Line 1 has the same." in await file.refusal()


async def test_same_live_token_twice_in_a_file_is_refused(file: File) -> None:
    """Two live sessions cannot share a token, in one file either."""
    file.write(*[("CO_BROWSE", {"sessionToken": "123456789"})] * 2)
    assert "line 2, session.sessionToken: " in await file.refusal()


async def test_existing_id_refuses_the_file(file: File) -> None:
    """By default a session that exists is an error, and what stands beside it is not stored."""
    await sessions.create(file.context, knowledge.KNOWLEDGE, {"sessionId": UUID})
    file.write(("KNOWLEDGE", {"sessionId": OTHER_UUID}), ("KNOWLEDGE", {"sessionId": UUID}))
    assert "line 2, session.sessionId: " in await file.refusal()


async def test_existing_sessions_can_be_left_alone(file: File) -> None:
    """With `skip` the stored session stays as it is and the others are stored."""
    await sessions.create(file.context, knowledge.KNOWLEDGE, {"sessionId": UUID, "agentId": "a"})
    file.write(
        ("KNOWLEDGE", {"sessionId": UUID, "agentId": "b"}), ("KNOWLEDGE", {"sessionId": OTHER_UUID})
    )
    assert await file.store(OnConflict.SKIP) == (1, 1)
    assert (await stored(file.context, knowledge.KNOWLEDGE, UUID))["agentId"] == "a"


async def test_live_token_of_another_session_refuses_the_file(file: File) -> None:
    """A token that is held in the database is a conflict as an id is."""
    await sessions.create(
        file.context, co_browse.CO_BROWSE, {"sessionId": UUID, "sessionToken": "123456789"}
    )
    file.write(("CO_BROWSE", {"sessionId": OTHER_UUID, "sessionToken": "123456789"}))
    assert "line 1, session.sessionToken: " in await file.refusal()


async def test_session_that_appears_meanwhile_is_told(file: File) -> None:
    """What was created after the check stays, and the refusal says what is stored."""
    file.write(("CHAT", {"sessionId": "a"}), ("CHAT", {"sessionId": "b"}))
    importing = Import(file.context, Lines(file.context, BY_ENUM, file.path))
    await importing.check()
    await sessions.create(file.context, chat.CHAT, {"sessionId": "b"})
    with pytest.raises(ImportRefusedError, match="up to line 2 are stored, but for these:\nline 2"):
        await importing.store()
    assert await stored(file.context, chat.CHAT, "a")


async def test_check_stores_nothing(file: File) -> None:
    """What a dry run does."""
    file.write(("CHAT", {}), b"", ("CHAT", {}))
    found = await Import(file.context, Lines(file.context, BY_ENUM, file.path)).check()
    assert (found.stored, found.skipped) == (2, 0)
    assert await exported(file.context) == b""
