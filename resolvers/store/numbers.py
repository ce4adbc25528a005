"""Numbers as they may be stored: of any of BSON's classes, and which of them count."""

from sys import float_info
from typing import Any

from resolvers.store.operators import Query

LARGEST = float_info.max


def finite(path: str) -> Query:
    """Where a number is stored that a float can be: such bounds are met by numbers alone.

    NaN never meets them, nor do the infinities and the huge ones among Decimal128.
    """
    return {path: {"$gte": -LARGEST, "$lte": LARGEST}} | no_list(path)


def no_list(path: str) -> Query:
    """Bounds are met by a list, too, if one of its elements meets them."""
    names = path.split(".")
    prefixes = (".".join(names[: end + 1]) for end in range(len(names)))
    return {f"{prefix}.0": {"$exists": False} for prefix in prefixes}


def as_float(value: Any) -> float | None:
    """A number of any of BSON's classes; Decimal128 becomes a float by its text alone."""
    return (
        None if value is None else float(value if isinstance(value, (int, float)) else str(value))
    )
