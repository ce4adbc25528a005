"""Many new sessions at once, for imports and demo data: the rules of `create` in few commands."""

import copy
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from resolvers import creation, reservations, sessions
from resolvers.access import Action
from resolvers.audit.attempts import attempt
from resolvers.audit.entries import Act
from resolvers.context import Context
from resolvers.errors import AlreadyExists, Invalid
from resolvers.kind import Document, Kind, Reservation
from resolvers.request import EVERYTHING
from resolvers.store import read as reads
from resolvers.store import write as writes
from resolvers.values import clean

Conflicts = dict[int, AlreadyExists]
"""Why sessions cannot be stored beside those that are there, by their place in the sequence."""

Reserving = Callable[[Context, Kind, Reservation | None, str], Awaitable[None]]
"""Checks, or takes, what a session reserves; AlreadyExists if another one has it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A session to be: what a client would give to create it, and what only an import knows."""

    kind: Kind
    values: Mapping[str, Any]
    known: Mapping[str, Any] = field(default_factory=dict)
    """status, createdAt and updatedAt, as far as they are not to be made."""


def prepare(context: Context, draft: Draft) -> Document:
    """The session as it is to be stored; without `_id` where the database is to count it.

    Invalid where a value breaks a rule or the draft contradicts itself.
    """
    known = clean(context, draft.kind.columns, draft.known)
    document = creation.prepare(context, draft.kind, draft.values, known)
    status = known.get("status")
    follows = document.get("status", "ACTIVE")  # as older exports say of kinds without an end
    if status and status != follows:
        raise Invalid(
            f"It is not {status}: what else is said of the session makes it {follows}.",
            ("status",),
        )
    if document["updatedAt"] < document["createdAt"]:
        raise Invalid("A session cannot be changed before it is created.", ("updatedAt",))
    return document


async def conflicts(context: Context, kind: Kind, documents: Sequence[Document]) -> Conflicts:
    """Which prepared sessions could not be stored now: their id or live token is taken."""
    context.caller.require(kind, Action.WRITE)
    return await _sift(context, kind, documents, reservations.check)


@attempt(Act.CREATED)
async def create(context: Context, kind: Kind, documents: list[Document]) -> Conflicts:
    """Store prepared sessions; which of them were left out, and why."""
    context.caller.require(kind, Action.WRITE)
    await number(context, kind, documents)
    refused = await _sift(context, kind, documents, reservations.take)
    fresh = [place for place in range(len(documents)) if place not in refused]
    taken = await writes.create_all(context.store, kind, [documents[place] for place in fresh])
    for place in fresh:
        session_id = documents[place]["_id"]
        if session_id in taken:  # somebody was faster
            refused[place] = writes.id_taken(kind, session_id)
            await reservations.release(
                context, kind, kind.reservation(documents[place]), session_id
            )
    return refused


async def stored(context: Context, kind: Kind, ids: Sequence[str]) -> dict[str, Document]:
    """The caller's sessions with these ids as they are stored, expired ones included."""
    context.caller.require(kind, Action.WRITE)
    context.caller.require(kind, Action.READ)
    own = context.caller.visible(kind)
    return await reads.get_many(context.store, kind, ids, own, None) if ids else {}


async def replace(
    context: Context, kind: Kind, document: Document, paths: Sequence[str]
) -> Document:
    """Give a stored session the values of a prepared one in these columns; all others stay.

    What follows from them is computed anew. NotFound for a session that has expired.
    """

    def change(current: Document) -> None:
        for path in paths:
            if path == "_id":
                continue
            current.pop(path, None)
            if path in document:
                current[path] = copy.deepcopy(document[path])
        if "status" in document:
            current["status"] = document["status"]

    return await sessions.act(context, kind, document["_id"], change)


async def _sift(
    context: Context, kind: Kind, documents: Sequence[Document], reserve: Reserving
) -> Conflicts:
    """Why each refused session cannot be stored."""
    ids = [document["_id"] for document in documents if "_id" in document]
    taken = await _existing(context, kind, ids)
    refused: Conflicts = {}
    for place, document in enumerate(documents):
        session_id = document.get("_id", "")
        try:
            if session_id in taken:
                raise writes.id_taken(kind, session_id)
            if held := kind.reservation(document):
                await reserve(context, kind, held, session_id)
        except AlreadyExists as error:
            refused[place] = error
        else:
            taken |= {session_id} - {""}
    return refused


async def _existing(context: Context, kind: Kind, ids: Sequence[str]) -> set[str]:
    """Which of these ids are stored, those of expired sessions included."""
    if not ids:
        return set()
    spelled = [spelling for one in ids for spelling in kind.session_ids.spellings(one)]
    found = await reads.get_many(context.store, kind, spelled, EVERYTHING, creation.ID_ALONE)
    return set(map(kind.session_ids.canonical, found))


async def number(context: Context, kind: Kind, documents: list[Document]) -> None:
    """Give the kind's next numbers to sessions without an id, stepping over numbers that exist."""
    places = [place for place, document in enumerate(documents) if "_id" not in document]
    given = {document["_id"] for document in documents if "_id" in document}
    step = len(places)
    while places:
        last = await writes.next_number(context.store, kind, step)
        numbers = [str(last - len(places) + 1 + nth) for nth in range(len(places))]
        taken = given | await _existing(context, kind, numbers)
        for place, number in zip(places, numbers, strict=True):
            documents[place] = {"_id": "", **documents[place]} | {"_id": number}
        places = [place for place in places if documents[place]["_id"] in taken]
        step *= 2
