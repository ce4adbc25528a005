"""What one request writes, shows and is refused, as entries of the trail."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import lru_cache
from typing import Any, Final

from resolvers.access import Caller
from resolvers.audit.entries import Act, Entry, Outcome, digest, in_parts, shown_id
from resolvers.audit.trail import Trail
from resolvers.errors import (
    Contended,
    CorruptDocument,
    Forbidden,
    GatewayError,
    ReadOnly,
    UserError,
)
from resolvers.kind import Kind
from resolvers.request_facts import RequestFacts
from resolvers.store.witness import Write, Written
from resolvers.tenants import Tenants

REFUSALS: Final = (UserError, Forbidden, ReadOnly, CorruptDocument, Contended)
"""Errors that say that nothing was written."""
ALWAYS: Final = frozenset({"updatedAt", "revision"})
"""What every update changes."""
LONGEST_NAME: Final = 128
"""Characters of an operation's name."""


class RequestWitness:
    """Notes in the trail what one request does. Other trails than its own are not its business."""

    __slots__ = ("_caller", "_facts", "_said", "_trail", "_who", "_written", "reads")

    def __init__(self, trail: Trail, caller: Caller, facts: RequestFacts) -> None:
        self.reads = trail.reads
        self._trail = trail
        self._caller = caller
        self._facts = facts
        self._who: Entry | None = None
        self._written: set[tuple[str, str]] = set()
        self._said: BaseException | None = None
        """The last failure of a write that has an entry."""

    def writing(self, write: Write, seconds: float) -> AbstractAsyncContextManager[Written]:
        """Note a write before, and what became of it after; Unavailable if that takes longer."""
        return self._writing(write, seconds)

    @asynccontextmanager
    async def _writing(self, write: Write, seconds: float) -> AsyncIterator[Written]:
        written, outcome = Written(), Outcome.UNKNOWN
        begun: list[tuple[str, list[str]]] = []
        code = ""
        try:
            await self._begin(write, seconds, begun)
            yield written
            outcome = Outcome.DONE if written.done else Outcome.NOT_DONE
        except BaseException as error:
            outcome = Outcome.REFUSED if isinstance(error, REFUSALS) else Outcome.UNKNOWN
            code = getattr(error, "code", "") or type(error).__name__
            self._said = error
            raise
        finally:
            for noted, ids in begun:
                self._end(write, noted, ids, outcome, code, written)

    async def _begin(
        self, write: Write, seconds: float, begun: list[tuple[str, list[str]]]
    ) -> None:
        """Store what is about to be written; the last part waits for all of them."""
        known: Entry = {
            "kind": write.kind and write.kind.name,
            "revision": write.revision,
            "fields": _fields(write),
            "tenant": write.tenant,
            **(write.details or {}),
        }
        entries = [
            self._entry(write.act, Outcome.BEGUN, changed=part, **known)
            for part in in_parts(write.ids)
        ]
        *others, last = entries
        begun += [(self._trail.note(entry), entry.get("changed", [])) for entry in others]
        begun.append((await self._trail.secured(last, seconds), last.get("changed", [])))

    def _end(
        self,
        write: Write,
        noted: str,
        ids: list[str],
        outcome: Outcome,
        code: str,
        written: Written,
    ) -> None:
        skipped = [one for one in ids if one in written.skipped] if written.skipped else []
        if skipped and len(skipped) == len(ids):
            outcome = Outcome.NOT_DONE
        entry = {"action": write.act.value, "of": noted, "outcome": outcome.value}
        more = {"code": code, "skipped": skipped, **(written.details or {})}
        self._trail.note(entry | {name: value for name, value in more.items() if value}, must=True)
        if write.kind and outcome is Outcome.DONE:
            self._written.update((write.kind.name, one) for one in ids)

    def shown(
        self, act: Act, kind: Kind | None, ids: Sequence[Any], fields: Sequence[str] = ()
    ) -> None:
        """Note that personal data of these sessions is shown; Unavailable if that cannot be.

        What the same request has written is left out: the entry of the write stands for both.
        """
        name = kind.name if kind else None
        if self._written:
            ids = [one for one in ids if (name, one) not in self._written]
            if not (ids or fields):
                return
        asking, action, outcome = self._asking(), str(act), str(Outcome.DONE)
        for part in in_parts(ids):
            entry = {**asking, "action": action, "outcome": outcome, "kind": name, "shown": part}
            if fields:
                entry["fields"] = list(fields)
            self._trail.note(entry)

    def refused(self, act: Act, kind: Kind | None, ids: Sequence[str], error: GatewayError) -> None:
        """Note that a write was refused, unless its own entry says so already."""
        if error is self._said:
            return
        # What no session of the kind could be called may be anything: a name, for example.
        known = [one if kind and kind.session_ids.fits(one) else digest(one) for one in ids]
        for part in in_parts(known):
            more = {"kind": kind.name if kind else None, "changed": part, "code": error.code}
            # Of a request that has written, nothing may fail any more.
            self._trail.note(self._entry(act, Outcome.REFUSED, **more), must=bool(self._written))

    def _entry(self, act: Act, outcome: Outcome, **more: Any) -> Entry:
        """An entry with who asks; what says nothing is left out."""
        said = {name: value for name, value in more.items() if value not in (None, [], "")}
        return {**self._asking(), "action": act.value, "outcome": outcome.value, **said}

    def _asking(self) -> Mapping[str, Any]:
        """Who asks, and in what request; worked out once."""
        if self._who is None:
            facts, caller = self._facts, self._caller
            self._who = {
                **_credential(caller.id, caller.name, caller.tenants),
                "api": facts.api,
                "request": shown_id(facts.id),
            }
            if facts.operation:
                self._who["operation"] = facts.operation[:LONGEST_NAME]
        return self._who


@lru_cache(1000)
def _credential(id_: str, name: str, tenants: Tenants) -> Mapping[str, Any]:
    """What entries say of a credential."""
    limit = None if tenants is None else sorted(tenants)
    who = {"credential": shown_id(id_), "name": name, "tenants": limit}
    return {said: value for said, value in who.items() if value or value == []}


def _fields(write: Write) -> list[str]:
    """The names of the columns that an update changes; hidden ones are left out."""
    if not write.operators or not write.kind:
        return []
    paths = {path.partition(".")[0] for part in write.operators.values() for path in part}
    return [
        column.name
        for column in write.kind.columns
        if column.path in paths - ALWAYS and not column.hidden
    ]
