"""What a request writes, shows and is refused is in the trail, and no value with it."""

from typing import Any

import pytest

from resolvers import bulk, customer_export, customers, many, merged_pages, sessions
from resolvers.access import Caller
from resolvers.across import common_kind
from resolvers.appending import Addition
from resolvers.audit.entries import MOST_IDS, digest
from resolvers.common_columns import SESSION_COLUMNS
from resolvers.customers import CustomerRead
from resolvers.erasure import Mode, erase
from resolvers.errors import Forbidden, NotFound, UserError
from resolvers.identifiers import Identifier, IdentifierType
from resolvers.kind import Document
from resolvers.request import Read
from resolvers.store import single_writes
from resolvers.store import write as writes
from resolvers.values import clean
from schema.kinds.chat import set_instants
from tests.conftest import mock_store
from tests.kinds import BY_KIND, SAMPLES
from tests.kinds.sample import PII, Sample
from tests.resolvers.audit.following import followed, wrong
from tests.resolvers.erased import KINDS, everything, plant, traces
from tests.timing import limit

pytestmark = pytest.mark.anyio
CHAT, KNOWLEDGE, BOT = (BY_KIND[name].definition for name in ("chat", "knowledge", "bot"))
LIST = CHAT.by_name["messages"]
each_kind = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)
MASKED = Caller("masked", frozenset({"*:read", "*:write"}))


