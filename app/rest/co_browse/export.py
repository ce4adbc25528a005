"""Exports of Genesys Co-browse: one history record a file."""

from app.rest.co_browse.layout import SESSION
from app.rest.exports import Export

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
    refusal=("error",),
)
