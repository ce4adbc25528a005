"""Exports straight from a vendor's service, piece by piece: a week, a day, or a number of ids.

A piece is one file in a folder. It gets its name when it is complete, so that a download which was
ended early goes on with the next piece.
"""

import hashlib
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit

import httpx
import jwt

from app import private_writing
from app.commands.imports.answers import Answer, answer_of
from app.commands.imports.client import Asker, NotFoundError, RefusedError, UnansweredError
from app.commands.imports.files import File
from app.commands.imports.ledger import Ledger
from app.commands.imports.rows import MOST_SHOWN
from app.rest.exports import Options
from app.rest.remote_support.layout import WORDS
from resolvers.moments import MILLISECOND

WEEK = timedelta(days=7)
DAY = timedelta(days=1)
SHORTEST = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
IDS_AT_ONCE = 500
ROWS_AT_ONCE = 1000
"""Sessions of a page; a service may send fewer."""
READINGS = 3
"""How often a week is read whose pages do not fit each other."""
FAILURES = 3
"""Pieces in a row that fail before the service is given up."""
TOKEN_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where the service is, who asks, and for what."""

    url: str
    secret: str = ""
    client_id: str = ""
    bot: str = ""
    since: datetime | None = None
    until: datetime | None = None
    ids: Sequence[str] = ()


@dataclass(slots=True)
class Fetched:
    """What came of a download."""

    files: list[File] = field(default_factory=list)
    complete: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)
    """Pieces, and why they are not complete."""

    @property
    def report(self) -> str:
        """What is complete."""
        if not self.complete:
            return ""
        several = f"{self.complete[0]} … {self.complete[-1]}"
        which = self.complete[0] if len(self.complete) == 1 else several
        return f"Complete from the service ({len(self.complete):,}): {which}."

    @property
    def missing(self) -> str:
        """What is missing, and why."""
        if not self.incomplete:
            return ""
        shown = self.incomplete[:MOST_SHOWN]
        more = [f"and {len(self.incomplete) - MOST_SHOWN:,} more"] * (
            len(self.incomplete) > MOST_SHOWN
        )
        return "\n".join(
            ["Not complete, so ask for these again:", *(f"  {one}." for one in (*shown, *more))]
        )


class PartialError(Exception):
    """The answers to a piece are not complete; the text says why."""


Answers = AsyncIterator[IO[bytes]]
"""Files, each of which is closed once it was copied."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of what is asked for."""

    name: str
    """Of its file."""
    label: str
    read: Callable[[Asker], Answers]
    """The answers, one by one; PartialError behind the last one if some are missing."""
    options: Options
    readings: int = 1
    """How often it is read as long as it is not complete."""


async def fetch(
    pieces: Sequence[Piece], asker: Asker, folder: Path, advance: Callable[[int], object]
) -> Fetched:
    """Download all pieces that the folder does not have; RefusedError if the service says no."""
    found, failures = Fetched(), 0
    for piece in pieces:
        path, partial = folder / f"{piece.name}.txt", folder / f"{piece.name}.part"
        try:
            if not path.exists():
                await _write(piece, asker, partial)
                partial.replace(path)
            failures = 0
        except (PartialError, UnansweredError) as error:
            found.incomplete.append(f"{piece.label}: {error}")
            failures += isinstance(error, UnansweredError)
            path = partial
        else:
            found.complete.append(piece.label)
        if path.exists() and path.stat().st_size:
            found.files.append(File(path, piece.label, piece.options))
        advance(1)
        if failures == FAILURES:
            found.incomplete.append("what follows was not asked for: the service does not answer")
            break
    return found


async def _write(piece: Piece, asker: Asker, path: Path) -> None:
    """Write the answers to a piece, as they come, so that memory does not grow with them."""
    for reading in range(1, piece.readings + 1):
        with private_writing.opened(path) as file:
            try:
                async for answer in piece.read(asker):
                    with answer:
                        shutil.copyfileobj(answer, file)
                    file.write(b"\n")
            except PartialError:
                if reading == piece.readings:
                    raise
            else:
                return


