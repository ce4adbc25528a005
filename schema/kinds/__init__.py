"""The kinds of support session: one file each, named as in SessionKind.

A kind's file ends with its `ENTRY`. The order of SessionKind is the order everywhere.
"""

from importlib import import_module

from schema.common import SessionKind
from schema.fields import KindType

KINDS: tuple[KindType, ...] = tuple(
    import_module(f"{__name__}.{kind.name.lower()}").ENTRY for kind in SessionKind
)
