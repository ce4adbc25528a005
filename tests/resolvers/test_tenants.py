"""Tenants: what a caller that is limited to some sees, creates and changes, in every verb."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from resolvers import bulk, customers, reservations, sessions, statistics
from resolvers.access import Caller
from resolvers.bulk import Draft
from resolvers.context import Context
from resolvers.customers import CustomerRead
from resolvers.errors import AlreadyExists, BadInput, ForeignTenant, Invalid, NotFound
from resolvers.groups import Question
from resolvers.identifiers import Identifier, IdentifierType
from resolvers.kind import Document, Kind, Reservation
from resolvers.request import EVERYTHING, Read, Window
from resolvers.store import write
from resolvers.tenants import MOST, NOBODYS, checked
from tests.conftest import KINDS_BY_NAME
from tests.kinds import EXAMPLES

pytestmark = pytest.mark.anyio

KINDS = tuple(KINDS_BY_NAME.values())
CHAT, CO_BROWSE = KINDS_BY_NAME["chat"], KINDS_BY_NAME["co_browse"]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def limited(context: Context, *tenants: str) -> Context:
    """The same surroundings, for a caller that may do everything for these tenants."""
    caller = Caller("limited", frozenset({"admin"}), tenants=frozenset(tenants))
    return Context(store=context.store, now=context.now, caller=caller)


async def create(context: Context, kind: Kind = CHAT, **more: Any) -> Document:
    example = EXAMPLES[kind.name]
    given = {**example.values, **({"sessionToken": "519333886"} if kind is CO_BROWSE else {})}
    return await sessions.create(context, kind, {**given, **more})


@every_kind
async def test_one_tenant_is_what_new_sessions_get(context: Context, kind: Kind) -> None:
    """Without being named; and by its name, too."""
    acme = limited(context, "acme")
    assert (await create(acme, kind))["tenant"] == "acme"
    await sessions.delete(acme, kind, (await _ids(acme, kind))[0])
    assert (await create(acme, kind, tenant="acme"))["tenant"] == "acme"


async def test_of_several_tenants_one_must_be_named(context: Context) -> None:
    """The refusal names the field, and the caller's own tenants."""
    both = limited(context, "globex", "acme")
    with pytest.raises(Invalid, match=r"name the one .* \(acme, globex\)") as refusal:
        await create(both)
    assert refusal.value.field == ("tenant",)
    assert (await create(both, tenant="globex"))["tenant"] == "globex"


@pytest.mark.parametrize("tenants", [("acme",), ("acme", "initech")])
async def test_sessions_of_a_foreign_tenant_are_not_created(
    context: Context, tenants: tuple[str, ...]
) -> None:
    """Nothing is stored."""
    with pytest.raises(ForeignTenant, match="of that tenant") as refusal:
        await create(limited(context, *tenants), tenant="globex")
    assert refusal.value.field == ("tenant",)
    assert await sessions.count(context, CHAT, EVERYTHING) == 0


async def test_without_a_limit_a_session_has_the_named_tenant_or_none(context: Context) -> None:
    """Nobody else may store one that has none."""
    assert "tenant" not in await create(context)
    assert (await create(context, tenant="acme"))["tenant"] == "acme"
    with pytest.raises(Invalid, match="must match"):
        await create(context, tenant="a b")


@every_kind
async def test_sessions_of_others_are_not_there(context: Context, kind: Kind) -> None:
    """Neither another tenant's nor nobody's: by id, in lists, counts, summaries and groups."""
    mine = (await create(limited(context, "acme"), kind))["_id"]
    others = [(await create(limited(context, "globex"), kind))["_id"]]
    ended = {"deactivationTime": context.now()} if kind is CO_BROWSE else {}
    others.append((await create(context, kind, **ended))["_id"])
    acme = limited(context, "acme")
    assert list(await sessions.get_many(acme, kind, [mine, *others])) == [mine]
    assert await _ids(acme, kind) == [mine]
    assert await sessions.count(acme, kind, EVERYTHING) == 1
    assert (await sessions.summarise(acme, kind, EVERYTHING)).count == 1
    found = await statistics.of_kind(acme, kind, Question(where=EVERYTHING))
    assert [row.count for row in found.groups] == [1]
    assert len(await _ids(limited(context, "acme", "globex"), kind)) == 2
    assert await _ids(limited(context, *NOBODYS), kind) == [others[1]]
    assert len(await _ids(context, kind)) == 3


async def _ids(context: Context, kind: Kind) -> list[str]:
    page = await sessions.list_(context, Read(kind, EVERYTHING, (), Window(first=9)))
    return [row["_id"] for row in page.documents]


def _touch(document: Document) -> None:
    document["labels"] = ["touched"]


