"""Retention: an index that removes expired sessions, and doors that hide them until then."""

from typing import Any

import pytest

from app.access.authenticator import Authenticator
from app.context import State
from app.settings import Settings
from resolvers import reservations, sessions
from resolvers.context import Context
from resolvers.errors import AlreadyExists, NotFound
from resolvers.kind import Kind, Reservation
from resolvers.request import EVERYTHING, Read, Window
from resolvers.store import preparation
from resolvers.store.indexes import RETENTION
from resolvers.store.store import Store
from tests.conftest import KINDS_BY_NAME, NOW, Clock
from tests.kinds import EXAMPLES

pytestmark = pytest.mark.anyio

KINDS = tuple(KINDS_BY_NAME.values())
DAYS_14 = 1_209_600


@pytest.fixture(params=sorted(KINDS_BY_NAME))
def kind(request: pytest.FixtureRequest) -> Kind:
    """Every kind."""
    return KINDS_BY_NAME[request.param]


async def index(store: Store, kind: Kind) -> Any:
    """The retention index as the database describes it; None if there is none."""
    return (await store.collection(kind).index_information()).get(RETENTION)


async def test_every_kind_has_its_setting() -> None:
    """GATEWAY_RETENTION_<KIND>_SECONDS for each kind and for nothing else."""
    settings = {name for name in Settings.model_fields if name.startswith("retention_")}
    assert settings == {f"retention_{name}_seconds" for name in KINDS_BY_NAME}


async def test_settings_name_the_kinds_that_are_not_kept() -> None:
    """None is unless it is set."""
    assert Settings().retention == {}
    assert Settings(retention_co_browse_seconds=DAYS_14).retention == {"co_browse": DAYS_14}


@pytest.mark.difference("co_browse.retention")
async def test_nothing_expires_unless_set(wire_store: Store, kind: Kind) -> None:
    """No index, so that nothing vanishes unasked."""
    assert await index(wire_store, kind) is None


@pytest.mark.parametrize("driver", ["pymongo", "motor"])
async def test_index_follows_the_settings(open_store: Any, driver: str) -> None:
    """Made, kept, changed both ways and dropped by a mere restart."""
    store, kind = await open_store(driver), KINDS_BY_NAME["co_browse"]
    seen = []
    for seconds in (DAYS_14, DAYS_14, 60, DAYS_14, None, None):
        retention = {kind.name: seconds} if seconds else {}
        await preparation.prepare(store, KINDS, retention)
        found = await index(store, kind)
        seen.append(found and found["expireAfterSeconds"])
    assert seen == [DAYS_14, DAYS_14, 60, DAYS_14, None, None]


async def test_index_is_on_the_start_alone(wire_store: Store, kind: Kind) -> None:
    """MongoDB takes a single field only; the other indexes stay as they were."""
    before = await wire_store.collection(kind).index_information()
    await preparation.prepare(wire_store, KINDS, {kind.name: 60})
    after = await wire_store.collection(kind).index_information()
    assert [tuple(key) for key in after.pop(RETENTION)["key"]] == [("startedAt", 1)]
    assert after == before


async def test_retention_of_one_kind_is_no_others(wire_store: Store, kind: Kind) -> None:
    """Each has its own span."""
    await preparation.prepare(wire_store, KINDS, {kind.name: 60})
    assert [one.name for one in KINDS if await index(wire_store, one)] == [kind.name]


async def test_expired_session_is_behind_no_door(wire_context: Context, clock: Clock) -> None:
    """Hidden from its instant on, though the database has not removed it yet."""
    kind = KINDS_BY_NAME["co_browse"]
    context = Context(store=wire_context.store, now=clock, retention={kind.name: 60})
    values = {**EXAMPLES[kind.name].values, "creationTime": NOW, "activationTime": NOW}
    session_id = (await sessions.create(context, kind, values))["_id"]
    clock.advance(seconds=59.999)
    assert await sessions.get(context, kind, session_id)
    clock.advance(seconds=0.001)
    assert await sessions.get(context, kind, session_id) is None
    page = await sessions.list_(context, Read(kind, EVERYTHING, (), Window(first=1), count=True))
    assert (page.documents, page.total) == ([], 0)
    assert (await sessions.summarise(context, kind, EVERYTHING)).count == 0
    for work in (
        sessions.update(context, kind, session_id, {}),
        sessions.delete(context, kind, session_id),
    ):
        with pytest.raises(NotFound):
            await work


async def test_id_of_an_expired_session_is_free(
    wire_store: Store, clock: Clock, kind: Kind
) -> None:
    """A new session takes the place of one that the database has yet to remove; a live one keeps
    its id."""
    context = Context(store=wire_store, now=clock, retention={kind.name: 60})
    example = EXAMPLES[kind.name]
    first = {"sessionId": example.session_id, **example.started(clock())}
    await sessions.create(context, kind, {**example.values, **first})
    clock.advance(seconds=59.999)
    again = {**example.values, **first, **example.started(clock())}
    with pytest.raises(AlreadyExists):
        await sessions.create(context, kind, again)
    clock.advance(seconds=0.001)
    made = await sessions.create(context, kind, again)
    assert await sessions.get(context, kind, example.session_id) == made


