"""Texts as they are compared when case does not matter."""

FOLDED = "folded"
"""The sub-document with the case-folded copies of the columns beside it."""


def fold(text: str) -> str:
    """Text as it is compared when case does not matter."""
    return text.casefold()
