"""The floor: a bare ASGI function, one find, one comprehension, orjson. No GraphQL at all.

It answers the benchmark's requests with the bodies that the gateway must answer, and knows nothing
else: no schema, no validation, no errors. What the gateway costs above this is its own price.

    python -m benchmarks.floor --port 8001 --engine mongodb://127.0.0.1:27018
"""

import argparse
import os
from binascii import b2a_base64
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any

import orjson
import uvicorn
from pymongo import AsyncMongoClient, WriteConcern
from pymongo.asynchronous.collection import AsyncCollection

from benchmarks.sessions import BOT_ID, COLLECTION, PROJECTION, Document

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

NEWEST_FIRST = [("startedAt", -1), ("_id", -1)]
SESSION_TYPES = {"INTERACTIVE": "interactive", "NON_INTERACTIVE": "non-interactive"}
CONTAINMENT = {"DROP_OFF": "dropOff", "SELF_SERVICE": "selfService", "AGENT": "agent"}
STATUS = {"CLOSED": "closed", "ACTIVE": "active"}


def moment(value: datetime | None) -> str | None:
    """UTC with milliseconds and Z, as both the GraphQL scalar and the vendor print it."""
    return value.isoformat(timespec="milliseconds") + "Z" if value else None


def cursor(row: Document) -> str:
    """The keyset of a row: its place in the default ordering."""
    place = orjson.dumps((row["startedAt"], row["_id"]))
    return b2a_base64(place, newline=False).decode("ascii")


def render_node(row: Document) -> Document:
    """The selection of fifteen fields over one stored document."""
    return {
        "sessionId": row["_id"],
        "botId": row["botId"],
        "channel": row["channel"],
        "userId": row["userId"],
        "startTime": moment(row["startTime"]),
        "endTime": moment(row["endTime"]),
        "sessionLang": row["sessionLang"],
        "sessionType": row["sessionType"],
        "containmentType": row["containmentType"],
        "isDeveloper": row["isDeveloper"],
        "tags": row["tags"],
        "noOfMessagesExchanged": row["noOfMessagesExchanged"],
        "noOfTasksExecuted": row["noOfTasksExecuted"],
        "status": row["status"],
        "durationSeconds": row["durationSeconds"],
    }


def render_page(rows: list[Document], first: int) -> Document:
    """The connection, in the shape of the benchmark's query.

    The node is written out again rather than called: a hundred calls are not a floor.
    """
    more = len(rows) > first
    edges = [
        {
            "cursor": cursor(row),
            "node": {
                "sessionId": row["_id"],
                "botId": row["botId"],
                "channel": row["channel"],
                "userId": row["userId"],
                "startTime": moment(row["startTime"]),
                "endTime": moment(row["endTime"]),
                "sessionLang": row["sessionLang"],
                "sessionType": row["sessionType"],
                "containmentType": row["containmentType"],
                "isDeveloper": row["isDeveloper"],
                "tags": row["tags"],
                "noOfMessagesExchanged": row["noOfMessagesExchanged"],
                "noOfTasksExecuted": row["noOfTasksExecuted"],
                "status": row["status"],
                "durationSeconds": row["durationSeconds"],
            },
        }
        for row in rows[:first]
    ]
    info = {
        "hasNextPage": more,
        "hasPreviousPage": False,
        "startCursor": edges[0]["cursor"] if edges else None,
        "endCursor": edges[-1]["cursor"] if edges else None,
    }
    return {"data": {"botSessions": {"edges": edges, "pageInfo": info}}}