CHANGES: dict[str, Callable[[Context, str], Awaitable[Any]]] = {
    "update": lambda context, id_: sessions.update(context, CHAT, id_, {"labels": ["a"]}),
    "act": lambda context, id_: sessions.act(context, CHAT, id_, _touch),
    "create by act": lambda context, id_: sessions.act(context, CHAT, id_, _touch, {}),
    "delete": lambda context, id_: sessions.delete(context, CHAT, id_),
    "replace": lambda context, id_: bulk.replace(context, CHAT, {"_id": id_}, ["note"]),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("owner", [("globex",), tuple(NOBODYS)])
async def test_sessions_of_others_are_not_changed(
    context: Context, change: str, owner: tuple[str, ...]
) -> None:
    """They are not found, as if there were none."""
    stored = await create(limited(context, *owner), **EXAMPLES["chat"].values)
    with pytest.raises(NotFound):
        await CHANGES[change](limited(context, "acme"), stored["_id"])
    assert await sessions.get(context, CHAT, stored["_id"]) == stored


async def test_a_session_stays_its_tenants(context: Context) -> None:
    """An import of someone who is limited gives none away."""
    acme = limited(context, "acme", "globex")
    stored = await create(acme, tenant="acme")
    given = Draft(CHAT, {**EXAMPLES["chat"].values, "sessionId": stored["_id"], "tenant": "x"})
    other = bulk.prepare(context, given)
    with pytest.raises(ForeignTenant):
        await bulk.replace(acme, CHAT, other, ["tenant"])


async def test_a_taken_id_shows_nothing_of_who_has_it(context: Context) -> None:
    """That it is taken cannot be hidden; the stored session is."""
    stored = await create(limited(context, "globex"))
    acme = limited(context, "acme")
    with pytest.raises(AlreadyExists) as refusal:
        await create(acme, sessionId=stored["_id"])
    assert "globex" not in refusal.value.message
    assert await bulk.stored(acme, CHAT, [stored["_id"]]) == {}


async def test_tenants_have_the_same_live_token(context: Context) -> None:
    """Otherwise a refusal would say that another tenant has it; within a tenant it is taken."""
    for owner in ("acme", "globex"):
        await create(limited(context, owner), CO_BROWSE)
    await create(context, CO_BROWSE)
    for owner in ("acme", "globex"):
        with pytest.raises(AlreadyExists):
            await create(limited(context, owner), CO_BROWSE)
    rows = [row async for batch in write.reservations(context.store, 9) for row in batch]
    assert len(rows) == 3
    assert not any([await reservations.is_orphan(context, CO_BROWSE, row) for row in rows])


@pytest.mark.parametrize("tenant", [None, "acme", "a.b-c_1"])
def test_a_key_names_its_reservation(tenant: str | None) -> None:
    """Whatever is in the value."""
    one = Reservation("sessionToken", "a@b:c", tenant)
    assert Reservation.of_key(one.key) == one


A, B, C = (Identifier(IdentifierType.CUSTOMER_ID, name) for name in "abc")
MAIL = Identifier(IdentifierType.EMAIL, "ada@example.org")


async def _linked(context: Context, identifier: Identifier) -> set[str]:
    return {one.value for one in await customers.linked_with(context, identifier)}


async def test_links_belong_to_a_tenant(context: Context) -> None:
    """Two with the same address know nothing of each other; without a limit all are known."""
    acme, globex = limited(context, "acme"), limited(context, "globex")
    await customers.link(acme, [A, MAIL])
    await customers.link(globex, [B, MAIL])
    await customers.link(context, [C, MAIL])
    assert await _linked(acme, MAIL) == {A.value, MAIL.value}
    assert await _linked(globex, MAIL) == {B.value, MAIL.value}
    assert await _linked(limited(context, "acme", "globex"), MAIL) == {"a", "b", MAIL.value}
    assert await _linked(limited(context, "initech"), MAIL) == {MAIL.value}
    assert await _linked(limited(context, *NOBODYS), MAIL) == {C.value, MAIL.value}
    assert await _linked(context, MAIL) == {"a", "b", "c", MAIL.value}


async def test_unlinking_leaves_the_links_of_others(context: Context) -> None:
    """The identifier stays linked in the other tenant."""
    acme, globex = limited(context, "acme"), limited(context, "globex")
    for one in (acme, globex):
        await customers.link(one, [A, MAIL])
    assert await customers.unlink(acme, [MAIL]) == []
    assert await _linked(acme, A) == {A.value}
    assert await _linked(globex, A) == {A.value, MAIL.value}


async def test_links_of_several_tenants_are_nobodys_to_change(context: Context) -> None:
    """Whose customer it is would be in doubt."""
    with pytest.raises(Invalid, match="Links belong to one tenant"):
        await customers.link(limited(context, "acme", "globex"), [A, MAIL])


async def test_a_customer_of_another_tenant_is_not_there(context: Context) -> None:
    """Nobody with that address exists, though another tenant has a session and a link of it."""
    visitor = {"name": "Ada", "emailAddress": MAIL.value}
    globex = limited(context, "globex")
    await create(globex, visitor=visitor)
    await customers.link(globex, [A, MAIL])
    wanted = CustomerRead(identifiers=True, names=True, first_seen=True)
    for asked in (MAIL, A):
        assert await customers.find(limited(context, "acme"), KINDS, asked, wanted) is None
    found = await customers.find(globex, KINDS, A, wanted)
    assert found is not None
    assert found.names == ["Ada"]


@pytest.mark.parametrize("name", ["", " ", "a b", "-a", "a/b", "a" * 65, "ä", "a\n"])
def test_what_is_no_tenant_is_refused(name: str) -> None:
    """The sentence says what one looks like."""
    with pytest.raises(BadInput, match="is not a tenant: 1 to 64"):
        checked([name])


def test_tenants_of_a_credential_are_limited() -> None:
    """So that a filter stays small; repeated ones count once."""
    assert checked(["a", "a"]) == ("a",)
    with pytest.raises(BadInput, match="101 tenants are too many"):
        checked([f"t{n}" for n in range(MOST + 1)])
