"""Video sessions: people saw each other in a room."""

import enum
import secrets
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import UNSET, Info

from resolvers.kind import Document, Index, Reservation, RowTimes, Searched
from schema.columns import column, kind_of
from schema.common import Connection, Payload, Session
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
from schema.kinds.ids import UUIDS
from schema.list_pages import paged
from schema.many import CREATE_MANY, DELETE_MANY
from schema.payloads import (
    EndedAt,
    GlobalId,
    IfRevision,
    SessionId,
    SessionRef,
    act,
    checked,
    described,
    end,
    require_active,
)


@strawberry.enum(description="How well a room was seen.")
class VideoQuality(enum.Enum):
    """Stored as its name."""

    SHARP = strawberry.enum_value("SHARP", description="Every face was sharp.")
    BLURRED = strawberry.enum_value("BLURRED", description="Somebody was blurred.")


@strawberry.type(description="A time during which a guest was not seen.")
class VideoPause:
    """`seconds` is computed by `derive`."""

    since: datetime = column("When the picture stopped.", default=lambda context: context.now())
    until: datetime | None = column("When it went on; null if it did not.")
    seconds: int | None = column("Whole seconds from `since` to `until`.", derived=True)


@strawberry.type(description="Somebody who took part in a video session.")
class VideoGuest:
    """In the order they joined."""

    name: str = column("The guest's name.", max_length=100, personal=True)
    pauses: list[VideoPause] = column("When the guest was not seen.", max_items=50)


@strawberry.type(description="A video session: people saw each other in a room.")
class VideoSession(Session):
    """A kind made up for the drill."""

    room: str = column("The room.", max_length=50, orderable=True)
    invitation: str = column(
        "Eight letters and digits that let guests in; no two live sessions share them.",
        pattern=r"[0-9a-f]{8}",
        max_length=8,
        create_only=True,
        live_scope="video:write",
        default=lambda _context: secrets.token_hex(4),
    )
    began: datetime = column("When it began.", default=lambda context: context.now())
    ended: datetime | None = column("When it ended; null while it is active.")
    quality: VideoQuality | None = column("How well the room was seen.")
    price: float | None = column("What the room cost, in euros.", orderable=True)
    notes: list[str] = column(
        "What was noted.", max_length=200, max_items=20, personal=True, searched=Searched()
    )
    guests: Connection[VideoGuest] | None = paged(
        "Who took part.", count="guestCount", last="lastGuest", max_items=10
    )
    guest_count: int = column("How many guests took part.", derived=True, orderable=True)
    last_guest: VideoGuest | None = column("Who joined last.", derived=True)


def derive(document: Document) -> RowTimes:
    """It lasts from `began` to `ended`."""
    for guest in document["guests"]:
        for pause in guest["pauses"]:
            pause.pop("seconds", None)
            if pause.get("until") is not None:
                pause["seconds"] = int((pause["until"] - pause["since"]).total_seconds())
    began, ended = document["began"], document.get("ended")
    duration = (ended - began).total_seconds() if ended else None
    first = {"name": document["guests"][0]["name"]} if document["guests"] else None
    return RowTimes(began, ended, ended is not None, duration, first)


def reservation(document: Document) -> Reservation | None:
    """A live session has its invitation for itself."""
    if document.get("ended") is not None:
        return None
    return Reservation("invitation", document["invitation"])


VIDEO = kind_of(
    VideoSession,
    name="video",
    collection="video_sessions",
    session_ids=UUIDS,
    derive=derive,
    ended="ended",
    reservation=reservation,
    indexes=(Index(("room", "startedAt", "_id")),),
)

VideoGuestInput = input_of(VideoGuest)


@strawberry.type
class VideoMutations:
    """The verbs of a video session."""

    @strawberry.mutation(name="joinVideoSession", description="Guests join a video session.")
    async def join_video_session(
        self,
        info: Info,
        guests: Annotated[list[VideoGuestInput], described("Who joins.")],  # type: ignore[valid-type]  # made from VideoGuest
        global_id: GlobalId = None,
        session_id: SessionId = None,
        if_revision: IfRevision = None,
    ) -> Payload[VideoSession] | None:
        """Two calls at once lose no guest."""

        def change(document: Document) -> None:
            require_active(document)
            added = checked(info, VIDEO, "guests", guests)
            document["guests"] = [*document["guests"], *added]

        return await act(info, VIDEO, SessionRef(global_id, session_id, if_revision), change)

    @strawberry.mutation(name="endVideoSession", description="A video session ends.")
    async def end_video_session(
        self,
        info: Info,
        global_id: GlobalId = None,
        session_id: SessionId = None,
        if_revision: IfRevision = None,
        ended_at: EndedAt = UNSET,
    ) -> Payload[VideoSession] | None:
        """A session can be ended once."""
        return await end(info, VIDEO, SessionRef(global_id, session_id, if_revision), ended_at)


ENTRY = KindType(
    VIDEO,
    VideoSession,
    fields={
        "videoSession": GET,
        "videoSessions": LIST,
        "videoSessionSummary": SUMMARY,
        "videoSessionStatistics": STATISTICS,
        "createVideoSession": CREATE,
        "updateVideoSession": UPDATE,
        "deleteVideoSession": DELETE,
        "createVideoSessions": CREATE_MANY,
        "deleteVideoSessions": DELETE_MANY,
    },
    mutations=VideoMutations,
)
