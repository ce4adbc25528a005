"""Requests that may be repeated: what was done is not done again, and the answer is the same.

    found = await begin(context, header, asked, lifetime)    an Answer, or None: go ahead
    …                                                        verbs take `context.repeat.step()`
    await finish(context, Answer(200, "application/json", b"…"))

One record a key, which the first request takes before it works (`resolvers.store.idempotency`). A
process may be killed between a write and the record's answer, so every write says itself that it
was made, in the same command:

    a change      the session has the step's mark in APPLIED
    a creation    the same; an id that the gateway makes is noted in the record before
    a deletion    which session it is about to remove is noted in the record before

Whoever repeats the request finds that, and answers with the session as it is.
"""

import asyncio
import hashlib
import logging
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from resolvers.access import Caller
from resolvers.context import Context
from resolvers.errors import (
    AnswerGone,
    BadInput,
    GatewayError,
    KeyInUse,
    KeyReused,
)
from resolvers.kind import Document, Kind
from resolvers.steps import Repeat, Step, reference
from resolvers.store import idempotency as records

WAIT_SECONDS: Final = 2.0
"""How long a repetition waits for the answer to the first request."""
POLL_SECONDS: Final = 0.05
LARGEST_KEPT: Final = 1_048_576
"""Bytes of an answer that is stored."""
PASSING: Final = frozenset(
    {"TIMEOUT", "UNAVAILABLE", "OVERLOADED", "RATE_LIMITED", "INTERNAL", "UNAUTHENTICATED"}
)
"""Codes of answers that are not stored: the same request may have another one later.

Among them are those of what others change all the time (Contended)."""
_QUOTED: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_PLAIN: Final = re.compile(r"[!#-+\--~]+")
LONGEST_KEY: Final = 255

log = logging.getLogger(__name__)


class Answer(NamedTuple):
    """What is sent again."""

    status: int
    type: str
    body: bytes


def checked_key(header: str) -> str:
    """The key that an `Idempotency-Key` has, in quotation marks (RFC 8941) or plain; or BadInput.

    A text in quotation marks is the same key as the text alone.
    """
    text = header.strip()
    quoted = _QUOTED.fullmatch(text)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else text
    if not 0 < len(key) <= LONGEST_KEY or not (quoted or _PLAIN.fullmatch(text)):
        raise BadInput(
            f"Idempotency-Key: one key of 1 to {LONGEST_KEY} visible ASCII characters is expected, "
            'such as a new UUID for each change, "8e03978e-40d5-43dd-bc93-6894a57f9324".',
            argument="Idempotency-Key",
        )
    return key


def next_step(context: Context) -> Step | None:
    """The next write of a request with a key; None without one."""
    return context.repeat.step() if context.repeat else None


def unsettle(context: Context) -> None:
    """Note that the answer says what is left to do: the same request carries on with that."""
    if context.repeat:
        context.repeat.settled = False


def digest(*parts: str | bytes) -> str:
    """Of the parts, and of where each ends."""
    whole = hashlib.blake2b(digest_size=16)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        whole.update(b"%d:" % len(raw) + raw)
    return whole.hexdigest()


async def begin(context: Context, header: str, asked: str, lifetime: int) -> Answer | None:
    """Take the record of a key; or the stored answer, where the request was made before.

    `header` has the key. `asked` is a digest of what the request asks, `lifetime` how many seconds
    the record is stored. BadInput if it is not a key, KeyReused if the key was another request's.
    KeyInUse if that goes on still after a while. AnswerGone if it was done, but its answer is not
    stored, or not for these rights.
    """
    key, caller = checked_key(header), context.caller
    if caller.read_only:
        return None
    store = context.store.of_process()  # what it keeps is kept when the time is over, too
    record_id = digest(caller.id, _sorted(caller.tenants), key)
    lease = _Lease(context, Repeat(store, record_id, secrets.token_hex(8)), asked, lifetime)
    for _ in range(int(WAIT_SECONDS / POLL_SECONDS)):
        found = await lease.attempt()
        if found is not None or context.repeat is not None:
            return found
        await asyncio.sleep(POLL_SECONDS)
    raise KeyInUse(
        "The first request with this Idempotency-Key is not done yet. Repeat it shortly.",
        retry_after=1,
    )


