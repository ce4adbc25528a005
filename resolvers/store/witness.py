"""Who looks on while the store writes: the audit trail, where there is one.

    async with witnessed(store, Act.DELETED, kind, [session_id]) as written:
        result = await store.change(collection.delete_one, …)
        written.done = bool(result.deleted_count)

What is written is known to the witness before; it may refuse. Without one, this costs nothing.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

from resolvers.audit.entries import Act
from resolvers.errors import GatewayError
from resolvers.kind import Document, Kind


@dataclass(slots=True)
class Written:
    """What became of a write."""

    done: bool = True
    details: Mapping[str, Any] | None = None
    """Numbers that are known only afterwards."""
    skipped: frozenset[str] = frozenset()
    """Of many, those that were there already: nothing was written of them."""


@dataclass(frozen=True, slots=True)
class Write:
    """What is about to be written."""

    act: Act
    kind: Kind | None
    ids: Sequence[str] = ()
    """Of sessions; of a credential where keys are issued and revoked."""
    revision: int | None = None
    """That the session has afterwards."""
    operators: Document | None = None
    """Of the update."""
    tenant: str | None = None
    details: Mapping[str, Any] | None = None
    """Numbers, and words of the gateway's own."""


class Witness(Protocol):
    """Of one request."""

    reads: bool
    """Whether reads of personal data are noted as well."""

    def writing(self, write: Write, seconds: float) -> AbstractAsyncContextManager[Written]:
        """Note a write before, and what became of it after; Unavailable if that takes longer."""

    def shown(
        self, act: Act, kind: Kind | None, ids: Sequence[Any], fields: Sequence[str] = ()
    ) -> None:
        """Note that personal data of these sessions is shown; Unavailable if that cannot be."""

    def refused(self, act: Act, kind: Kind | None, ids: Sequence[str], error: GatewayError) -> None:
        """Note that a write was refused, unless its own entry says so already."""


class _Nobody:
    """Looks on where there is no audit trail."""

    async def __aenter__(self) -> Written:
        return NOBODY_CARES

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None


NOBODY_CARES = Written()
NOBODY = _Nobody()


class Witnessed(Protocol):
    """A store, as far as it matters here."""

    @property
    def witness(self) -> Witness | None:
        """None: nobody looks on."""

    @property
    def left(self) -> float:
        """Seconds for an operation that begins now."""


def witnessed(
    store: Witnessed, act: Act, kind: Kind | None, ids: Sequence[str], **more: Any
) -> AbstractAsyncContextManager[Written]:
    """Let the store's witness look on while something is written; `more` as in Write."""
    if store.witness is None:
        return NOBODY
    return store.witness.writing(Write(act, kind, ids, **more), store.left)
