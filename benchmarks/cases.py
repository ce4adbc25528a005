"""The requests that are measured, each the same bytes for every server that can answer it."""

import json
from dataclasses import dataclass
from typing import Any

from benchmarks.sessions import BOT_ID, POOL

NODE = """
      sessionId botId channel userId startTime endTime sessionLang sessionType containmentType
      isDeveloper tags { userTags { name value } sessionTags { name value } }
      noOfMessagesExchanged noOfTasksExecuted status durationSeconds
"""
LIST = f"""query List($first: Int!) {{
  botSessions(first: $first) {{
    edges {{ cursor node {{{NODE}    }} }}
    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
  }}
}}"""
ONE = f"query One($sessionId: String!) {{ botSession(sessionId: $sessionId) {{{NODE}  }} }}"
# The alias keeps the word "errors" for answers that failed.
CREATE = f"""mutation Create($input: CreateBotSessionInput!) {{
  createBotSession(input: $input) {{ session {{{NODE}    }} problems: errors {{ code message }} }}
}}"""

VENDOR_PATH = f"/api/public/bot/{BOT_ID}/getSessions"
INPUT = {
    "botId": BOT_ID,
    "channel": "rtm",
    "userId": POOL[0]["userId"],
    "startTime": "2026-01-11T18:30:12.345Z",
    "endTime": "2026-01-11T18:30:52.513Z",
    "sessionLang": ["en"],
    "sessionType": "INTERACTIVE",
    "containmentType": "SELF_SERVICE",
    "isDeveloper": False,
    "tags": POOL[0]["tags"],
    "noOfMessagesExchanged": 3,
    "noOfTasksExecuted": 1,
}

IDS = range(1, 1000)
"""The sessions that are asked for one after another, as numbers."""


@dataclass(frozen=True)
class Case:
    """Requests that are sent in turn, and how many rows each answer must have."""

    name: str
    path: str
    bodies: tuple[bytes, ...]
    rows: int

    def requests(self, port: int) -> list[bytes]:
        """The HTTP/1.1 requests, whole."""
        return [self._request(port, body) for body in self.bodies]

    def _request(self, port: int, body: bytes) -> bytes:
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: application/json\r\nAccept: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def fault(self, status: int, body: bytes) -> str | None:
        """What is wrong with an answer, or None."""
        if status != 200:
            return f"status {status}: {body[:200]!r}"
        if b'"errors"' in body:
            return f"answered errors: {body[:300]!r}"
        if (found := body.count(b'"botId"')) != self.rows:
            return f"{found} rows, expected {self.rows}: {body[:200]!r}"
        return None


def graphql(name: str, query: str, rows: int, *variables: Any) -> Case:
    """A case of one operation with each of these variables; its answers have so many rows."""
    operation = query.split("(", 1)[0].split()[1]
    named = {"query": query, "operationName": operation}
    bodies = (json.dumps({**named, "variables": given}).encode() for given in variables)
    return Case(name, "/graphql", tuple(bodies), rows)


def find_case(name: str) -> Case:
    """The case called `list-20`, `vendor-100`, `one`, `other` or `create`; the number is the
    page's size, and `other` asks for a session by another id each time."""
    kind, _, size = name.partition("-")
    match kind:
        case "list":
            return graphql(name, LIST, int(size), {"first": int(size)})
        case "one":
            return graphql(name, ONE, 1, {"sessionId": POOL[0]["_id"]})
        case "other":
            return graphql(name, ONE, 1, *({"sessionId": f"{number:024x}"} for number in IDS))
        case "create":
            return graphql(name, CREATE, 1, {"input": INPUT})
        case "vendor":
            body = {"limit": int(size), "dateFrom": "2026-01-05", "dateTo": "2026-01-12"}
            return Case(name, VENDOR_PATH, (json.dumps(body).encode(),), int(size))
    raise ValueError(f"no case {name!r}; there are list-N, vendor-N, one, other, create")
