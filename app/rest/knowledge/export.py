"""Exports of Genesys Knowledge Center: SessionInfo, flat or in `response`."""

from collections.abc import Mapping
from typing import Any

from app.rest.exports import Export, Note, Options
from app.rest.knowledge.layout import SESSION
from app.rest.reading import Given


def _finish(
    _given: Given, _values: dict[str, Any], options: Options, note: Note
) -> Mapping[str, Any]:
    """The vendor's rows have no date."""
    if options.created_at is None:
        note("Rows have no date: they are stored as created now, or say --created-at", "")
        return {}
    return {"createdAt": options.created_at}


EXPORT = Export(
    name="genesys-knowledge",
    layout=SESSION,
    rows="response",
    options=frozenset({"created_at"}),
    finish=_finish,
    refusal=("errorMessage",),
)
