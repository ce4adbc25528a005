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


@dataclass(frozen=True)
class Case:
    """One request and how many rows its answer must have."""

    name: str
    path: str
    body: bytes
    rows: int

    def request(self, port: int) -> bytes:
        """The HTTP/1.1 request, whole."""
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: application/json\r\nAccept: application/json\r\n"
            f"Content-Length: {len(self.body)}\r\n\r\n"
        )
        return head.encode() + self.body

    def fault(self, status: int, body: bytes) -> str | None:
        """What is wrong with an answer, or None."""
        if status != 200:
            return f"status {status}: {body[:200]!r}"
        if b'"errors"' in body:
            return f"answered errors: {body[:300]!r}"
        if (found := body.count(b'"botId"')) != self.rows:
            return f"{found} rows, expected {self.rows}: {body[:200]!r}"
        return None


def graphql(name: str, query: str, rows: int, **variables: Any) -> Case:
    """A case of one operation, whose answer has so many rows."""
    operation = query.split("(", 1)[0].split()[1]
    body = {"query": query, "operationName": operation, "variables": variables}
    return Case(name, "/graphql", json.dumps(body).encode(), rows)


def find_case(name: str) -> Case:
    """The case called `list-20`, `vendor-100`, `one` or `create`; the number is the page's size."""
    kind, _, size = name.partition("-")
    match kind:
        case "list":
            return graphql(name, LIST, int(size), first=int(size))
        case "one":
            return graphql(name, ONE, 1, sessionId=POOL[0]["_id"])
        case "create":
            return graphql(name, CREATE, 1, input=INPUT)
        case "vendor":
            body = {"limit": int(size), "dateFrom": "2026-01-05", "dateTo": "2026-01-12"}
            return Case(name, VENDOR_PATH, json.dumps(body).encode(), int(size))
    raise ValueError(f"no case {name!r}; there are list-N, vendor-N, one, create")
