"""Exports of Genesys Co-browse: one history record a file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.rest.co_browse.layout import SESSION
from app.rest.exports import Export, Note, Options
from app.rest.reading import Given

SECONDS_UNTIL = datetime(1973, 3, 3)
"""As milliseconds, what the seconds of this century would be is before this day."""


def _finish(
    _given: Given, values: dict[str, Any], _options: Options, note: Note
) -> Mapping[str, Any]:
    """Say it of times that look like seconds."""
    times = [values[name] for name in TIMES if values.get(name) is not None]
    times += [page["enteredTimestamp"] for page in values.get("pages") or ()]
    if min(times) < SECONDS_UNTIL:
        note("Warning: a time is before 1973: the vendor writes milliseconds, not seconds", "")
    return {}


TIMES = ("creationTime", "activationTime", "deactivationTime")

EXPORT = Export(
    name="genesys-co-browse",
    layout=SESSION,
    required=frozenset(
        {
            "sessionToken",
            "creationTime",
            "deactivationTime",
            "pages.url",
            "pages.enteredTimestamp",
        }
    ),
    finish=_finish,
    refusal=("error",),
)
