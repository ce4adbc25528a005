"""What a session becomes when it is changed: all that is computed, nothing that waits."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from resolvers.context import Context
from resolvers.errors import CorruptDocument, Invalid
from resolvers.kind import Document, Kind, Timeline
from resolvers.values import add_folded, check_lengths, fill_lists

Change = Callable[[Document], None]
"""Alters a copy of a session in place; raises a UserError where its state does not allow that."""


def changed(context: Context, kind: Kind, before: Document, change: Change) -> Document:
    """What the session becomes; `before` itself if nothing changes."""
    after = copy.deepcopy(before)
    fill_lists(kind.columns, after)
    with _corrupt(kind, before):
        change(after)
    _require_whole(kind, after)
    after = derived(kind, after)
    if after == before:
        return before
    check_lengths(kind.columns, before, after)
    now = context.now()
    with _corrupt(kind, before):
        after["updatedAt"] = max(now, before.get("updatedAt", now))
        after["revision"] = before.get("revision", 0) + 1
    return after


def derived(kind: Kind, document: Document) -> Document:
    """The document with everything that is computed from its columns and stored with them."""
    with _corrupt(kind, document):
        timeline = kind.derive(document)
        _require_times(timeline)
        add_folded(kind.columns, document)
    ended = timeline.ended_at
    if ended is not None and kind.ended and ended < timeline.started_at:
        raise Invalid("A session cannot end before it starts.", (kind.ended,))
    kept = {
        "status": "CLOSED" if timeline.closed else "ACTIVE",
        "startedAt": timeline.started_at,
        "endedAt": ended,
        "durationSeconds": timeline.duration_seconds,
        "customer": timeline.customer,
    }
    for name, value in kept.items():
        if value is None:
            document.pop(name, None)
        else:
            document[name] = value
    return document


def _require_whole(kind: Kind, document: Document) -> None:
    """CorruptDocument for a session that lacks what it must have: a default would be a lie."""
    for column in kind.own_columns:
        if not (column.nullable or column.many) and document.get(column.path) is None:
            raise CorruptDocument(
                f"{kind.type_name} {document.get('_id')!r} is stored without {column.name}, and "
                "cannot be changed until it is corrected: give it in an update.",
                sessionId=document.get("_id"),
                field=column.name,
            )


def _require_times(timeline: Timeline) -> None:
    """TypeError unless the start and the end are dates."""
    for moment in (timeline.started_at, timeline.ended_at):
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