@dataclass(slots=True)
class _Lease:
    """What a request needs to take a record; `context` has it once it is taken."""

    context: Context
    repeat: Repeat
    asked: str
    lifetime: int

    async def attempt(self) -> Answer | None:
        """Take the record, or find the answer; None where it is somebody else's at present."""
        repeat, now = self.repeat, self.context.now()
        until = now + timedelta(seconds=_seconds(self.context) + repeat.store.deadline)
        rights = _rights(self.context.caller)
        row: Document = {
            "_id": repeat.id,
            "asked": self.asked,
            "rights": rights,
            "owner": repeat.owner,
            "leaseUntil": until,
            "expireAt": now + timedelta(seconds=self.lifetime),
            "done": False,
        }
        if await records.add(repeat.store, row):
            self.context.repeat = repeat
            return None
        found = await records.get(repeat.store, repeat.id)
        if found is None or found["expireAt"] <= now:
            await records.remove_expired(repeat.store, repeat.id, now)
            return None
        if found["asked"] != self.asked:
            raise KeyReused(
                "Idempotency-Key: another request was made with this key. Make a new key for each "
                "change, and use it again only for the same request.",
                argument="Idempotency-Key",
            )
        if found["done"]:
            return _stored(found, rights)
        if found["leaseUntil"] <= now:
            await self._take_over(found, until)
        return None

    async def _take_over(self, found: Document, until: datetime) -> None:
        repeat = self.repeat
        taken = await records.take_over(repeat.store, found, repeat.owner, until)
        if taken is not None:
            repeat.resumed, repeat.noted = True, taken.get("noted") or {}
            self.context.repeat = repeat


def _stored(found: Document, rights: str) -> Answer:
    if "body" not in found or found["rights"] != rights:
        raise AnswerGone(
            "The request with this Idempotency-Key was carried out. Its answer is not stored: it "
            "was too large, has been erased, or was made for a credential with other rights. Look "
            "at the sessions."
        )
    return Answer(found["status"], found["type"], bytes(found["body"]))


async def finish(context: Context, answer: Answer | None, codes: Iterable[str]) -> None:
    """Keep the answer, whose errors have these codes; let another try if it has a passing one.

    None: there is no answer. If the database does not take it, the next request of this key carries
    on as if this process had been killed.
    """
    repeat, context.repeat = context.repeat, None
    if repeat is None:
        return
    try:
        if answer is None or not repeat.settled or not PASSING.isdisjoint(codes):
            await records.release(repeat.store, repeat.id, repeat.owner, context.now())
            return
        kept: Document = {"sessions": sorted(repeat.sessions)}
        if len(answer.body) <= LARGEST_KEPT:
            kept |= answer._asdict()
        await records.finish(repeat.store, repeat.id, repeat.owner, kept)
    except GatewayError as error:
        log.warning("The answer to a request with a key was not recorded: %s", error.message)


def _seconds(context: Context) -> float:
    """How long a request may go on."""
    budget = context.store.budget
    return budget.seconds if budget else context.store.deadline


def wide(caller: Caller) -> str:
    """What stands for the sessions of an answer that may show any that the caller sees."""
    return records.WIDE + ("" if caller.tenants is None else _sorted(caller.tenants))


async def forget(context: Context, places: Iterable[tuple[Kind, str]], count_only: bool) -> int:
    """Take away the answers that show one of these sessions, or may show any of the caller's; how
    many there were."""
    about = [wide(context.caller), *(reference(kind, session_id) for kind, session_id in places)]
    ask = records.count if count_only else records.forget
    return await ask(context.store, about)


def _rights(caller: Caller) -> str:
    """What decides about what is shown."""
    identifiers = str(caller.masks_identifiers)
    return digest(*map(_sorted, (caller.scopes, caller.bots, caller.tenants)), identifiers)


def _sorted(names: Iterable[str | None] | None) -> str:
    return "\0" if names is None else ",".join(sorted(map(str, names)))
