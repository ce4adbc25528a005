"""Creation: what a new session is, and how it is stored once."""

from collections.abc import Mapping
from typing import Any

from resolvers import reservations, tenants
from resolvers.changes import derived, require_possible
from resolvers.common_columns import TENANT
from resolvers.context import Context
from resolvers.errors import AlreadyExists, UserError
from resolvers.kind import Document, Kind
from resolvers.request import EVERYTHING
from resolvers.steps import APPLIED, Step
from resolvers.store import read as reads
from resolvers.store import write as writes
from resolvers.values import check_session_id, clean, complete

ID_ALONE = frozenset({"_id"})


def prepare(
    context: Context, kind: Kind, values: Mapping[str, Any], known: Mapping[str, Any]
) -> Document:
    """A session that is ready to be stored; without `_id` where the database is to count it.

    `known` is what only imports say: status, createdAt and updatedAt; mostly nothing.
    """
    given = dict(values)
    session_id = given.pop("sessionId", None)
    cleaned = clean(context, kind.columns, given)
    document = {name: value for name, value in cleaned.items() if value is not None}
    complete(context, kind.columns, document)
    tenant = tenants.of_new(context.caller.tenants, document.get(TENANT.path))
    document |= {} if tenant is None else {TENANT.path: tenant}
    now = context.now()
    document |= {"createdAt": now, "updatedAt": now, "revision": 1, **known}
    document = derived(kind, document)
    require_possible(context, kind, {}, document)
    context.caller.require_own(kind, document)
    if session_id is None and kind.session_ids.make is None:
        return document
    return {"_id": _checked_id(kind, session_id), **document}


async def create(
    context: Context,
    kind: Kind,
    values: Mapping[str, Any],
    status: str | None = None,
    step: Step | None = None,
) -> Document:
    """Store a new session; the answer is as it is stored."""
    document = prepare(context, kind, values, {"status": status} if status else {})
    if step:
        document[APPLIED] = [step.mark]
        if values.get("sessionId") is None:
            document = {**document, "_id": await _noted_id(context, kind, document, step)}
        step.about(kind, document["_id"])
        if step.repeat.resumed and (made := await _made(context, kind, document["_id"], step)):
            return made
    if "_id" not in document:
        return await _numbered(context, kind, document)
    if values.get("sessionId") is not None:
        await _require_free(context, kind, document["_id"])
    try:
        return await insert(context, kind, document)
    except AlreadyExists:
        made = await _made(context, kind, document["_id"], step)
        if made is None:
            raise
        return made


async def _noted_id(context: Context, kind: Kind, document: Document, step: Step) -> str:
    """The id that a new session gets, noted before it is stored: a repetition takes the same."""
    if step.noted is not None:
        return str(step.noted)
    session_id = document.get("_id") or await _free_number(context, kind)
    await step.note([(kind, session_id)], session_id)
    return str(session_id)


async def _free_number(context: Context, kind: Kind) -> str:
    """The kind's next number that no session has, stepping ever wider over numbers given."""
    step = 1
    while True:
        number = str(await writes.next_number(context.store, kind, step))
        if not await reads.get_many(context.store, kind, [number], EVERYTHING, ID_ALONE):
            return number
        step *= 2


async def _made(
    context: Context, kind: Kind, session_id: str, step: Step | None
) -> Document | None:
    """The session that this step has created already."""
    if step is None:
        return None
    stored = await reads.get(context.store, kind, session_id, context.visible(kind), None)
    return stored if step.made(stored) else None


async def _require_free(context: Context, kind: Kind, session_id: str) -> None:
    """AlreadyExists if the session is stored under another spelling of its id."""
    others = set(kind.session_ids.spellings(session_id)) - {session_id}
    if others and await reads.get_many(context.store, kind, others, EVERYTHING, ID_ALONE):
        raise writes.id_taken(kind, session_id)


async def _numbered(context: Context, kind: Kind, document: Document) -> Document:
    """Store under the kind's next number, stepping ever wider over numbers that were given."""
    step = 1
    while True:
        number = await writes.next_number(context.store, kind, step)
        try:
            return await insert(context, kind, {"_id": str(number), **document})
        except AlreadyExists as error:
            if error.field != ("sessionId",):
                raise
            step *= 2


async def insert(context: Context, kind: Kind, document: Document) -> Document:
    """Store a prepared session, with what it reserves; AlreadyExists if its id is taken."""
    held, session_id = kind.reservation(document), document["_id"]
    await reservations.take(context, kind, held, session_id)
    try:
        await _insert_over_expired(context, kind, document)
    except UserError:
        await reservations.release(context, kind, held, session_id)
        raise
    return document


async def _insert_over_expired(context: Context, kind: Kind, document: Document) -> None:
    """Store a session, in the place of an expired one that the database has yet to remove."""
    try:
        await writes.create(context.store, kind, document)
    except AlreadyExists:
        over = context.expired(kind)
        gone = over and await writes.take_out(context.store, kind, document["_id"], over)
        if not gone:
            raise
        await writes.create(context.store, kind, document)
        await reservations.release(context, kind, reservations.of(kind, gone), document["_id"])


def _checked_id(kind: Kind, session_id: str | None) -> str:
    if session_id is None:
        assert kind.session_ids.make is not None
        return kind.session_ids.make()
    return check_session_id(kind, session_id)
