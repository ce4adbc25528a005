"""Clients that write, repeat what was not acknowledged, and know what must be stored."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx

from tests.timing import limit

HANGING = 20.0
"""Seconds after which a request without an answer counts as hung: the gateway's own limit is 10."""
PAUSE = 0.05
ALLOWED = {"UNAVAILABLE", "TIMEOUT", "OVERLOADED", "RATE_LIMITED"}
"""What may be answered in the middle of a fault."""

CREATE = """mutation ($id: String!) {
  done: createChatSession(input: {sessionId: $id}) { errors { code message } } }"""
APPEND = """mutation ($id: String!, $message: String!) {
  done: appendChatMessages(sessionId: $id, messages: [
    {messageId: $message, message: "hello", source: VISITOR}]) { errors { code message } } }"""
UPDATE = """mutation ($id: String!, $note: String!) {
  done: updateChatSession(sessionId: $id, input: {note: $note}) { errors { code message } } }"""
DELETE = """mutation ($id: String!) {
  done: deleteChatSession(sessionId: $id) { errors { code message } } }"""
LIST = "{ chatSessions(first: 5) { nodes { sessionId messageCount } } }"


@dataclass
class Chat:
    """What one chat must have."""

    messages: list[str] = field(default_factory=list)
    note: str | None = None


@dataclass
class Ledger:
    """What was acknowledged, and how requests ended."""

    chats: dict[str, Chat] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    acknowledged: dict[str, float] = field(default_factory=dict)
    """The moment of each client's last acknowledged write, by the monotonic clock."""
    last: dict[str, str] = field(default_factory=dict)
    """How each client's last write ended."""

    during: str = ""
    """The fault that began last."""

    def since(self, moment: float) -> int:
        """How many clients had a write acknowledged since then."""
        return sum(at > moment for at in self.acknowledged.values())

    def blame(self, what: str) -> None:
        """Note what is wrong, with when it was."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self.wrong.append(f"{at}, since {self.during}: {what}")

    def note(self, outcome: str, started: float) -> None:
        """Count how a request ended that started then; one that took too long is wrong."""
        self.outcomes[outcome] += 1
        if time.monotonic() - started > limit(HANGING):
            self.blame(f"hung for {time.monotonic() - started:.1f} s: {outcome}")


class Client:
    """Writes chats of its own, one after another, until it is told to stop."""

    def __init__(self, name: str, http: httpx.AsyncClient, ledger: Ledger, seed: str) -> None:
        self.name, self.http, self.ledger = name, http, ledger
        self.random = Random(seed)
        self.stopping = False
        self._count = 0

    async def run(self) -> None:
        """Whole chats: what was begun when it is told to stop is completed."""
        while not self.stopping:
            await self._chat()

    async def _chat(self) -> None:
        self._count += 1
        id_ = f"{self.name}-{self._count}"
        await self._write(CREATE, "ALREADY_EXISTS", id=id_)
        chat = self.ledger.chats[id_] = Chat()
        for number in range(self.random.randint(1, 5)):
            message = f"{id_}-{number}"
            await self._write(APPEND, "INVALID", id=id_, message=message)
            chat.messages.append(message)
            if self.random.random() < 0.3:
                await self._write(UPDATE, None, id=id_, note=message)
                chat.note = message
            await self._read()
        if self.random.random() < 0.2:
            await self._write(DELETE, "NOT_FOUND", id=id_)
            del self.ledger.chats[id_]

    async def _write(self, mutation: str, repeated: str | None, **variables: str) -> None:
        """Ask until it is acknowledged; a repeated one may also be told that it was done before.

        So may the first one, as the driver repeats a write whose answer was lost: an engine that
        was killed meanwhile no longer knows that it did that one. Ids are this client's alone.
        """
        while True:
            errors = await self._ask(mutation, variables)
            if errors is not None:
                code = errors[0]["code"] if errors else None
                self.ledger.last[self.name] = f"{variables}: {code}"
                if code in (None, repeated):
                    self.ledger.acknowledged[self.name] = time.monotonic()
                    return
                if code not in ALLOWED | {"CONFLICT"}:
                    self.ledger.blame(f"{variables}: {errors}")
                    return
            await asyncio.sleep(PAUSE)

    async def _read(self) -> None:
        await self._ask(LIST, {})

    async def _ask(self, query: str, variables: Mapping[str, str]) -> list[Any] | None:
        """The errors of a payload; None if it is not known whether anything was done."""
        started = time.monotonic()
        try:
            answer = await self.http.post("/graphql", json={"query": query, "variables": variables})
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            self.ledger.note(type(error).__name__, started)
            self.ledger.last[self.name] = f"{variables}: {error!r}"
            return None
        for error in told.get("errors", ()):
            code = error["extensions"]["code"]
            self.ledger.note(code, started)
            self.ledger.last[self.name] = f"{variables}: {error}"
            if code not in ALLOWED:
                self.ledger.blame(f"{variables}: {error}")
            return None
        self.ledger.note("ok", started)
        done = told["data"].get("done")
        errors: list[Any] = done["errors"] if done else []
        return errors