async def test_expired_session_holds_no_token(wire_store: Store, clock: Clock) -> None:
    """Neither its own, for another session, nor another one that its successor does not hold."""
    kind = KINDS_BY_NAME["co_browse"]
    context = Context(store=wire_store, now=clock, retention={kind.name: 60})
    id_ = EXAMPLES[kind.name].session_id
    await sessions.create(context, kind, {"sessionId": id_, "sessionToken": "519333886"})
    clock.advance(seconds=61)
    other = await sessions.create(context, kind, {"sessionToken": "519333886"})
    clock.advance(seconds=61)
    await sessions.create(context, kind, {"sessionId": id_, "sessionToken": "519333887"})
    assert await held(wire_store) == {"519333886": other["_id"], "519333887": id_}


async def held(store: Store) -> dict[str, str]:
    """Which session holds each live token."""
    rows = await store.run(store.database["claims"].find({}).to_list(None))
    return {row["_id"].rpartition(":")[2]: row["sessionId"] for row in rows}


CO_BROWSE_ID = EXAMPLES["co_browse"].session_id


async def test_token_of_an_expired_session_is_free_at_once(store: Store, clock: Clock) -> None:
    """Not a moment later, however short the time since it was taken; nor a moment earlier."""
    kind = KINDS_BY_NAME["co_browse"]
    context = Context(store=store, now=clock, retention={kind.name: 5})
    await sessions.create(context, kind, {"sessionId": CO_BROWSE_ID, "sessionToken": "519333886"})
    clock.advance(seconds=4.999)
    with pytest.raises(AlreadyExists):
        await sessions.create(context, kind, {"sessionToken": "519333886"})
    clock.advance(seconds=0.001)
    other = await sessions.create(context, kind, {"sessionToken": "519333886"})
    assert await held(store) == {"519333886": other["_id"]}


async def test_successor_gives_up_the_token_of_an_expired_session(
    store: Store, clock: Clock
) -> None:
    """What the new session under the same id does not hold, nobody holds."""
    kind = KINDS_BY_NAME["co_browse"]
    context = Context(store=store, now=clock, retention={kind.name: 5})
    await sessions.create(context, kind, {"sessionId": CO_BROWSE_ID, "sessionToken": "519333886"})
    clock.advance(seconds=5)
    await sessions.create(context, kind, {"sessionId": CO_BROWSE_ID, "sessionToken": "519333887"})
    assert await held(store) == {"519333887": CO_BROWSE_ID}


async def test_successor_goes_on_holding_the_same_token(store: Store, clock: Clock) -> None:
    """It is the new session's, and refused to others."""
    kind = KINDS_BY_NAME["co_browse"]
    context = Context(store=store, now=clock, retention={kind.name: 5})
    values = {"sessionId": CO_BROWSE_ID, "sessionToken": "519333886"}
    await sessions.create(context, kind, values)
    clock.advance(seconds=5)
    await sessions.create(context, kind, values)
    with pytest.raises(AlreadyExists):
        await sessions.create(context, kind, {"sessionToken": "519333886"})
    assert await held(store) == {"519333886": CO_BROWSE_ID}


async def test_token_is_respected_while_a_successor_is_being_stored(
    store: Store, clock: Clock
) -> None:
    """Between taking its token and its storing, an expired session has its id."""
    kind = KINDS_BY_NAME["co_browse"]
    context = Context(store=store, now=clock, retention={kind.name: 5})
    await sessions.create(context, kind, {"sessionId": CO_BROWSE_ID, "sessionToken": "519333886"})
    clock.advance(seconds=5)
    await reservations.take(context, kind, Reservation("sessionToken", "519333887"), CO_BROWSE_ID)
    with pytest.raises(AlreadyExists):
        await sessions.create(context, kind, {"sessionToken": "519333887"})


async def test_requests_carry_the_retention_of_the_settings(wire_store: Store) -> None:
    """Every door's context is made by the state of the process."""
    settings = Settings(retention_bot_seconds=60)
    state = State(wire_store, settings, Authenticator(wire_store, settings))
    assert state.context().retention == {"bot": 60}


async def test_engine_that_cannot_change_the_index_builds_it_anew(
    wire_store: Store, engine_client: Any
) -> None:
    """Whatever collMod can do here, the span is the new one in the end."""
    kind = KINDS_BY_NAME["bot"]
    await preparation.prepare(wire_store, KINDS, {kind.name: 60})
    name = wire_store.database.name
    fault = {"failCommands": ["collMod"], "errorCode": 72, "namespace": f"{name}.{kind.collection}"}
    engine_client.admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=fault)
    await preparation.prepare(wire_store, KINDS, {kind.name: 90})
    assert (await index(wire_store, kind))["expireAfterSeconds"] == 90
