"""Requests with idempotency keys: repeated, doubled, late, cut off, and workers killed meanwhile.

    python -m tests.chaos.repeats --count 10000

Afterwards the database must be that of each request carried out once, and each repetition must have
had the bytes of the first answer. It ends after `--minutes`, too, and says how many requests were
made by then; and once nothing was answered for STILL_SECONDS.
"""

import asyncio
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from threading import Event
from typing import Annotated, Any

import httpx
import orjson
import typer
from pymongo import MongoClient

from tests.chaos.clients import Client
from tests.chaos.site import DATABASE, Site
from tests.timing import limit

STILL_SECONDS = 120
PROGRESS_SECONDS = 10.0
SHARED = 4
"""Sessions to which all clients add."""
MOST_ADDED = 40
"""Additions to one until another takes its place: engines that write whole lists get slow."""
REPEATED = {"IDEMPOTENCY_KEY_IN_USE", "UNAVAILABLE", "TIMEOUT", "OVERLOADED", "RATE_LIMITED"}
"""What leads to one more attempt."""

OPEN = """mutation ($note: String) { done: createRemoteSupportSession(input: {note: $note}) {
  session { sessionId revision } errors { code } } }"""
ADD = """mutation ($id: String!, $note: String!) {
  one: appendRemoteSupportMessages(sessionId: $id, messages: [
    {author: "a", text: $note}]) { session { revision chat(last: 1) { totalCount } } }
  done: appendRemoteSupportMessages(sessionId: $id, messages: [
    {author: "b", text: $note}]) { session { revision } errors { code } } }"""
UPDATE = """mutation ($id: String!, $note: String!) {
  done: updateRemoteSupportSession(sessionId: $id, input: {note: $note}) {
    session { note revision } errors { code } } }"""
DELETE = """mutation ($id: String!) { done: deleteRemoteSupportSession(sessionId: $id) {
  deletedId errors { code } } }"""


@dataclass(frozen=True)
class Sent:
    """A request that was answered."""

    key: str
    query: str
    variables: dict[str, str]
    answer: bytes


@dataclass
class Stream:
    """What all clients do together."""

    left: int
    """How many requests are still to be made, repetitions not counted."""
    shared: dict[str, int] = field(default_factory=dict)
    """The sessions to which all clients add, and how often each did."""
    added: Counter[str] = field(default_factory=Counter)
    """Messages that must be stored, by session and text: each by `a` and by `b`."""
    notes: dict[str, str] = field(default_factory=dict)
    """The notes of the sessions that must be stored."""
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    answered_at: float = field(default_factory=time.monotonic)
    """When a request was answered last."""

    @property
    def goes_on(self) -> bool:
        """Whether there is more to do, and nothing is wrong."""
        return self.left > 0 and not self.wrong

    def added_to(self, id_: str) -> None:
        """Count an addition; the last one of a session makes place for another one."""
        self.shared[id_] += 1
        if self.shared[id_] == MOST_ADDED:
            del self.shared[id_]


class Repeating(Client):
    """Makes requests of the stream until none is left."""

    stream: Stream

    async def run(self) -> None:
        """One request after another; some are repeated much later."""
        while self.stream.goes_on:
            self.stream.left -= 1
            try:
                await self._next()
            except Exception as error:  # else the others would wait for this one
                self.stream.wrong.append(f"{self.name}: {error!r}")

    async def _next(self) -> None:
        stream, note = self.stream, uuid.uuid4().hex
        kind, late = self.random.random(), self.random.random() < 0.1
        if len(stream.shared) < SHARED or kind < 0.2:
            sent = await self._opened(note)
        else:
            id_ = self.random.choice(list(stream.shared))
            stream.added_to(id_)
            sent = await self._made(ADD, id=id_, note=note)
            stream.added[f"{id_} {note}"] += 1
        if late:
            await self._repeated(sent)

    async def _opened(self, note: str) -> Sent:
        """A session of its own, with an update and perhaps a deletion."""
        sent = await self._made(OPEN, note=note)
        id_ = _data(sent.answer)["session"]["sessionId"]
        if len(self.stream.shared) < SHARED:
            self.stream.shared[id_] = 0
            self.stream.notes[id_] = note
            return sent
        updated = await self._made(UPDATE, id=id_, note=f"{note} again")
        self.stream.notes[id_] = f"{note} again"
        if self.random.random() < 0.5:
            await self._made(DELETE, id=id_)
            del self.stream.notes[id_]
        await self._repeated(updated)
        return sent

    async def _made(self, query: str, **variables: str) -> Sent:
        """Send it, sometimes twice at once, sometimes without waiting, until it is answered."""
        key, chance = uuid.uuid4().hex, self.random.random()
        if chance < 0.2:
            await self._cut_off(key, query, variables)
        asking = [self._asked(key, query, variables) for _ in range(2 if chance > 0.7 else 1)]
        answers = await asyncio.gather(*asking)
        if len(set(answers)) > 1:
            self.stream.wrong.append(f"two answers: {answers}")
        if _data(answers[0]).get("errors"):
            self.stream.wrong.append(f"{query} {variables}: {answers[0]!r}")
        return Sent(key, query, variables, answers[0])

    async def _repeated(self, sent: Sent) -> None:
        """The same once more: the same bytes, also when its session is gone."""
        answer = await self._asked(sent.key, sent.query, sent.variables)
        self.stream.outcomes["repeated late"] += 1
        if answer != sent.answer:
            self.stream.wrong.append(f"{answer!r} in place of {sent.answer!r}")

    async def _cut_off(self, key: str, query: str, variables: dict[str, str]) -> None:
        try:
            await self._sent(key, query, variables, self.random.uniform(0.001, 0.05))
        except httpx.HTTPError:
            self.stream.outcomes["cut off"] += 1

    async def _asked(self, key: str, query: str, variables: dict[str, str]) -> bytes:
        while True:
            try:
                answer = await self._sent(key, query, variables, 20.0)
            except httpx.HTTPError as error:
                self.stream.outcomes[type(error).__name__] += 1
            else:
                told = answer.json()
                codes = {error["extensions"]["code"] for error in told.get("errors", ())}
                self.stream.outcomes.update(codes or {"ok"})
                self.stream.answered_at = time.monotonic()
                if not codes & REPEATED:
                    return answer.content
            await asyncio.sleep(0.05)

    async def _sent(
        self, key: str, query: str, variables: dict[str, str], seconds: float
    ) -> httpx.Response:
        body, headers = {"query": query, "variables": variables}, {"Idempotency-Key": key}
        return await self.http.post("/graphql", json=body, headers=headers, timeout=seconds)


