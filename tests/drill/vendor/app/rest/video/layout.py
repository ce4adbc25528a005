"""How a video session looks at Example Video."""

from collections.abc import Iterable

from app.rest.layout import INSTANT, UUID, Field, Layout, words
from resolvers.kind import Document
from schema.kinds.video import VIDEO

QUALITIES = {"SHARP": "sharp", "BLURRED": "blurred"}
"""Stored names and the vendor's words for them."""

SESSION = Layout(
    VIDEO,
    (
        Field("id", "sessionId", UUID),
        Field("room"),
        Field("from", "began", INSTANT),
        Field("to", "ended", INSTANT, when=("ended",)),
        Field("quality", shown=words(QUALITIES)),
        Field("guests", "guests.name"),
    ),
)


def page(rows: Iterable[Document], more: bool) -> Document:
    """The vendor's body over stored sessions."""
    return {"sessions": [SESSION.row(row) for row in rows], "more": more}
