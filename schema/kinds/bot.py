"""Bot sessions: a user conversed with a bot."""

import enum
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import UNSET, Info

from resolvers.errors import Invalid
from resolvers.json_text import type_name
from resolvers.kind import Document, Index, RowTimes, Searched
from resolvers.masks import require_overwriting
from schema.columns import column, kind_of
from schema.common import Payload, Session
from schema.fields import (
    CREATE,
    DELETE,
    GET,
    LIST,
    STATISTICS,
    SUMMARY,
    UPDATE,
    KindType,
)
from schema.inputs import input_of
from schema.kinds.ids import TEXTS
from schema.many import CREATE_MANY, DELETE_MANY
from schema.payloads import (
    EndedAt,
    GlobalId,
    IfRevision,
    SessionId,
    SessionRef,
    act,
    checked,
    context,
    described,
    end,
)


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


@strawberry.enum(description="What the value of a tag is, if it is not a text.")
class BotTagValueType(enum.Enum):
    """Stored as its name."""

    NUMBER = strawberry.enum_value("NUMBER", description="A number, such as `5`.")
    BOOLEAN = strawberry.enum_value("BOOLEAN", description="`true` or `false`.")
    OBJECT = strawberry.enum_value("OBJECT", description='An object, such as `{"a":1}`.')
    LIST = strawberry.enum_value("LIST", description="A list, such as `[1,2]`.")


@strawberry.type(description="A label on a user or on a session.")
class BotTag:
    """The same name may occur with several values."""

    name: str = column("The tag's name.", max_length=200)
    value: str | None = column(
        "The tag's value. One that is not a text is here as JSON; `valueType` says so.",
        max_length=10_000,
        personal=True,
        searched=Searched(),
    )
    value_type: BotTagValueType | None = column(
        "What `value` is the JSON of: a bot may tag with numbers and objects, too. Null if the "
        "value is the text itself, or if there is none.",
        personal=True,
    )


@strawberry.type(description="The labels of a bot session.")
class BotTags:
    """Three lists, as the vendor has them."""

    user_tags: list[BotTag] = column("Labels on the user.", max_items=200)
    session_tags: list[BotTag] = column("Labels on this session.", max_items=200)
    alt_text: list[BotTag] = column(
        "Texts that stand for what the user chose, such as the label of a button.",
        max_items=200,
    )


