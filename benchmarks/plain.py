"""Plain Strawberry and FastAPI, as its documentation shows it: types, a resolver, GraphQLRouter.

The same engine, query and projection as every other row. Documents become instances of Strawberry
types, and graphql-core completes them field by field.

    python -m benchmarks.plain --port 8002 --engine mongodb://127.0.0.1:27018
"""

import argparse
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from enum import Enum

import strawberry
from fastapi import FastAPI
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from strawberry.fastapi import GraphQLRouter
from strawberry.schema.config import StrawberryConfig

from benchmarks.floor import NEWEST_FIRST, moment, serve
from benchmarks.sessions import COLLECTION, PROJECTION, Document

Timestamp = strawberry.scalar(name="DateTime", serialize=moment)


@strawberry.enum
class SessionType(Enum):
    INTERACTIVE = "INTERACTIVE"
    NON_INTERACTIVE = "NON_INTERACTIVE"


@strawberry.enum
class ContainmentType(Enum):
    DROP_OFF = "DROP_OFF"
    SELF_SERVICE = "SELF_SERVICE"
    AGENT = "AGENT"


@strawberry.enum
class SessionStatus(Enum):
    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"


@strawberry.type
class Tag:
    name: str
    value: str | None


@strawberry.type
class Tags:
    user_tags: list[Tag]
    session_tags: list[Tag]


@strawberry.type
class BotSession:
    session_id: str
    bot_id: str
    channel: str
    user_id: str
    start_time: datetime
    end_time: datetime | None
    session_lang: list[str]
    session_type: SessionType
    containment_type: ContainmentType | None
    is_developer: bool
    tags: Tags
    no_of_messages_exchanged: int
    no_of_tasks_executed: int
    status: SessionStatus
    duration_seconds: float | None


@strawberry.type
class Edge:
    cursor: str
    node: BotSession


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Connection:
    edges: list[Edge]
    page_info: PageInfo


def read_session(row: Document) -> BotSession:
    """A stored document as an instance of the type."""
    contained = row["containmentType"]
    return BotSession(
        session_id=row["_id"],
        bot_id=row["botId"],
        channel=row["channel"],
        user_id=row["userId"],
        start_time=row["startTime"],
        end_time=row["endTime"],
        session_lang=row["sessionLang"],
        session_type=SessionType(row["sessionType"]),
        containment_type=ContainmentType(contained) if contained else None,
        is_developer=row["isDeveloper"],
        tags=Tags(
            user_tags=[Tag(**tag) for tag in row["tags"]["userTags"]],
            session_tags=[Tag(**tag) for tag in row["tags"]["sessionTags"]],
        ),
        no_of_messages_exchanged=row["noOfMessagesExchanged"],
        no_of_tasks_executed=row["noOfTasksExecuted"],
        status=SessionStatus(row["status"]),
        duration_seconds=row["durationSeconds"],
    )


def cursor(row: Document) -> str:
    """The row's place in the default ordering."""
    return b64encode(f"{row['startedAt'].isoformat()} {row['_id']}".encode()).decode()


@strawberry.type
class Query:
    @strawberry.field
    async def bot_sessions(self, info: strawberry.Info, first: int) -> Connection:
        """The newest sessions."""
        sessions: AsyncCollection[Document] = info.context["sessions"]
        found = sessions.find({}, PROJECTION, sort=NEWEST_FIRST, limit=first + 1)
        rows = await found.to_list()
        edges = [Edge(cursor=cursor(row), node=read_session(row)) for row in rows[:first]]
        return Connection(
            edges=edges,
            page_info=PageInfo(
                has_next_page=len(rows) > first,
                has_previous_page=False,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
        )


def create_app(engine: str) -> FastAPI:
    """The application over the engine at this connection string."""
    context: Document = {}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncMongoClient[Document](engine) as client:
            context["sessions"] = client["sessions"][COLLECTION]
            yield

    async def get_context() -> Document:
        return context

    schema = strawberry.Schema(
        query=Query, config=StrawberryConfig(scalar_map={datetime: Timestamp})
    )
    app = FastAPI(lifespan=lifespan)
    app.include_router(GraphQLRouter(schema, context_getter=get_context), prefix="/graphql")
    return app


def main() -> None:
    """Serve it."""
    parser = argparse.ArgumentParser(description="Plain Strawberry and FastAPI.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--engine", required=True, help="MongoDB connection string")
    options = parser.parse_args()
    serve(create_app(options.engine), options.port)


if __name__ == "__main__":
    main()
