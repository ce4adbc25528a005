"""Exports of Genesys Co-browse: one history record a file."""

from app.rest.co_browse.layout import SESSION
from app.rest.exports import Export
from app.rest.reading import Given


def _refusal(answer: Given) -> str | None:
    message = answer.get("error")
    return message if isinstance(message, str) else None


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
    refusal=_refusal,
)
