"""The kinds of support session: one file and one line each.

A kind's file ends with its `ENTRY`. The order here is the order everywhere.
"""

from importlib import import_module

from schema.fields import KindType

NAMES = (
    "co_browse",
    "remote_support",
    "knowledge",
    "chat",
    "bot",
)

KINDS: tuple[KindType, ...] = tuple(import_module(f"{__name__}.{name}").ENTRY for name in NAMES)
