"""The writes of a request with an idempotency key, each of which says itself that it was made.

See `resolvers.repeats`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from resolvers.errors import Unavailable
from resolvers.kind import Document, Kind
from resolvers.store import idempotency as records
from resolvers.store.store import Store

APPLIED: Final = "appliedKeys"
"""Where a session has the marks of the steps that changed it."""
MOST_MARKS: Final = 32
"""A session that has more loses those whose requests are done."""


@dataclass(slots=True)
class Repeat:
    """One request, and the record of its key."""

    store: Store
    """Without the request's time: what was done must be recorded also when that is over."""
    id: str
    owner: str
    resumed: bool = False
    """Whether an earlier request of this key began, and may have written."""
    noted: dict[str, Any] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)
    """Those that the answer is about."""
    settled: bool = True
    """Whether the answer is the last word: only such a one is stored."""
    _steps: int = 0
    _fields: dict[str, int] = field(default_factory=dict)
    """The place of each field of a mutation."""

    def begin(self, name: str) -> None:
        """A field of a mutation begins, which makes one write at most.

        That write is known by the field's place: one before it may have been refused without a
        write, for a reason that is gone when the request is repeated.
        """
        self._steps = self._fields.setdefault(name, len(self._fields))

    def step(self) -> "Step":
        """The next write. A repetition makes the same ones, in the same order."""
        self._steps += 1
        return Step(self, str(self._steps - 1))


@dataclass(frozen=True, slots=True)
class Step:
    """One write of a request with a key."""

    repeat: Repeat
    name: str

    @property
    def mark(self) -> str:
        """What the session has once the step was made."""
        return f"{self.repeat.id}.{self.name}"

    def made(self, document: Document | None) -> bool:
        """Whether the step has changed, or created, this stored session."""
        return document is not None and self.mark in marks_of(document)

    def about(self, kind: Kind, session_id: str) -> None:
        """Note which session the answer is about: it goes when that is erased."""
        self.repeat.sessions.add(reference(kind, session_id))

    @property
    def noted(self) -> Any:
        """What an earlier request noted for this step; None if it did not come so far."""
        return self.repeat.noted.get(self.name)

    async def note(self, places: Iterable[tuple[Kind, str]], value: Any) -> None:
        """Note what is about to be done to these sessions; Unavailable if another request carries
        on with this."""
        one, about = self.repeat, [reference(kind, session_id) for kind, session_id in places]
        if not await records.note(one.store, one.id, one.owner, self.name, value, about):
            raise Unavailable("Another request with the same Idempotency-Key carries on with this.")
        one.noted[self.name] = value

    async def marks(self, before: Document) -> list[str]:
        """The marks of a session that this step changes; of many, those that may be needed."""
        found = marks_of(before)
        if len(found) >= MOST_MARKS:
            ids = {mark.partition(".")[0] for mark in found}
            unfinished = await records.unfinished(self.repeat.store, ids)
            found = [mark for mark in found if mark.partition(".")[0] in unfinished]
        return [*found, self.mark]


def reference(kind: Kind, session_id: str) -> str:
    """How records name a session."""
    return f"{kind.name}:{kind.session_ids.canonical(session_id)}"


def marks_of(document: Document) -> list[str]:
    """The marks that a stored session has."""
    found = document.get(APPLIED)
    return found if isinstance(found, list) else []
