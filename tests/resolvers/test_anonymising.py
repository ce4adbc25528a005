"""What is left of a session for statistics, and which sessions cannot be anonymised."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from resolvers import sessions
from resolvers.anonymising import ADDRESS, ERASED
from resolvers.context import Context
from resolvers.erasure import Mode, erase
from resolvers.identifiers import Identifier, IdentifierType
from resolvers.kind import Document, walk
from resolvers.rebuild import outdated
from resolvers.request import EVERYTHING
from resolvers.store import read as reads
from tests.conftest import KINDS_BY_NAME, NOW, mock_store
from tests.kinds import every_kind
from tests.kinds.sample import Sample
from tests.resolvers.erased import KINDS, Planter
from tests.timing import limit

pytestmark = pytest.mark.anyio
CHAT = KINDS_BY_NAME["chat"]
ADA = Identifier(IdentifierType.EMAIL, "ada@example.org")
VISITOR = {"name": "Ada", "emailAddress": "ada@example.org", "country": "FR"}


async def erased(context: Context, by: Identifier) -> None:
    seconds = limit(30)
    done = await erase(context, KINDS, by, Mode.ANONYMISE, dry_run=False, seconds=seconds)
    assert done.complete


async def a_chat(context: Context, session_id: str, **given: Any) -> Document:
    values = {"sessionId": session_id, "visitor": VISITOR, **given}
    return await sessions.create(context, CHAT, values)


async def the_chat(context: Context, session_id: str) -> Document | None:
    return await reads.get(context.store, CHAT, session_id, EVERYTHING, None)


@pytest.fixture
async def memory() -> Context:
    """A database in memory."""
    found = Context(await mock_store(), now=lambda: NOW)
    await outdated(found.store, KINDS)
    return found


COMPUTED = (".revision", ".updatedAt", ".searchRoom")
"""The last follows from the texts, which are taken out."""


def measured(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every date, number and truth value, with its place, and the lengths of lists of objects."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from measured(part, f"{path}.{name}")
    elif isinstance(value, list):
        if value and isinstance(value[0], dict):
            yield path, len(value)
        for place, part in enumerate(value):
            yield from measured(part, f"{path}.{place}")
    elif isinstance(value, datetime | int | float) and path not in COMPUTED:
        yield path, value


@every_kind
async def test_statistics_stay(context: Context, kind: Sample) -> None:
    """Dates, numbers and the number of entries are what they were; the database takes the rest."""
    await outdated(context.store, KINDS)
    definition = kind.definition
    given = {**Planter().values(definition.own_columns), "relatedSessions": []}
    before = await sessions.create(context, definition, given)
    by = await _identified(context, kind, before)
    await erased(context, by)
    after = await reads.get(context.store, definition, before["_id"], EVERYTHING, None)
    assert after is not None
    assert dict(measured(after)) == dict(measured(before))


async def _identified(context: Context, kind: Sample, session: Document) -> Identifier:
    """Who leads to a session: its customer, or a chat's that names it."""
    customer = session.get("customer") or {}
    if "id" in customer:
        return Identifier(IdentifierType.CUSTOMER_ID, customer["id"])
    if "email" in customer:
        return Identifier(IdentifierType.EMAIL, customer["email"])
    named = {"kind": kind.definition.enum_name, "sessionId": session["_id"]}
    await a_chat(context, "naming", relatedSessions=[named])
    return ADA


async def test_texts(memory: Context) -> None:
    """What stands in their place, where one must."""
    message = {"message": "I am Ada", "source": "VISITOR", "messageId": "m1"}
    before = await a_chat(memory, "c1", messages=[message], note="Ada", labels=["vip"])
    await erased(memory, ADA)
    after = await the_chat(memory, "c1")
    assert after is not None
    assert after["visitor"] == {"country": "FR"}
    assert after["messages"][0]["message"] == ERASED
    assert after["messages"][0]["source"] == "VISITOR"
    assert after["messages"][0]["id"] != "m1"
    assert after["messages"][0]["sent"] == before["messages"][0]["sent"]
    assert after["lastMessage"] == after["messages"][0]
    assert after["labels"] == []
    assert "note" not in after
    assert "customer" not in after
    assert after["revision"] == before["revision"] + 1


async def test_users_are_not_alike(memory: Context) -> None:
    """Two anonymised users are not one customer."""
    for name in ("b1", "b2"):
        given = {"botId": "st-1", "channel": "rtm", "userId": "ada", "sessionId": name}
        await sessions.create(memory, KINDS_BY_NAME["bot"], given)
    await erased(memory, Identifier(IdentifierType.CUSTOMER_ID, "ada"))
    kind = KINDS_BY_NAME["bot"]
    rows = await reads.get_many(memory.store, kind, ["b1", "b2"], EVERYTHING, None)
    users = {row["userId"] for row in rows.values()}
    assert len(users) == 2
    assert all(user.startswith(ERASED) for user in users)
    assert {row["customer"]["id"] for row in rows.values()} == users


async def test_addresses(memory: Context) -> None:
    """A page's is a valid one that leads nowhere; a token is another one."""
    kind, page = KINDS_BY_NAME["co_browse"], {"url": "https://example.com/ada"}
    stored = await sessions.create(memory, kind, {"pages": [page]})
    named = {"kind": "CO_BROWSE", "sessionId": stored["_id"]}
    await a_chat(memory, "c1", relatedSessions=[named])
    await erased(memory, ADA)
    after = await reads.get(memory.store, kind, stored["_id"], EVERYTHING, None)
    assert after is not None
    assert [one["url"] for one in after["pages"]] == [ADDRESS]
    assert after["sessionToken"] != stored["sessionToken"]


async def test_impersonal_texts_that_name_the_person(memory: Context) -> None:
    """Go all the same."""
    await a_chat(memory, "c1", button={"name": "Help", "buttonId": "for-Ada@example.org"})
    await erased(memory, ADA)
    after = await the_chat(memory, "c1")
    assert after is not None
    assert after["button"] == {"name": "Help"}


@pytest.mark.parametrize("session_id", ["of-ada@example.org-1", "ADA@EXAMPLE.ORG"])
async def test_an_id_that_names_the_person(memory: Context, session_id: str) -> None:
    """The session is removed."""
    await a_chat(memory, session_id)
    await erased(memory, ADA)
    assert await the_chat(memory, session_id) is None


async def test_damaged_sessions(memory: Context) -> None:
    """One that cannot be anonymised is removed; one with fields that no column knows loses them."""
    for name, change in (("c1", {"start": "ada"}), ("c2", {"ada": "ada", "visitor.ada": "ada"})):
        await a_chat(memory, name)
        await memory.store.collection(CHAT).update_one({"_id": name}, {"$set": change})
    await erased(memory, ADA)
    assert await the_chat(memory, "c1") is None
    after = await the_chat(memory, "c2")
    assert "ada" not in str(after)


@every_kind
def test_impersonal_columns(kind: Sample) -> None:
    """None is personal, or searched, or that of an identifier."""
    for path, column in walk(kind.definition.columns):
        assert not (column.impersonal and (column.personal or column.searched)), path