def _data(answer: bytes) -> dict[str, Any]:
    told = orjson.loads(answer)
    data: dict[str, Any] = {**(told.get("data") or {}).get("done", {})}
    return {**data, "errors": [*data.get("errors", ()), *told.get("errors", ())]}


class RepeatingSite(Site):
    """The same site with such clients.

    No connection breaks here, so the driver repeats no write. The embedded engine remembers each
    write that may be repeated for half an hour, and sorts them all once there are 10,000.
    """

    options = "directConnection=true&retryWrites=false"

    def __init__(self, folder: Path, workers: int, clients: int, seed: int, count: int) -> None:
        super().__init__(folder, workers, clients, seed)
        self.stream = Stream(count)

    def _client(self, number: int, http: httpx.AsyncClient) -> Client:
        client = Repeating(f"client-{number}", http, self.ledger, f"{self.seed} {number}")
        client.stream = self.stream
        return client

    def mistakes(self) -> Iterator[str]:
        """Where the database is not that of each request carried out once."""
        yield from self.stream.wrong
        with MongoClient[dict[str, Any]](self.engine.uri) as client:
            rows = {row["_id"]: row for row in client[DATABASE]["remote_support_sessions"].find()}
        notes = {id_: row.get("note") for id_, row in rows.items()}
        if notes != self.stream.notes:
            odd = set(notes.items()) ^ set(self.stream.notes.items())
            yield f"sessions or notes: {sorted(odd, key=str)[:5]}"
        stored = Counter[tuple[str, str]]()
        for id_, row in rows.items():
            stored.update((f"{id_} {one['text']}", one["author"]) for one in row.get("chat", ()))
        wanted = Counter({(text, by): 1 for text in self.stream.added for by in "ab"})
        for text in list((stored - wanted) + (wanted - stored))[:5]:
            yield f"{text}: {stored[text]} times"


def run(
    folder: Path,
    count: int,
    seed: int,
    workers: int,
    clients: int,
    every: float,
    seconds: float = 3600,
    tell: Callable[[str], object] = lambda _progress: None,
) -> Stream:
    """At most `count` requests within `seconds`, and a worker killed every so many seconds.

    What is wrong is in `wrong`.
    """
    site, killed = RepeatingSite(folder, workers, clients, seed, count), 0
    stream, began = site.stream, time.monotonic()
    with site.running():
        next_kill, next_line = began + every, began + PROGRESS_SECONDS
        while stream.goes_on:
            Event().wait(limit(0.2))
            now = time.monotonic()
            if now > began + seconds:
                break
            if now > stream.answered_at + STILL_SECONDS:
                stream.wrong.append(f"nothing was answered for {STILL_SECONDS} seconds")
            if now > next_line:
                next_line += PROGRESS_SECONDS
                tell(f"{now - began:4.0f} s: {count - stream.left} of {count} requests")
            if now > next_kill and len(site.processes()) > workers:
                site.kill_worker(killed)
                killed, next_kill = killed + 1, now + every
        stream.outcomes["requests"] = count - stream.left
        stream.left = 0
        if not stream.wrong:
            site.finish()
            stream.wrong = list(site.mistakes())
    stream.outcomes["workers killed"] = killed
    return stream


def main(
    count: Annotated[int, typer.Option(min=1, help="How many requests.")] = 10_000,
    seed: Annotated[int | None, typer.Option(help="Chances; a random one if left out.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes of the gateway.")] = 3,
    clients: Annotated[int, typer.Option(min=1, help="Clients that write.")] = 8,
    every: Annotated[float, typer.Option(help="Seconds from one kill to the next.")] = 20.0,
    minutes: Annotated[float, typer.Option(help="How long at most.")] = 60.0,
) -> None:
    """Repeat requests in every way; exit 1 if anything was done twice, or answered otherwise."""
    chosen = SystemRandom().randrange(2**31) if seed is None else seed
    typer.echo(f"--seed {chosen}")
    with tempfile.TemporaryDirectory() as folder:
        stream = run(Path(folder), count, chosen, workers, clients, every, 60 * minutes, typer.echo)
    typer.echo(", ".join(f"{name}: {number}" for name, number in sorted(stream.outcomes.items())))
    typer.echo(f"{len(stream.added)} shared appends, {len(stream.notes)} sessions")
    for line in stream.wrong[:20]:
        typer.echo(line)
    raise typer.Exit(1 if stream.wrong else 0)


if __name__ == "__main__":
    typer.run(main)
