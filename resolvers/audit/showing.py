"""Documents as the caller may see them; that personal data was shown is noted.

    show(context, kind, read.columns, page.documents)

Whoever shows documents of sessions calls this, or `masks.mask` and `noted`.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from resolvers.audit.entries import Act
from resolvers.context import Context
from resolvers.kind import Document, Kind, walk
from resolvers.lists import ListPart
from resolvers.masks import mask
from resolvers.request import Columns, Paths


def show(
    context: Context,
    kind: Kind,
    columns: Columns,
    documents: Sequence[Document],
    act: Act = Act.READ,
) -> None:
    """Mask what the caller may not see, in place, and note what it sees.

    `columns` are the stored paths that the caller asked for; None for whole documents.
    """
    mask(context.caller, kind.columns, documents)
    noted(context, kind, columns, documents, act)


def noted(
    context: Context,
    kind: Kind,
    columns: Columns,
    documents: Sequence[Document],
    act: Act = Act.READ,
) -> None:
    """Note that the caller sees these documents, if something personal in them is shown.

    Unavailable if the audit trail has no room: then they must not be shown.
    """
    witness = context.store.witness
    if witness is None or not (witness.reads and documents and context.caller.sees_personal):
        return
    if columns is None or has_personal(kind, columns):
        witness.shown(act, kind, [document["_id"] for document in documents])


@lru_cache(2000)
def has_personal(kind: Kind, columns: Paths) -> bool:
    """Whether some of these stored paths have something personal at, above or below them.

    Identifiers count: one that has an e-mail address in it is as personal as a name.
    """
    personal = _personal_paths(kind)
    paths = {path.column.path if isinstance(path, ListPart) else path for path in columns}
    return any(_meets(path, one) for path in paths for one in personal)


def _meets(path: str, other: str) -> bool:
    return path == other or path.startswith(f"{other}.") or other.startswith(f"{path}.")


@lru_cache(100)
def _personal_paths(kind: Kind) -> Iterable[str]:
    return tuple(
        path for path, column in walk(kind.columns) if column.personal or column.identifier
    )