def brief(entries: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What was done, and how it ended."""
    return [(row["action"], row["outcome"]) for row in entries]


@each_kind
async def test_writes_of_each_kind(sample: Sample) -> None:
    """Who, by what, which session, which fields: before the write, and its outcome after."""
    kind = sample.definition
    async with followed(await mock_store()) as made:
        stored = await sessions.create(made.context(), kind, sample.personal)
        await sessions.update(made.context(), kind, stored["_id"], {"note": f"{PII}new"})
        await sessions.delete(made.context(), kind, stored["_id"])
        entries = await made.entries()
    assert brief(entries) == [
        (action, outcome)
        for action in ("CREATED", "UPDATED", "DELETED")
        for outcome in ("BEGUN", "DONE")
    ]
    begun, ended = entries[::2], entries[1::2]
    assert [row["of"] for row in ended] == [row["_id"] for row in begun]
    assert [row["revision"] for row in begun] == [1, 2, 2]
    assert begun[1]["fields"] == ["note"]
    for row in begun:
        assert (row["changed"], row["kind"]) == ([stored["_id"]], kind.name)
        assert (row["credential"], row["api"], row["operation"]) == ("everybody", "graphql", "Mine")
        assert row["request"] == "r-1"
    assert PII not in str(entries)


async def test_an_append_is_a_write() -> None:
    """With the fields that it changes, and no more entries than another one."""
    async with followed(await mock_store()) as made:
        context = made.context()
        stored = await sessions.create(context, CHAT, BY_KIND["chat"].least)

        def messages(_document: Document) -> list[Document]:
            new = [{"message": PII, "source": "VISITOR"}]
            found: list[Document] = clean(context, (LIST,), {"messages": new})["messages"]
            set_instants(found)
            return found

        await sessions.append(context, CHAT, stored["_id"], Addition("messages", messages))
        entries = (await made.entries())[2:]
    assert brief(entries) == [("UPDATED", "BEGUN"), ("UPDATED", "DONE")]
    assert "messages" in entries[0]["fields"]
    assert PII not in str(entries)


async def test_refused_writes_are_entries() -> None:
    """With the code, and a digest for an id that no session could have."""
    unknown = "0b6f3c55-6a3c-4a1e-9f4f-53a0c8f6c7d1"
    async with followed(await mock_store()) as made:
        with pytest.raises(NotFound):
            await sessions.delete(made.context(), KNOWLEDGE, unknown)
        with pytest.raises(UserError):
            await sessions.update(made.context(), KNOWLEDGE, "mia@example.com", {"note": "x"})
        with pytest.raises(NotFound):
            await sessions.delete(made.context(), CHAT, "mia@example.com")
        reader = Caller("reader", frozenset({"*:read"}))
        with pytest.raises(Forbidden):
            await sessions.create(made.context(reader), KNOWLEDGE, {"sessionId": unknown})
        entries = await made.entries()
    assert [(*one, row["code"]) for one, row in zip(brief(entries), entries, strict=True)] == [
        ("DELETED", "REFUSED", "NOT_FOUND"),
        ("UPDATED", "REFUSED", "NOT_FOUND"),
        ("DELETED", "REFUSED", "NOT_FOUND"),
        ("CREATED", "REFUSED", "FORBIDDEN"),
    ]
    mia = digest("mia@example.com")
    assert [row["changed"] for row in entries] == [[unknown], [mia], [mia], [unknown]]
    assert "mia" not in str(entries)
    assert entries[3]["credential"] == "reader"


async def test_each_refused_session_of_many_is_noted() -> None:
    """Those with one reason together, by their ids; addresses stand as digests, new ones alone."""
    mia = "mia@example.com"
    long = {"note": "x" * 5000}
    async with followed(await mock_store()) as made:
        await many.create(made.context(request="-"), CHAT, [{"sessionId": mia}, {"sessionId": "a"}])
        given = [{"sessionId": mia}, {"sessionId": "a"}, {"sessionId": "b"}, long, long]
        await many.create(made.context(request="create"), CHAT, given)
        await many.delete(made.context(request="delete"), CHAT, ["a", "a", *map(str, range(150))])
        entries = [row for row in await made.entries() if row["outcome"] == "REFUSED"]
    said = [(row["request"], row["action"], row["code"]) for row in entries]
    assert said == [
        *[("create", "CREATED", "INVALID")] * 2,
        ("create", "CREATED", "ALREADY_EXISTS"),
        *[("delete", "DELETED", "NOT_FOUND")] * 2,
    ]
    assert [row.get("changed") for row in entries[:3]] == [None, None, [digest(mia), "a"]]
    assert [*entries[3]["changed"], *entries[4]["changed"]] == ["a", *map(str, range(150))]


async def test_a_write_whose_answer_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Says so: nobody knows whether it was done."""
    async with followed(await mock_store()) as made:
        context = made.context()

        async def lost(*_: Any, **__: Any) -> Any:
            raise ConnectionError

        monkeypatch.setattr(single_writes, "insert_one", lost)
        with pytest.raises(ConnectionError):
            await sessions.create(context, KNOWLEDGE, {})
        entries = await made.entries()
    assert brief(entries) == [("CREATED", "BEGUN"), ("CREATED", "UNKNOWN")]
    assert entries[1]["code"] == "ConnectionError"


async def test_a_write_that_others_were_faster_with() -> None:
    """Was begun and not done."""
    async with followed(await mock_store()) as made:
        context = made.context()
        stored = await sessions.create(context, KNOWLEDGE, {})
        before = {**stored, "revision": 7}
        assert not await writes.update(context.store, KNOWLEDGE, before, {**before, "note": PII})
        entries = (await made.entries())[2:]
    assert brief(entries) == [("UPDATED", "BEGUN"), ("UPDATED", "NOT_DONE")]


async def test_imports_have_entries_in_parts() -> None:
    """Each names its sessions, and those that were there already."""
    number = MOST_IDS + 5
    async with followed(await mock_store()) as made:
        context = made.context()
        drafts = [bulk.Draft(KNOWLEDGE, {}) for _ in range(number)]
        documents = [bulk.prepare(context, draft) for draft in drafts]
        await bulk.create(context, KNOWLEDGE, documents)
        entries = await made.entries()
    begun = [row for row in entries if row["outcome"] == "BEGUN"]
    assert [len(row["changed"]) for row in begun] == [MOST_IDS, 5]
    assert {one for row in begun for one in row["changed"]} == {one["_id"] for one in documents}
    assert sum(row["outcome"] == "DONE" for row in entries) == 2


@each_kind
async def test_reads_of_personal_data(sample: Sample) -> None:
    """By id and in lists, of whole sessions and of some columns; nothing else is noted."""
    kind = sample.definition
    async with followed(await mock_store()) as made:
        stored = await sessions.create(made.context(), kind, sample.personal)
        session_id = stored["_id"]
        wanted = frozenset({"note"})
        await sessions.get(made.context(request="whole"), kind, session_id)
        await sessions.get(made.context(request="note"), kind, session_id, wanted)
        await sessions.list_(made.context(request="list"), Read(kind, columns=wanted))
        await sessions.get(made.context(request="-"), kind, session_id, frozenset({"createdAt"}))
        await sessions.list_(made.context(MASKED, request="-"), Read(kind))
        await sessions.get(made.context(request="-"), kind, "nobody")
        await sessions.count(made.context(request="-"), kind, Read(kind).where)
        entries = (await made.entries())[2:]
    assert brief(entries) == [("READ", "DONE")] * 3
    assert [row["request"] for row in entries] == ["whole", "note", "list"]
    assert all(row["shown"] == [session_id] for row in entries)


async def test_pages_over_all_kinds_note_what_they_show() -> None:
    """Each kind's rows; not those that were read beyond the page."""
    across = common_kind(KINDS, SESSION_COLUMNS)
    async with followed(await mock_store()) as made:
        for kind in (KNOWLEDGE, BOT):
            for _ in range(2):
                await sessions.create(made.context(), kind, BY_KIND[kind.name].least)
        window = merged_pages.Window(first=3)
        read = merged_pages.Across(across, (KNOWLEDGE, BOT), window=window)
        page = await merged_pages.list_(made.context(), read)
        entries = [row for row in await made.entries() if row["action"] == "READ"]
    shown = {(row["kind"], one) for row in entries for one in row["shown"]}
    assert shown == {(row.kind.name, row["_id"]) for row in page.documents}
    assert len(shown) == 3


async def test_a_write_stands_for_the_read_of_what_it_returns() -> None:
    """But an update that changes nothing shows the session, and is a read."""
    async with followed(await mock_store()) as made:
        stored = await sessions.create(made.context(), KNOWLEDGE, {"note": PII})
        await sessions.update(made.context(), KNOWLEDGE, stored["_id"], {})
        entries = (await made.entries())[2:]
    assert brief(entries) == [("READ", "DONE")]
    assert entries[0]["shown"] == [stored["_id"]]


async def test_without_reads() -> None:
    """A trail of writes alone has no entry of a read."""
    async with followed(await mock_store(), reads=False) as made:
        stored = await sessions.create(made.context(), KNOWLEDGE, {"note": PII})
        await sessions.get(made.context(), KNOWLEDGE, stored["_id"])
        assert brief(await made.entries()) == [("CREATED", "BEGUN"), ("CREATED", "DONE")]


@pytest.mark.parametrize("mode", list(Mode))
async def test_nobody_erased_is_in_the_trail(mode: Mode) -> None:
    """Linking, reading, exporting and erasing a person leave entries, and no byte of the person."""
    store = await mock_store()
    async with followed(store) as made:
        planted = await plant(made.context())
        context = made.context()
        whom = await customer_export.exported(context, KINDS, planted.by)
        assert [part async for part in customer_export.parts(whom, None)]
        wanted = CustomerRead(identifiers=True, names=True)
        assert await customers.find(made.context(), KINDS, planted.by, wanted)
        given = {"dry_run": False, "seconds": limit(30)}
        erased = await erase(made.context(), KINDS, planted.by, mode, **given)
        entries = await made.entries()
    assert erased.complete
    actions = {row["action"] for row in entries}
    assert {"CREATED", "LINKED", "EXPORTED", "READ", "ERASED"} <= actions
    (ended,) = [row for row in entries if row["action"] == "ERASED" and "of" in row]
    assert sum(ended["sessions"].values()) == len(KINDS)
    assert list(traces(await everything(store), planted.planted)) == []
    assert await wrong(store) == []


async def test_a_refused_erasure_is_an_entry() -> None:
    """Of who may not do it."""
    by = Identifier(IdentifierType.EMAIL, "mia@example.com")
    async with followed(await mock_store()) as made:
        given = {"dry_run": False, "seconds": 1.0}
        with pytest.raises(Forbidden):
            await erase(made.context(MASKED), KINDS, by, Mode.DELETE, **given)
        entries = await made.entries()
    assert [(row["action"], row["code"]) for row in entries] == [("ERASED", "FORBIDDEN")]
    assert "mia" not in str(entries)