def windows(account: Account, length: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """The spans of at most `length` from `since` up to `until`, which is not in the last one."""
    assert account.since is not None
    assert account.until is not None
    start = account.since
    while start < account.until:
        end = min(start + length, account.until)
        yield start, end
        start = end


def kore(account: Account, client: httpx.AsyncClient, options: Options) -> list[Piece]:
    """Weeks of getSessions."""
    bot = quote(account.bot, safe="")
    url = f"{account.url}/api/public/bot/{bot}/getSessions"

    def piece(start: datetime, end: datetime) -> Piece:
        last = end - MILLISECOND
        span = {"dateFrom": _instant(start), "dateTo": _instant(last)}

        def request(skip: int) -> Callable[[], httpx.Request]:
            body = {**span, "skip": skip, "limit": ROWS_AT_ONCE}
            return lambda: client.build_request(
                "POST", url, json=body, headers={"auth": _token(account)}
            )

        name = f"kore-{account.bot}-{start:%Y%m%dT%H%M%S}-{end:%Y%m%dT%H%M%S}"
        label = f"{_instant(start)} to {_instant(last)}"
        return Piece(_safe(name), label, lambda asker: _week(asker, request), options, READINGS)

    return [piece(*span) for span in windows(account, WEEK)]


async def _week(asker: Asker, request: Callable[[int], Callable[[], httpx.Request]]) -> Answers:
    """All pages of a week; PartialError as soon as they do not fit each other."""
    with Ledger() as known:
        skip, more = 0, True
        while more:
            before = known.size
            body, page = await asker.ask(request(skip), partial(_page, known))
            yield body
            skip += page.rows or 0
            more = page.members.get("moreAvailable") is True
            if more and known.size == before:
                raise PartialError("it says that there are more sessions, and sends none")
        total = page.members.get("total")
        if isinstance(total, int) and known.size < total:
            raise PartialError(
                f"it says that there are {total:,} sessions, and sends {known.size:,}"
            )


def _page(known: Ledger, body: IO[bytes]) -> Answer:
    """A page of getSessions; PartialError if a session is not as it was in another one."""

    def row(given: Any) -> None:
        if not isinstance(given, dict):
            raise ValueError("not a session")  # noqa: TRY004  of the text, not of the argument
        _, same = known.enter(str(given.get("sessionId")), str(given), (0, 0))
        if not same:
            raise PartialError("a session changed while it was read")

    answer = answer_of(body, "sessions", row)
    if answer.rows is None:
        raise ValueError("no sessions")
    return answer


def _object(body: IO[bytes]) -> dict[str, Any]:
    """The members of an answer but for the rows of n-able."""
    return answer_of(body, "requests", lambda _row: None).members


def _token(account: Account) -> str:
    now = int(datetime.now(UTC).timestamp())
    claims = {"appId": account.client_id, "iat": now, "exp": now + TOKEN_SECONDS}
    return jwt.encode(claims, account.secret, algorithm="HS256")


def n_able(account: Account, client: httpx.AsyncClient, options: Options) -> list[Piece]:
    """Days, once for each answer to the question that no row answers: was it answered?"""
    own_path = urlsplit(account.url).path
    url = account.url if own_path else f"{account.url}/get_session_history.php"
    asked = (True, False) if options.answered is None else (options.answered,)

    def piece(start: datetime, end: datetime, answered: bool) -> Piece:
        word = "ANSWERED" if answered else "NOT_ANSWERED"
        form = {
            "KEY": account.secret,
            "VARS": " ".join(WORDS),
            "OUTPUT_FORMAT": "JSON",
            "FILTER_PROCESSED": word,
            "FILTER_START_METHOD": options.start_method or "ALL",
        }
        name = f"n-able-{start:%Y%m%dT%H%M%S}-{end:%Y%m%dT%H%M%S}-{word}-{options.start_method}"
        label = f"{start} to {end}, {word}"
        return Piece(
            name,
            label,
            lambda asker: _day(asker, client, url, form, start, end),
            replace(options, answered=answered),
        )

    return [piece(*span, answered) for span in windows(account, DAY) for answered in asked]


async def _day(
    asker: Asker,
    client: httpx.AsyncClient,
    url: str,
    form: dict[str, str],
    start: datetime,
    end: datetime,
) -> Answers:
    """The answer of a span, or those of its halves where it has too many sessions."""
    bounds = {
        "FILTER_DATE_START_INI": f"{start - SECOND:%Y-%m-%d %H:%M:%S}",
        "FILTER_DATE_START_END": f"{end:%Y-%m-%d %H:%M:%S}",
    }
    body, answer = await asker.ask(
        lambda: client.build_request("POST", url, data=form | bounds), _object
    )
    refusal = answer.get("error_msg")
    if refusal is None:
        yield body
        return
    body.close()
    if str(refusal).startswith("Invalid") or end - start <= SHORTEST:
        raise RefusedError(f"The service answers: {refusal}")
    middle = (start + (end - start) / 2).replace(microsecond=0)
    for span in ((start, middle), (middle, end)):
        async for part in _day(asker, client, url, form, *span):
            yield part


def by_id(
    path: str, headers: Callable[[Account], dict[str, str]]
) -> Callable[[Account, httpx.AsyncClient, Options], list[Piece]]:
    """For a service without lists: one request for each id."""

    def pieces(account: Account, client: httpx.AsyncClient, options: Options) -> list[Piece]:
        def piece(first: int) -> Piece:
            ids = account.ids[first : first + IDS_AT_ONCE]
            name = f"ids-{first}-{hashlib.sha256(' '.join(ids).encode()).hexdigest()[:16]}"
            label = f"ids {first + 1:,} to {first + len(ids):,}"
            return Piece(name, label, lambda asker: _each(asker, ids), options)

        async def _each(asker: Asker, ids: Sequence[str]) -> Answers:
            unknown: list[str] = []
            for session_id in ids:
                url = f"{account.url}{path}/{quote(session_id, safe='')}"
                try:
                    body, _ = await asker.ask(
                        lambda url=url: client.build_request("GET", url, headers=headers(account)),  # type: ignore[misc]  # of the default
                        _object,
                    )
                    yield body
                except NotFoundError:
                    unknown.append(session_id)
            if unknown:
                shown = ", ".join(unknown[:10])
                raise PartialError(f"{len(unknown):,} are unknown to the service: {shown}")

        return [piece(first) for first in range(0, len(account.ids), IDS_AT_ONCE)]

    return pieces


def _pair(account: Account) -> dict[str, str]:
    return {"apiKey": account.client_id, "token": account.secret}


def _bearer(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.secret}"} if account.secret else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How a vendor's service is asked."""

    pieces: Callable[[Account, httpx.AsyncClient, Options], list[Piece]]
    needs: tuple[str, ...]
    """Options of the command that must be given."""
    takes: tuple[str, ...] = ()
    """And those that may."""
    rates: str = ""


SERVICES = {
    "kore": Service(
        pieces=kore,
        needs=("bot", "client_id", "secret_file", "since"),
        takes=("until",),
        rates="60/minute;1800/hour",
    ),
    "n-able": Service(
        pieces=n_able, needs=("secret_file", "since"), takes=("until",), rates="60/minute"
    ),
    "agendize": Service(
        pieces=by_id("/api/2.0/chat/console/history", _pair),
        needs=("client_id", "secret_file", "ids"),
        rates="60/minute",
    ),
    "genesys-co-browse": Service(
        pieces=by_id("/cobrowse/rest/history/sessions", _bearer),
        needs=("ids",),
        takes=("secret_file",),
        rates="10/second",
    ),
    "genesys-knowledge": Service(
        pieces=by_id("/gks-server/v1/sessions", _bearer),
        needs=("ids",),
        takes=("secret_file",),
        rates="10/second",
    ),
}


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds") + "Z"


def _safe(name: str) -> str:
    """A name for a file, whatever an id has in it."""
    return "".join(one if one.isalnum() or one in "-_" else "_" for one in name)
