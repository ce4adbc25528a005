"""A small typed client of the Session Gateway, over httpx.

`python sessions.py list BOT_ID [PAGE_SIZE]` prints a bot's sessions, newest first;
`python sessions.py note SESSION_ID TEXT` writes a technician's notes.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import httpx

SESSIONS = """
query BotSessionsPage($filter: BotSessionFilter, $first: Int!, $after: String) {
  botSessions(
    filter: $filter
    orderBy: [{ field: STARTED_AT, direction: DESC }]
    first: $first
    after: $after
  ) {
    nodes { sessionId startedAt durationSeconds containmentType }
    pageInfo { hasNextPage endCursor }
  }
}
"""
WRITE_NOTES = """
mutation WriteNotes($sessionId: String!, $notes: String!) {
  updateRemoteSupportSession(sessionId: $sessionId, input: { notes: $notes }) {
    session { sessionId notes updatedAt }
    errors { code field message }
  }
}
"""


class QueryError(Exception):
    """The query was refused, or failed in part; `code` is the first error's."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__("\n".join(error["message"] for error in errors))
        self.code: str = errors[0].get("extensions", {}).get("code", "UNKNOWN")


class Refused(Exception):  # noqa: N818  # nothing broke: the gateway says why it changed nothing
    """A change was refused; `errors` says why, field by field."""

    def __init__(self, errors: "list[UserError]") -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = errors


@dataclass(frozen=True)
class UserError:
    """Why a change was refused."""

    code: str
    field: list[str]
    message: str

    def __str__(self) -> str:
        return f"{self.code} {'.'.join(self.field)}: {self.message}"


@dataclass(frozen=True)
class BotSession:
    """A row of the list. `duration_seconds` and `containment_type` are None while it is active."""

    session_id: str
    started_at: datetime
    duration_seconds: float | None
    containment_type: str | None

    @classmethod
    def of(cls, node: dict[str, Any]) -> Self:
        """From a node of the answer."""
        return cls(
            node["sessionId"],
            datetime.fromisoformat(node["startedAt"]),
            node["durationSeconds"],
            node["containmentType"],
        )


@dataclass(frozen=True)
class Notes:
    """A session's notes as they now are."""

    session_id: str
    notes: str | None
    updated_at: datetime


class Gateway:
    """Sends operations with a key; close it, or use it as a context manager."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._http = httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def bot_sessions(self, bot_id: str, page_size: int = 100) -> Iterator[BotSession]:
        """All sessions of a bot, newest first, one page in memory at a time."""
        after, more = None, True
        while more:
            variables = {"filter": {"botId": {"eq": bot_id}}, "first": page_size, "after": after}
            page = self._send(SESSIONS, variables)["botSessions"]
            yield from (BotSession.of(node) for node in page["nodes"] if node)
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    def write_notes(self, session_id: str, notes: str) -> Notes:
        """Write a technician's notes; raises Refused if the gateway says why it may not be."""
        variables = {"sessionId": session_id, "notes": notes}
        payload = self._send(WRITE_NOTES, variables)["updateRemoteSupportSession"]
        if errors := payload["errors"]:
            raise Refused([UserError(e["code"], e["field"] or [], e["message"]) for e in errors])
        session = payload["session"]
        updated = datetime.fromisoformat(session["updatedAt"])
        return Notes(session["sessionId"], session["notes"], updated)

    def _send(self, query: str, variables: dict[str, Any]) -> Any:
        """The answer's data; raises QueryError, and httpx.HTTPError where none arrives."""
        answer = self._http.post(self._url, json={"query": query, "variables": variables}).json()
        if "errors" in answer:
            raise QueryError(answer["errors"])
        return answer["data"]


def main(arguments: list[str]) -> int:
    """Run a command; the exit code."""
    url = os.environ.get("GATEWAY_URL", "http://127.0.0.1:8000/graphql")
    with Gateway(url, os.environ.get("GATEWAY_KEY", "")) as gateway:
        match arguments:
            case ["list", bot_id, *size]:
                for one in gateway.bot_sessions(bot_id, *map(int, size[:1])):
                    started = one.started_at.isoformat(timespec="milliseconds")
                    print(f"{started}  {one.session_id}  {one.containment_type or 'active'}")
            case ["note", session_id, text]:
                written = gateway.write_notes(session_id, text)
                print(f"{written.session_id}: {written.notes}")
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (QueryError, Refused) as error:
        code = f"{error.code}: " if isinstance(error, QueryError) else ""
        sys.exit(f"{code}{error}")
