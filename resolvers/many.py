"""Many sessions by one request: each has an outcome of its own, in few commands.

    await create(context, CHAT, [{"note": "a"}, {"sessionId": "c"}])    [{"_id": …}, AlreadyExists]

What the single verbs in `resolvers.sessions` check is checked here, too. A session that is refused
costs no other one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from resolvers import bulk, creation, repeats, reservations
from resolvers.access import Action
from resolvers.audit.attempts import attempt, refused_alone
from resolvers.audit.entries import Act
from resolvers.audit.showing import show
from resolvers.context import Context
from resolvers.errors import AlreadyExists, BadInput, NotFound, UserError
from resolvers.kind import Document, Kind
from resolvers.lists import add_counts
from resolvers.sessions import not_found
from resolvers.steps import APPLIED, Step
from resolvers.store import read as reads
from resolvers.store import write as writes
from resolvers.texts import is_storable

MOST = 200
"""Sessions of one request."""

Outcome = Document | UserError


def require_few(argument: str, given: Sequence[Any]) -> None:
    """BadInput for more than MOST."""
    if len(given) > MOST:
        raise BadInput(f"{argument}: at most {MOST} at once, not {len(given)}.", argument=argument)


@attempt(Act.CREATED)
async def create(context: Context, kind: Kind, given: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    """Store new sessions; what each came to, in the same order.

    Beside a taken id stands the stored session in `AlreadyExists.present`, for who may read it.
    """
    context.caller.require(kind, Action.WRITE)
    outcomes = _prepared(context, kind, given)
    places = [place for place, one in enumerate(outcomes) if isinstance(one, dict)]
    documents: list[Document] = [one for one in outcomes if isinstance(one, dict)]
    step, made = repeats.next_step(context), dict[str, Document]()
    if step is None or step.noted is None:
        await bulk.number(context, kind, documents)
    if step and documents:
        without = [n for n, place in enumerate(places) if given[place].get("sessionId") is None]
        await _noted(kind, documents, without, step)
        if step.repeat.resumed:
            made = await _made(context, kind, documents, step)
    fresh = [one for one in documents if one.get("_id") not in made]
    refused = await bulk.create(context, kind, fresh)
    errors = {id(fresh[place]): error for place, error in refused.items()}
    taken = await _taken(context, kind, fresh, errors, step)
    named: set[str] = set()
    for place, document in zip(places, documents, strict=True):
        error, session_id = errors.get(id(document)), document["_id"]
        found = made.get(session_id) or taken.get(session_id)
        outcomes[place] = found or document
        if session_id in named and session_id in made:
            error = writes.id_taken(kind, session_id)
        if error is not None and (session_id in named or not (step and step.made(found))):
            outcomes[place] = _with_present(context, kind, error, found)
        named.add(session_id)
    _note(context, Act.CREATED, kind, given, outcomes)
    show(context, kind, None, [one for one in outcomes if isinstance(one, dict)])
    return outcomes


def _note(
    context: Context, act: Act, kind: Kind, given: Sequence[Any], outcomes: Sequence[Outcome]
) -> None:
    """Note each session that was refused by itself."""
    pairs = zip(given, outcomes, strict=True)
    refused = ((one, outcome) for one, outcome in pairs if isinstance(outcome, UserError))
    refused_alone(context, act, kind, refused)


def _prepared(context: Context, kind: Kind, given: Iterable[Mapping[str, Any]]) -> list[Outcome]:
    """The sessions as they are to be stored, or why they cannot be."""
    outcomes: list[Outcome] = []
    for values in given:
        try:
            outcomes.append(creation.prepare(context, kind, values, {}))
        except UserError as error:
            outcomes.append(error)
    return outcomes


async def _noted(kind: Kind, documents: list[Document], without: Sequence[int], step: Step) -> None:
    """Mark the sessions; those `without` a given id get the same one in each repetition."""
    if step.noted is None and without:
        ids = [documents[place]["_id"] for place in without]
        await step.note([(kind, one) for one in ids], ids)
    for place, session_id in zip(without, step.noted or (), strict=True):
        documents[place]["_id"] = session_id
    for document in documents:
        document[APPLIED] = [step.mark]
        step.about(kind, document["_id"])


async def _made(
    context: Context, kind: Kind, documents: Iterable[Document], step: Step
) -> dict[str, Document]:
    """Those that an earlier request has created, by their ids."""
    ids = [document["_id"] for document in documents]
    found = await reads.get_many(context.store, kind, ids, context.visible(kind), None)
    return {one: stored for one, stored in found.items() if step.made(stored)}


async def _taken(
    context: Context,
    kind: Kind,
    documents: Sequence[Document],
    errors: dict[int, AlreadyExists],
    step: Step | None,
) -> dict[str, Document]:
    """The stored sessions whose ids were to be given again; those that expired are replaced."""
    of = [one for one in documents if id(one) in errors]
    ids = [one["_id"] for one in of if errors[id(one)].field == ("sessionId",)]
    if not ids:
        return {}
    found = await reads.get_many(context.store, kind, ids, context.visible(kind), None)
    for document in of:
        if document["_id"] in ids and document["_id"] not in found and context.expired(kind):
            try:
                await creation.insert(context, kind, document)
                del errors[id(document)]
            except AlreadyExists as error:
                errors[id(document)] = error
    may = step is not None or context.caller.may(kind, Action.READ)
    return found if may else {}


def _with_present(
    context: Context, kind: Kind, error: AlreadyExists, found: Document | None
) -> AlreadyExists:
    if found is not None and context.caller.may(kind, Action.READ):
        add_counts(kind.columns, found)
        show(context, kind, None, [found])
        error.present = found
    return error


@attempt(Act.DELETED)
async def delete(context: Context, kind: Kind, session_ids: Sequence[str]) -> list[Outcome]:
    """Remove sessions; what each was, in the same order."""
    context.caller.require(kind, Action.WRITE)
    asked = [kind.session_ids.spellings(one) if is_storable(one) else () for one in session_ids]
    ids = [spelled for spellings in asked for spelled in spellings]
    visible = context.visible(kind)
    found = await reads.get_many(context.store, kind, ids, visible, None) if ids else {}
    step, removed = repeats.next_step(context), dict[str, Document]()
    if step and step.noted is not None:  # what an earlier request was about, and no other
        removed = {one["_id"]: {"_id": one["_id"]} for one in step.noted}
        known = {one["_id"]: one["createdAt"] for one in step.noted}
        found = {
            name: one for name, one in found.items() if known.get(name) == one.get("createdAt", ())
        }
    elif step and found:
        noted = [{"_id": name, "createdAt": one.get("createdAt")} for name, one in found.items()]
        await step.note([(kind, name) for name in found], noted)
    await writes.delete_all(context.store, kind, list(found.values()))
    for name, document in found.items():
        await reservations.release(context, kind, reservations.of(kind, document), name)
    outcomes = _outcomes(kind, session_ids, asked, {**removed, **found})
    _note(context, Act.DELETED, kind, session_ids, outcomes)
    show(context, kind, None, list(found.values()))
    return outcomes


def _outcomes(
    kind: Kind,
    session_ids: Sequence[str],
    asked: Sequence[Sequence[str]],
    removed: dict[str, Document],
) -> list[Outcome]:
    """Each removed session once: who names it again learns that it is gone."""
    outcomes: list[Outcome] = []
    for session_id, spellings in zip(session_ids, asked, strict=True):
        name = next((one for one in spellings if one in removed), None)
        gone: Document | NotFound = (
            not_found(kind, session_id) if name is None else removed.pop(name)
        )
        outcomes.append(gone)
    return outcomes