def render_vendor(rows: list[Document], total: int, more: bool) -> Document:
    """The vendor's getSessions body."""
    sessions = [
        {
            "sessionId": row["_id"],
            "botId": row["botId"],
            "channel": row["channel"],
            "userId": row["userId"],
            "start_time": moment(row["startTime"]),
            "end_time": moment(row["endTime"]),
            "session_lang": row["sessionLang"],
            "sessionType": SESSION_TYPES[row["sessionType"]],
            "containmentType": CONTAINMENT[row["containmentType"]],
            "isDeveloper": row["isDeveloper"],
            "sessionStatus": STATUS[row["status"]],
            "tags": {
                "userTags": [
                    {"value": tag["value"], "name": tag["name"]} for tag in row["tags"]["userTags"]
                ],
                "sessionTags": [
                    {"value": tag["value"], "name": tag["name"]}
                    for tag in row["tags"]["sessionTags"]
                ],
            },
            "noOfMessagesExchanged": row["noOfMessagesExchanged"],
            "noOfTasksExecuted": row["noOfTasksExecuted"],
        }
        for row in rows
    ]
    return {"total": total, "moreAvailable": more, "sessions": sessions}


class Floor:
    """The ASGI function and the collection it reads."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._answers = {"List": self._list, "One": self._one, "Create": self._create}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request by its path, or the two words of the server's lifespan."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"] == "/graphql":
            request = orjson.loads(await _body(receive))
            await _send(send, await self._answers[request["operationName"]](request["variables"]))
        elif scope["path"].startswith("/api/public/bot/"):
            await _send(send, await self._vendor(orjson.loads(await _body(receive))))
        else:
            await _send(send, {"status": "ok"})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        client: AsyncMongoClient[Document] = AsyncMongoClient(self._engine)
        self._sessions: AsyncCollection[Document] = client["sessions"].get_collection(
            COLLECTION, write_concern=WriteConcern(w="majority", j=True)
        )
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await client.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _list(self, variables: Document) -> Document:
        first = variables["first"]
        found = self._sessions.find({}, PROJECTION, sort=NEWEST_FIRST, limit=first + 1)
        return render_page(await found.to_list(), first)

    async def _one(self, variables: Document) -> Document:
        row = await self._sessions.find_one({"_id": variables["sessionId"]}, PROJECTION)
        return {"data": {"botSession": render_node(row) if row else None}}

    async def _create(self, variables: Document) -> Document:
        row = stored(variables["input"])
        await self._sessions.insert_one(row)
        return {"data": {"createBotSession": {"session": render_node(row), "problems": []}}}

    async def _vendor(self, request: Document) -> Document:
        """One row more than asked tells whether to count: the last page knows its total."""
        limit = request["limit"]
        start = {
            "$gte": datetime.fromisoformat(request["dateFrom"]),
            "$lte": datetime.fromisoformat(request["dateTo"]),
        }
        wanted = {"botId": BOT_ID, "startedAt": start}
        found = self._sessions.find(wanted, PROJECTION, sort=NEWEST_FIRST, limit=limit + 1)
        rows = await found.to_list()
        more = len(rows) > limit
        total = await self._sessions.count_documents(wanted) if more else len(rows)
        return render_vendor(rows[:limit], total, more)


def stored(given: Document) -> Document:
    """The document that a creation stores, with everything that filters and orderings need."""
    start, end = (
        datetime.fromisoformat(given[name]).replace(tzinfo=None)
        for name in ("startTime", "endTime")
    )
    now = datetime.now(UTC).replace(tzinfo=None)
    return {
        **given,
        "_id": os.urandom(12).hex(),
        "startTime": start,
        "endTime": end,
        "startedAt": start,
        "endedAt": end,
        "durationSeconds": (end - start).total_seconds(),
        "status": "CLOSED",
        "customer": {"id": given["userId"], "name": None, "email": None},
        "createdAt": now,
        "updatedAt": now,
        "revision": 1,
    }


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    return body


async def _send(send: Send, answer: Document) -> None:
    body = orjson.dumps(answer)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def serve(app: Any, port: int) -> None:
    """The web server that every Python row of the table runs on."""
    uvicorn.run(
        app, port=port, loop="uvloop", http="httptools", log_level="warning", access_log=False
    )


def main() -> None:
    """Serve the floor."""
    parser = argparse.ArgumentParser(description="The bare ASGI function that sets the floor.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--engine", required=True, help="MongoDB connection string")
    options = parser.parse_args()
    serve(Floor(options.engine), options.port)


if __name__ == "__main__":
    main()
