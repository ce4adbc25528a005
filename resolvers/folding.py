"""Texts as they are compared when case does not matter."""

FOLDED = "folded"
"""The sub-document beside the columns that holds their case-folded copies."""


def fold(text: str) -> str:
    """Text as it is compared when case does not matter."""
    return text.casefold()
