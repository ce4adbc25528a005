"""What a session becomes when it is changed: all that is computed, nothing that waits."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from resolvers import search
from resolvers.common_columns import REVISION
from resolvers.context import Context
from resolvers.errors import CorruptDocument, Invalid
from resolvers.kind import Column, Document, Kind, RowTimes
from resolvers.lists import add_counts
from resolvers.values import add_folded, check_lengths, fill_lists

LATEST_END = timedelta(days=1)
"""How far from now a session may end: clocks differ, and time zones are mistaken."""

DERIVATION = 2
"""Raise it when `derived`, or what a kind derives, gives stored sessions other values than before:
the next start then asks operators to run `scripts/rebuild`."""

Change = Callable[[Document], None]
"""Alters a copy of a session in place; raises a UserError where its state does not allow that."""


def changed(context: Context, kind: Kind, before: Document, change: Change) -> Document:
    """What the session becomes; `before` itself if nothing changes."""
    after = copy.deepcopy(before)
    fill_lists(kind.columns, after)
    with _corrupt(kind, before):
        change(after)
    require_whole(kind, after)
    after = derived(kind, after)
    as_read = dict(before)
    fill_lists(kind.columns, as_read)
    if after == as_read:
        return before
    require_possible(context, kind, before, after)
    check_lengths(kind.own_columns, before, after)
    with _corrupt(kind, before):
        stamp(context, before, after)
    return after


def stamp(context: Context, before: Document, after: Document) -> None:
    """Note in the session that it changed, and when."""
    now = context.now()
    after["updatedAt"] = max(now, before.get("updatedAt", now))
    after["revision"] = revision(before) + 1


def revision(document: Document) -> int:
    """How often the stored session was written; 0 where the gateway has not written it."""
    found = document.get(REVISION.path)
    return REVISION.absent if found is None else found  # type: ignore[no-any-return]  # as stored


def derived(kind: Kind, document: Document) -> Document:
    """The document with everything that is computed from its columns and stored with them."""
    with _corrupt(kind, document):
        times = kind.derive(document)
        _require_times(times)
        add_counts(kind.columns, document)
        _tidy(kind, document)
        _drop_repeated(document)
    ended = times.ended_at
    if ended is not None and kind.ended and ended < times.started_at:
        raise Invalid("A session cannot end before it starts.", (kind.ended,))
    status = "CLOSED" if times.closed else "ACTIVE"
    stored = {
        "status": status if kind.ended else None,
        "startedAt": times.started_at,
        "endedAt": ended,
        "durationSeconds": times.duration_seconds,
        "customer": times.customer,
    }
    for name, value in stored.items():
        if value is None:
            document.pop(name, None)
        else:
            document[name] = value
    add_folded(kind.columns, document)
    with _corrupt(kind, document):
        search.index(kind, document)
    return document


def rederived(kind: Kind, before: Document) -> Document:
    """The stored session with everything computed anew; `before` itself if that changes nothing.

    What clients gave stays, and `updatedAt` with it.
    """
    after = copy.deepcopy(before)
    fill_lists(kind.columns, after)
    after = derived(kind, after)
    missing = {column.path for column in kind.own_columns if column.many} - before.keys()
    after = {name: value for name, value in after.items() if value or name not in missing}
    return before if after == before else {**after, "revision": revision(before) + 1}


def _tidy(kind: Kind, document: Document) -> None:
    """Put the objects of lists into the form in which they are stored."""
    for column in kind.columns:
        if column.tidy and isinstance(document.get(column.path), list):
            document[column.path] = tidied(column, document[column.path])


def tidied(column: Column, items: list[Document]) -> list[Document]:
    """The objects of one list in the form in which they are stored."""
    return [column.tidy(item) for item in items] if column.tidy else items


def _drop_repeated(document: Document) -> None:
    """Keep each label and each related session once, in the place where it came first."""
    if isinstance(document["labels"], list):
        document["labels"] = list(dict.fromkeys(document["labels"]))
    related = document.get("relatedSessions")
    if isinstance(related, list):
        pairs: dict[tuple[str, str], Document] = {}
        for pair in related:
            pairs.setdefault((pair["kind"], pair["sessionId"]), pair)
        document["relatedSessions"] = list(pairs.values())


def require_possible(context: Context, kind: Kind, before: Document, after: Document) -> None:
    """Invalid for a state that no session can be in, unless the session was stored like that."""
    ended = after.get("endedAt")
    if ended != before.get("endedAt") and ended and ended > context.now() + LATEST_END:
        raise Invalid(
            "A session cannot end more than a day from now: give the time when it ended, or leave "
            "it out while the session is active.",
            (kind.ended,) if kind.ended else (),
        )
    for name in kind.only_ended if after.get("status") == "ACTIVE" else ():
        stored = before.get(name) if before.get("status") == "ACTIVE" else None
        if after.get(name) not in (None, stored):
            raise Invalid(
                f"An active session has no {name}: give its {kind.ended} as well, or leave it out.",
                (name,),
            )


def require_whole(kind: Kind, document: Document) -> None:
    """CorruptDocument for a session that lacks what it must have: a default would be a lie."""
    for column in kind.own_columns:
        if not (column.nullable or column.many) and document.get(column.path) is None:
            raise CorruptDocument(
                f"{kind.type_name} {document.get('_id')!r} is stored without {column.name}, and "
                "cannot be changed until it is corrected: give it in an update.",
                sessionId=document.get("_id"),
                field=column.name,
            )


def _require_times(times: RowTimes) -> None:
    """TypeError unless the start and the end are dates."""
    for moment in (times.started_at, times.ended_at):
        if moment is not None and not isinstance(moment, datetime):
            raise TypeError(type(moment))


@contextmanager
def _corrupt(kind: Kind, document: Document) -> Iterator[None]:
    """CorruptDocument where a stored value is not what the rules of its kind count on."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CorruptDocument(
            f"{kind.type_name} {document.get('_id')!r} is stored with missing or wrongly typed "
            "values and cannot be changed until they are corrected."
        ) from error
