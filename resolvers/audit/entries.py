"""What an entry of the audit trail has, its canonical form and its hash.

No entry has a value of a session: names of fields, ids and numbers stand in their place. An id that
may have an e-mail address in it stands as its digest.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import orjson

Entry = dict[str, Any]
"""As it is stored; what says nothing is left out."""

FIRST: Final = "0" * 64
"""What stands for the hash before the first entry of a chain."""
MOST_IDS: Final = 100
"""Session ids of one entry; the others are in further entries."""
LONGEST: Final = 256
"""Characters of an id, or of what a client calls its request; longer ones stand as digests."""
DIGITS: Final = 12
"""Of a place in a chain, as it stands in `_id`: so the ids of a chain are in its order."""
UNCHAINED: Final = ("_id", "hash")
"""What the hash does not cover: it follows from the rest."""


TIMES: Final = ("at", "before")
"""What is a time, in entries and heads."""


class Act(StrEnum):
    """What was done, or was to be done; the entry's outcome says whether it was."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"
    EXPIRED = "EXPIRED"
    """Removed because its time was over, by a request that needed its id."""
    READ = "READ"
    """Personal data was shown."""
    EXPORTED = "EXPORTED"
    """All that is stored about a person was shown."""
    ERASED = "ERASED"
    LINKED = "LINKED"
    UNLINKED = "UNLINKED"
    ADOPTED = "ADOPTED"
    RESTORED = "RESTORED"
    """An adoption was taken back."""
    KEY_ISSUED = "KEY_ISSUED"
    KEY_REVOKED = "KEY_REVOKED"
    STARTED = "STARTED"
    """A process began a chain."""
    STOPPED = "STOPPED"
    """It ended, and was not killed."""
    SEEN = "SEEN"
    """A process names where the chains of others were."""
    PRUNED = "PRUNED"
    """Entries went because their time was over."""


class Outcome(StrEnum):
    """How it ended."""

    BEGUN = "BEGUN"
    """The entry was stored before the write; one with the outcome follows. Without one the
    process was killed: whether the write was done shows in the session's revision."""
    DONE = "DONE"
    NOT_DONE = "NOT_DONE"
    """Others were faster: nothing was written."""
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"
    """The database did not say whether it was done."""


class Mac:
    """Hashes and seals: SHA-256, or HMAC-SHA-256 where the operator has given a key."""

    def __init__(self, key: str | None = None) -> None:
        self._key = None if key is None else key.encode()

    @property
    def keyed(self) -> bool:
        """Whether only who has the key can make hashes."""
        return self._key is not None

    def of(self, fields: Mapping[str, Any]) -> str:
        """The hash of an entry, or of anything else in its canonical form, in hexadecimal."""
        text = canonical(fields)
        if self._key is None:
            return hashlib.sha256(text).hexdigest()
        return hmac.digest(self._key, text, "sha256").hex()


def canonical(fields: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8 without spaces, members in the order of their names, times as ISO 8601 text
    in UTC with milliseconds; Python's `json.dumps` with `sort_keys` gives the same."""
    given = {**fields}
    for name in UNCHAINED:
        given.pop(name, None)
    for name in TIMES:
        if name in given:
            given[name] = print_time(given[name])
    return orjson.dumps(given, option=orjson.OPT_SORT_KEYS)


def print_time(value: datetime) -> str:
    """A time in UTC without an offset as `2026-03-01T09:30:00.000Z`."""
    return f"{value.isoformat(timespec='milliseconds')}Z"


def entry_id(writer: str, seq: int) -> str:
    """The `_id` of an entry: `9f…:000000000007`."""
    return f"{writer}:{seq:0{DIGITS}}"


def shown_id(text: str) -> str:
    """An id as it stands in the trail: itself, or its digest if it may have an address in it.

    So a person who is erased is not in the trail, and a session is found by its id all the same.
    """
    if len(text) <= LONGEST and text.isascii() and "@" not in text and "%40" not in text:
        return text
    return digest(text)


def digest(text: str) -> str:
    """What stands for a text that must not be in the trail."""
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def shown_ids(ids: Sequence[Any]) -> list[str]:
    """The same for many; ids of other types than text stand as texts."""
    try:
        text = "".join(ids)
    except TypeError:  # the ids of a collection that another application writes
        return shown_ids([str(one) for one in ids])
    plain = text.isascii() and "@" not in text and "%40" not in text
    if plain and (len(text) <= LONGEST or max(map(len, ids)) <= LONGEST):
        return list(ids)
    return [shown_id(one) for one in ids]


def in_parts(ids: Sequence[str]) -> Iterable[list[str]]:
    """At most MOST_IDS at once; one empty part where there are none."""
    if len(ids) <= MOST_IDS:
        return (shown_ids(ids),)
    starts = range(0, len(ids), MOST_IDS)
    return [shown_ids(ids[start : start + MOST_IDS]) for start in starts]
