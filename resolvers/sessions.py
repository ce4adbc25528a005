"""The verbs: what can be asked of and done to sessions, through any API.

Reads return documents; writes return the session as it is afterwards or raise a UserError, with
the stored session unchanged.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from resolvers import reservations, tenants
from resolvers.access import Action
from resolvers.appending import Addition, quickly
from resolvers.audit.attempts import attempt
from resolvers.audit.entries import Act
from resolvers.audit.showing import show
from resolvers.changes import Change, changed, derived, require_possible
from resolvers.common_columns import TENANT
from resolvers.context import Context
from resolvers.errors import AlreadyExists, Conflict, Invalid, NotFound, UserError
from resolvers.kind import Document, Kind
from resolvers.lists import add_counts
from resolvers.masks import needed, require_answerable, require_overwriting
from resolvers.request import EVERYTHING, Columns, Filter, Page, Read, Summary, both
from resolvers.store import read as reads
from resolvers.store import write as writes
from resolvers.texts import check_text
from resolvers.values import check_session_id, clean, complete, merge

ID_ALONE = frozenset({"_id"})
ATTEMPTS = 100
"""How often a write starts again because another process changed the session meanwhile."""


async def get(
    context: Context,
    kind: Kind,
    session_id: str,
    columns: Columns = None,
    where: Filter = EVERYTHING,
) -> Document | None:
    """The session with that id if it meets `where`, or None."""
    return (await get_many(context, kind, (session_id,), columns, where)).get(session_id)


async def get_many(
    context: Context,
    kind: Kind,
    session_ids: Iterable[str],
    columns: Columns = None,
    where: Filter = EVERYTHING,
) -> dict[str, Document]:
    """The sessions that meet `where`, by those ids; unknown ones are left out.

    A UUID is found in upper and lower case.
    """
    context.caller.require(kind, Action.READ)
    found = await _stored(context, kind, session_ids, columns, where)
    if columns is None:
        for row in found.values():
            add_counts(kind.columns, row)
    show(context, kind, columns, list(found.values()))
    return found


async def list_(context: Context, read: Read) -> Page:
    """One page of sessions."""
    context.caller.require(read.kind, Action.READ)
    require_answerable(context.caller, read.where, read.order)
    read = read._replace(
        where=both(read.where, context.visible(read.kind)),
        columns=needed(context.caller, read.kind, read.columns),
    )
    page = await reads.list_(context.store, read)
    show(context, read.kind, read.columns, page.documents)
    return page


async def count(context: Context, kind: Kind, where: Filter) -> int:
    """How many sessions meet `where`; Timeout if counting them takes too long."""
    context.caller.require(kind, Action.READ)
    require_answerable(context.caller, where)
    return await reads.count(context.store, kind, both(where, context.visible(kind)))


async def summarise(context: Context, kind: Kind, where: Filter) -> Summary:
    """How many sessions meet `where`, and how long they lasted on average."""
    context.caller.require(kind, Action.READ)
    require_answerable(context.caller, where)
    return await reads.summarise(context.store, kind, both(where, context.visible(kind)))


@attempt(Act.CREATED)
async def create(
    context: Context, kind: Kind, values: Mapping[str, Any], status: str | None = None
) -> Document:
    """Store a new session, under the id in `values` or a new one.

    `status` is for imports: a chat that is known to be over.
    """
    context.caller.require(kind, Action.WRITE)
    return _shown(context, kind, await _create(context, kind, values, status))


async def update(
    context: Context, kind: Kind, session_id: str, values: Mapping[str, Any]
) -> Document:
    """Change the given columns of a session, and the given members of its objects."""

    def change(document: Document) -> None:
        assign(context, kind, document, values)

    return await act(context, kind, session_id, change)


def assign(context: Context, kind: Kind, document: Document, values: Mapping[str, Any]) -> None:
    """Change columns of a document; an object changes by its given members.

    A null takes a column or a member away. Protected if one is personal that the caller may not
    see: it would overwrite what it does not know.
    """
    require_overwriting(context.caller, kind, values)
    if kind.ended and values.get(kind.ended, ...) is None:
        for name in kind.only_ended:
            document.pop(name, None)
    merge(context, kind.columns, document, values)


@attempt(Act.UPDATED)
async def act(
    context: Context,
    kind: Kind,
    session_id: str,
    change: Change,
    create_missing: Mapping[str, Any] | None = None,
) -> Document:
    """Apply `change` to the session as it is now, atomically; nothing done meanwhile is lost.

    An unknown session is NotFound, unless `create_missing` has the values to create it with. The
    answer shows the session, so the caller must be allowed to read it as well as to write it.
    """
    async with _alone(context, kind, session_id):
        if create_missing is not None:  # before anything is created
            require_overwriting(context.caller, kind, create_missing)
        return await _acted(context, kind, session_id, change, create_missing)


@attempt(Act.UPDATED)
async def append(
    context: Context, kind: Kind, session_id: str, addition: Addition, columns: Columns = None
) -> Document:
    """Add entries at the end of a list, atomically; what it costs does not grow with the list.

    The answer has of the list what `columns` show, or more.
    """
    async with _alone(context, kind, session_id):
        if _storable(session_id):
            ids = kind.session_ids.spellings(session_id)
            after = await quickly(context, kind, ids, addition, columns)
            if after is not None:
                return _shown(context, kind, after)

        def change(document: Document) -> None:
            addition.change(kind, document)

        return await _acted(context, kind, session_id, change)


@asynccontextmanager
async def _alone(context: Context, kind: Kind, session_id: str) -> AsyncIterator[None]:
    """Let a caller that may do so change a session, one request of this process at a time."""
    context.caller.require(kind, Action.WRITE)
    context.caller.require(kind, Action.READ)
    place = (kind.name, kind.session_ids.canonical(session_id))
    async with context.store.write_locks.hold(place, context.store.left):
        yield


async def _acted(
    context: Context,
    kind: Kind,
    session_id: str,
    change: Change,
    create_missing: Mapping[str, Any] | None = None,
) -> Document:
    for _ in range(ATTEMPTS):
        before = await _one(context, kind, session_id)
        if before is None and create_missing is not None:
            before = await _create_or_get(context, kind, session_id, create_missing)
        if before is None:
            raise not_found(kind, session_id)
        after = changed(context, kind, before, change)
        context.caller.require_own(kind, after)
        if after is before or await _replace(context, kind, before, after):
            return _shown(context, kind, after)
    raise Conflict("Other requests keep changing this session. Try again.")


@attempt(Act.DELETED)
async def delete(context: Context, kind: Kind, session_id: str) -> Document:
    """Remove a session and return what it was."""
    context.caller.require(kind, Action.WRITE)
    document = await _one(context, kind, session_id)
    if document is None or not await writes.delete(context.store, kind, document):
        raise not_found(kind, session_id)
    await reservations.release(context, kind, reservations.of(kind, document), document["_id"])
    return _shown(context, kind, document)


def not_found(kind: Kind, session_id: str) -> NotFound:
    """The refusal for an id that leads to no session."""
    return NotFound(
        f"There is no {kind.type_name} with the session id {session_id[:128]!r}.", ("sessionId",)
    )


async def _stored(
    context: Context,
    kind: Kind,
    session_ids: Iterable[str],
    columns: Columns = None,
    where: Filter = EVERYTHING,
) -> dict[str, Document]:
    """The visible sessions by those ids, as they are stored."""
    asked = {one: kind.session_ids.spellings(one) for one in session_ids if _storable(one)}
    if not asked:
        return {}
    visible = both(where, context.visible(kind))
    ids = [spelled for spellings in asked.values() for spelled in spellings]
    columns = needed(context.caller, kind, columns)
    stored = await reads.get_many(context.store, kind, ids, visible, columns)
    found = ((one, next(filter(stored.get, spelled), None)) for one, spelled in asked.items())
    return {one: stored[spelled] for one, spelled in found if spelled}


async def _one(context: Context, kind: Kind, session_id: str) -> Document | None:
    return (await _stored(context, kind, (session_id,))).get(session_id)


def _shown(context: Context, kind: Kind, document: Document) -> Document:
    """The document as the caller may see it."""
    show(context, kind, None, [document])
    return document


def _storable(session_id: str) -> bool:
    try:
        check_text(session_id)
    except Invalid:
        return False
    return True


def _checked_id(kind: Kind, session_id: str | None) -> str:
    if session_id is None:
        assert kind.session_ids.make is not None
        return kind.session_ids.make()
    return check_session_id(kind, session_id)


async def _create(
    context: Context, kind: Kind, values: Mapping[str, Any], status: str | None = None
) -> Document:
    """Store a new session; the answer is as it is stored."""
    document = prepare(context, kind, values, {"status": status} if status else {})
    if "_id" not in document:
        return await _numbered(context, kind, document)
    if values.get("sessionId") is not None:
        await _require_free(context, kind, document["_id"])
    return await _insert(context, kind, document)


async def _require_free(context: Context, kind: Kind, session_id: str) -> None:
    """AlreadyExists if the session is stored under another spelling of its id."""
    others = set(kind.session_ids.spellings(session_id)) - {session_id}
    if others and await reads.get_many(context.store, kind, others, EVERYTHING, ID_ALONE):
        raise writes.taken(kind, session_id)


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


async def _numbered(context: Context, kind: Kind, document: Document) -> Document:
    """Store under the kind's next number, stepping ever wider over numbers that were given."""
    step = 1
    while True:
        number = await writes.next_number(context.store, kind, step)
        try:
            return await _insert(context, kind, {"_id": str(number), **document})
        except AlreadyExists as error:
            if error.field != ("sessionId",):
                raise
            step *= 2


async def _insert(context: Context, kind: Kind, document: Document) -> Document:
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


async def _create_or_get(
    context: Context, kind: Kind, session_id: str, values: Mapping[str, Any]
) -> Document | None:
    try:
        return await _create(context, kind, {**values, "sessionId": session_id})
    except AlreadyExists:
        return await _one(context, kind, session_id)


async def _replace(context: Context, kind: Kind, before: Document, after: Document) -> bool:
    """Store the change; what it reserves is taken before, what it gives up is freed after."""
    had, has = reservations.of(kind, before), kind.reservation(after)
    if had == has:
        return await writes.update(context.store, kind, before, after)
    session_id = after["_id"]
    await reservations.take(context, kind, has, session_id)
    try:
        replaced = await writes.update(context.store, kind, before, after)
    except UserError:
        await reservations.release(context, kind, has, session_id)
        raise
    await reservations.release(context, kind, had if replaced else has, session_id)
    return replaced
