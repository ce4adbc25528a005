"""Bot sessions: a user conversed with a bot."""

import enum
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import UNSET, Info

from resolvers.errors import Conflict
from resolvers.kind import Document, Index, Timeline
from schema.columns import column, kind_of
from schema.common import Payload, Session
from schema.fields import CREATE, DELETE, GET, LIST, SUMMARY, UPDATE, KindType
from schema.inputs import input_of
from schema.kinds.ids import TEXTS
from schema.payloads import SessionId, act, checked, described, now


@strawberry.enum(description="Whether a person took part in a bot session.")
class BotSessionType(enum.Enum):
    """Stored as its name."""

    INTERACTIVE = strawberry.enum_value("INTERACTIVE", description="The user wrote at least once.")
    NON_INTERACTIVE = strawberry.enum_value("NON_INTERACTIVE", description="The bot spoke alone.")


@strawberry.enum(description="How a bot session ended for the user.")
class ContainmentType(enum.Enum):
    """Stored as its name."""

    DROP_OFF = strawberry.enum_value("DROP_OFF", description="The user left without an outcome.")
    SELF_SERVICE = strawberry.enum_value("SELF_SERVICE", description="The bot was enough.")
    AGENT = strawberry.enum_value("AGENT", description="A human agent took over.")


@strawberry.type(description="A label on a user or on a session.")
class BotTag:
    """The same name may occur with several values."""

    name: str = column("The tag's name.", max_length=200)
    value: str | None = column("The tag's value.", max_length=1000)


@strawberry.type(description="The labels of a bot session.")
class BotTags:
    """Two lists, as the vendor has them."""

    user_tags: list[BotTag] = column("Labels on the user.", max_items=200)
    session_tags: list[BotTag] = column("Labels on this session.", max_items=200)


@strawberry.type(description="A bot session: a user conversed with a bot.")
class BotSession(Session):
    """Columns as of Kore.ai XO's getSessions."""

    bot_id: str = column("The bot.", max_length=128)
    channel: str = column(
        "Where the conversation took place, such as `rtm` or `webchat`.", max_length=100
    )
    user_id: str = column("The user, as the channel knows them.", max_length=256)
    start_time: datetime = column(
        "When the conversation started.", default=lambda context: context.now()
    )
    end_time: datetime | None = column("When it ended; null while it is active.")
    session_lang: list[str] = column(
        "Language codes of the conversation, such as `en`.", max_length=35, max_items=50
    )
    session_type: BotSessionType = column(
        "Whether a person took part.", default=lambda _context: "INTERACTIVE"
    )
    containment_type: ContainmentType | None = column(
        "How it ended for the user; null while it is active."
    )
    is_developer: bool = column(
        "Whether a developer was testing the bot.", default=lambda _context: False
    )
    tags: BotTags = column(
        "The session's labels.", default=lambda _context: {"userTags": [], "sessionTags": []}
    )
    no_of_messages_exchanged: int = column(
        "How many messages were exchanged.", minimum=0, orderable=True, default=lambda _context: 0
    )
    no_of_tasks_executed: int = column(
        "How many of the bot's tasks were carried out.",
        minimum=0,
        orderable=True,
        default=lambda _context: 0,
    )


def derive(document: Document) -> Timeline:
    """It lasts from startTime to endTime."""
    started, ended = document["startTime"], document.get("endTime")
    duration = (ended - started).total_seconds() if ended else None
    return Timeline(started, ended, ended is not None, duration, {"id": document["userId"]})


FILTERS = (
    ("botId",),
    ("botId", "userId"),
    ("botId", "sessionType"),
    ("botId", "containmentType"),
    ("userId",),
    ("sessionType",),
    ("containmentType",),
)
"""What the vendor's page filters by, for one bot and for all; each with a span of time."""

BOT = kind_of(
    BotSession,
    name="bot",
    collection="bot_sessions",
    session_ids=TEXTS,
    derive=derive,
    ended="endTime",
    indexes=tuple(Index((*paths, "startedAt", "_id")) for paths in FILTERS),
)

BotTagInput = input_of(BotTag)
Tags = list[BotTagInput] | None  # type: ignore[valid-type]  # made from BotTag


@strawberry.type
class BotMutations:
    """The verbs of a bot session."""

    @strawberry.mutation(name="closeBotSession", description="Close a bot session.")
    async def close_bot_session(
        self,
        info: Info,
        session_id: SessionId,
        containment_type: Annotated[
            ContainmentType | None, described("How it ended for the user.")
        ] = UNSET,
        end_time: Annotated[datetime | None, described("When it ended; now if not given.")] = UNSET,
    ) -> Payload[BotSession]:
        """A session can be closed once."""

        def change(document: Document) -> None:
            if document.get("endTime") is not None:
                raise Conflict("The session is closed already.", ("sessionId",))
            document["endTime"] = end_time or now(info)
            if containment_type:
                document["containmentType"] = containment_type.value

        return await act(info, BOT, session_id, change)

    @strawberry.mutation(
        name="tagBotSession",
        description="Add labels to a bot session; labels that it already has are not repeated.",
    )
    async def tag_bot_session(
        self,
        info: Info,
        session_id: SessionId,
        user_tags: Annotated[Tags, described("Labels on the user.")] = UNSET,
        session_tags: Annotated[Tags, described("Labels on the session.")] = UNSET,
    ) -> Payload[BotSession]:
        """Labels are only ever added: two calls at once lose none."""

        def change(document: Document) -> None:
            given = {"userTags": user_tags or [], "sessionTags": session_tags or []}
            added = checked(info, BOT, "tags", given, above=("tags",))
            there = document.get("tags") or {}
            document["tags"] = {
                name: _single([*(there.get(name) or []), *added[name]]) for name in added
            }

        return await act(info, BOT, session_id, change)


def _single(tags: list[Document]) -> list[Document]:
    """The labels in their order, each once."""
    return [tag for place, tag in enumerate(tags) if tag not in tags[:place]]


ENTRY = KindType(
    BOT,
    BotSession,
    fields={
        "botSession": GET,
        "botSessions": LIST,
        "botSessionSummary": SUMMARY,
        "createBotSession": CREATE,
        "updateBotSession": UPDATE,
        "deleteBotSession": DELETE,
    },
    mutations=BotMutations,
)