@strawberry.type(description="A bot session: a user conversed with a bot.")
class BotSession(Session):
    """Columns as of Kore.ai XO's getSessions."""

    bot_id: str = column("The bot.", max_length=128, impersonal=True)
    call_id: str | None = column(
        "The external call that the conversation was, as the telephone system knows it.",
        max_length=256,
        identifier=True,
    )
    channel: str = column(
        "Where the conversation took place, such as `rtm` or `webchat`.",
        max_length=100,
        impersonal=True,
    )
    user_id: str = column("The user, as the channel knows them.", max_length=256, identifier=True)
    start_time: datetime = column(
        "When the conversation started. The vendor's name for `startedAt`.",
        default=lambda context: context.now(),
    )
    end_time: datetime | None = column(
        "When it ended; null while it is active. The vendor's name for `endedAt`."
    )
    session_lang: list[str] = column(
        "Language codes of the conversation, such as `en`.",
        max_length=35,
        max_items=50,
        impersonal=True,
    )
    session_type: BotSessionType = column(
        "Whether a person took part.", default=lambda _context: "INTERACTIVE"
    )
    containment_type: ContainmentType | None = column(
        "How it ended for the user; an active session has none."
    )
    is_developer: bool = column(
        "Whether a developer was testing the bot.", default=lambda _context: False
    )
    tags: BotTags = column(
        "The session's labels.",
        default=lambda _context: {"userTags": [], "sessionTags": [], "altText": []},
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


def derive(document: Document) -> RowTimes:
    """It lasts from startTime to endTime."""
    _check_tags(document.get("tags") or {})
    started, ended = document["startTime"], document.get("endTime")
    duration = (ended - started).total_seconds() if ended else None
    return RowTimes(started, ended, ended is not None, duration, {"id": document["userId"]})


def _check_tags(tags: Document) -> None:
    """Invalid for a value that is not the JSON which its type promises."""
    for path, items in tags.items():
        for place, tag in enumerate(items):
            promised = tag.get("valueType")
            if promised and type_name(tag.get("value")) != promised:
                raise Invalid(
                    f"With the valueType {promised} the value must be its JSON, such as "
                    f"{EXAMPLES[promised]}. A text has no valueType.",
                    ("tags", path, str(place), "value"),
                )


EXAMPLES = {"NUMBER": "5", "BOOLEAN": "true", "OBJECT": '{"a":1}', "LIST": "[1,2]"}

FILTERS = (
    ("botId",),
    ("botId", "userId"),
    ("botId", "sessionType"),
    ("botId", "containmentType"),
    ("botId", "callId"),
    ("userId",),
    ("sessionType",),
    ("containmentType",),
    ("callId",),
    ("channel",),
)
"""What the vendor's page filters by, for one bot and for all, and what people filter and order by;
each with a span of time."""

BOT = kind_of(
    BotSession,
    name="bot",
    collection="bot_sessions",
    session_ids=TEXTS,
    derive=derive,
    ended="endTime",
    only_ended=("containmentType",),
    indexes=tuple(Index((*paths, "startedAt", "_id")) for paths in FILTERS),
)

BotTagInput = input_of(BotTag)
Tags = list[BotTagInput] | None  # type: ignore[valid-type]  # made from BotTag


@strawberry.type
class BotMutations:
    """The verbs of a bot session."""

    @strawberry.mutation(name="endBotSession", description="End a bot session.")
    async def end_bot_session(
        self,
        info: Info,
        global_id: GlobalId = None,
        session_id: SessionId = None,
        if_revision: IfRevision = None,
        ended_at: EndedAt = UNSET,
        containment_type: Annotated[
            ContainmentType | None, described("How it ended for the user.")
        ] = UNSET,
    ) -> Payload[BotSession] | None:
        """A session can be ended once."""
        given = {"containmentType": containment_type.value} if containment_type else {}
        return await end(info, BOT, SessionRef(global_id, session_id, if_revision), ended_at, given)

    @strawberry.mutation(
        name="tagBotSession",
        description="Add labels to a bot session; labels that it already has are not repeated, if "
        "the credential may see their values (`pii:read`).",
    )
    async def tag_bot_session(
        self,
        info: Info,
        global_id: GlobalId = None,
        session_id: SessionId = None,
        if_revision: IfRevision = None,
        user_tags: Annotated[Tags, described("Labels on the user.")] = UNSET,
        session_tags: Annotated[Tags, described("Labels on the session.")] = UNSET,
    ) -> Payload[BotSession] | None:
        """Labels are only ever added: two calls at once lose none."""
        known = context(info).caller.sees_personal  # else repeating would confirm a guess
        given = {"userTags": user_tags or [], "sessionTags": session_tags or []}
        combine = _united if known else _added
        return await _change_tags(
            info, SessionRef(global_id, session_id, if_revision), given, combine
        )

    @strawberry.mutation(
        name="untagBotSession",
        description="Remove labels from a bot session: those with the same name and value. Labels "
        "that it does not have change nothing. Needs the scope `pii:read`.",
    )
    async def untag_bot_session(
        self,
        info: Info,
        global_id: GlobalId = None,
        session_id: SessionId = None,
        if_revision: IfRevision = None,
        user_tags: Annotated[Tags, described("Labels on the user.")] = UNSET,
        session_tags: Annotated[Tags, described("Labels on the session.")] = UNSET,
    ) -> Payload[BotSession] | None:
        """All other labels stay, also those that are added meanwhile."""
        given = {"userTags": user_tags or [], "sessionTags": session_tags or []}
        named_lists = {name: tags for name, tags in given.items() if tags}

        def without(stored: list[Document], named: list[Document]) -> list[Document]:
            require_overwriting(context(info).caller, BOT.by_name["tags"].columns, named_lists)
            return [tag for tag in stored if tag not in named]

        return await _change_tags(
            info, SessionRef(global_id, session_id, if_revision), given, without
        )


async def _change_tags(
    info: Info,
    ref: SessionRef,
    values: Mapping[str, list[Any]],
    combine: Callable[[list[Document], list[Document]], list[Document]],
) -> Payload[Any]:
    """Put the stored labels and the given ones together."""

    def change(document: Document) -> None:
        given = checked(info, BOT, "tags", values, above=("tags",))
        stored = document.get("tags") or {}
        changed = {name: combine(stored.get(name) or [], given[name]) for name in given}
        document["tags"] = {**stored, **changed}

    return await act(info, BOT, ref, change)


def _united(stored: list[Document], given: list[Document]) -> list[Document]:
    """All labels in their order, each once."""
    tags = [*stored, *given]
    return [tag for place, tag in enumerate(tags) if tag not in tags[:place]]


def _added(stored: list[Document], given: list[Document]) -> list[Document]:
    return [*stored, *given]


ENTRY = KindType(
    BOT,
    BotSession,
    fields={
        "botSession": GET,
        "botSessions": LIST,
        "botSessionSummary": SUMMARY,
        "botSessionStatistics": STATISTICS,
        "createBotSession": CREATE,
        "updateBotSession": UPDATE,
        "deleteBotSession": DELETE,
        "createBotSessions": CREATE_MANY,
        "deleteBotSessions": DELETE_MANY,
    },
    mutations=BotMutations,
)
