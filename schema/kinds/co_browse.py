"""Co-browse sessions: an agent and a visitor looked at the same web pages."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import UNSET, Info

from resolvers.access import Action
from resolvers.appending import Addition
from resolvers.errors import Conflict, Invalid
from resolvers.kind import AtVendor, Document, Growth, Reservation, RowTimes
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
    append,
    checked,
    context,
    described,
    end,
    now,
    require_active,
)


@strawberry.type(description="A web page that was shared in a co-browse session.")
class CoBrowsePage:
    """`duration` is computed by `derive`."""

    url: str = column("Absolute address of the page.", max_length=2048, format="uri", personal=True)
    entered_timestamp: datetime = column(
        "When it was opened.", default=lambda context: context.now()
    )
    duration: int | None = column(
        "Whole seconds until the next page, or until the end; null for the page that is open now.",
        derived=True,
    )


@strawberry.type(
    description="A co-browse session: an agent and a visitor looked at the same web pages."
)
class CoBrowseSession(Session):
    """Columns as of Genesys Co-browse 8.1's history."""

    session_token: str = column(
        "Nine digits that the visitor reads to the agent; no two live sessions share them. `***` "
        "without the scope `co_browse:write`, while the session is active.",
        pattern=r"[0-9]{9}",
        create_only=True,
        live_scope="co_browse:write",
        max_length=9,
        default=lambda _context: f"{secrets.randbelow(10**9):09}",
    )
    creation_time: datetime = column(
        "When the visitor opened the session.", default=lambda context: context.now()
    )
    activation_time: datetime | None = column("When an agent joined; null if none did.")
    deactivation_time: datetime | None = column(
        "When the session ended; null while it is active. The vendor's name for `endedAt`."
    )
    pages: Connection[CoBrowsePage] | None = paged(
        "The pages that were shared, in the order they were opened.",
        count="pageCount",
        last="lastPage",
        max_items=2000,
    )
    page_count: int = column("How many pages were shared.", derived=True, orderable=True)
    last_page: CoBrowsePage | None = column(
        "The page that was opened last; null if there is none.", derived=True
    )


def derive(document: Document) -> RowTimes:
    """It starts with the agent; each page lasts until the next one, the last until the end."""
    activated, ended = document.get("activationTime"), document.get("deactivationTime")
    if activated is not None and activated < document["creationTime"]:
        raise Invalid("A session cannot be activated before it is created.", ("activationTime",))
    document["pages"] = sorted(document["pages"], key=lambda page: page["enteredTimestamp"])
    _set_durations(document["pages"], activated, ended)
    started = activated or document["creationTime"]
    duration = (ended - started).total_seconds() if ended else None
    return RowTimes(started, ended, ended is not None, duration, None)


def _set_durations(pages: list[Document], first: datetime | None, end: datetime | None) -> None:
    """Set how long each page was open; the first one, if it is given, from the moment `first`."""
    for place, page in enumerate(pages):
        start = first if place == 0 and first else page["enteredTimestamp"]
        following = pages[place + 1 : place + 2]
        until = following[0]["enteredTimestamp"] if following else end
        page.pop("duration", None)
        if until is not None:
            page["duration"] = max(0, int((until - start).total_seconds() // 1))


def grow(document: Document, added: list[Document]) -> Mapping[int, Document] | None:
    """The durations of the pages that were added, and of the one before them.

    It takes the whole list to place a page that was opened before the last one.
    """
    count, last = document["pageCount"], document.get("lastPage")
    before = [dict(last)] if count and last else []
    pages = [*before, *added]
    moments = [page["enteredTimestamp"] for page in pages]
    if (count and not last) or moments != sorted(moments):
        return None
    _set_durations(pages, document.get("activationTime") if count < 2 else None, None)
    return {place: {"duration": page["duration"]} for place, page in enumerate(before, count - 1)}


def distinct(stored: Sequence[Document], added: list[Document]) -> list[Document]:
    """The added pages but those that are stored: the same address at the same instant."""
    known = {(page["url"], page["enteredTimestamp"]) for page in stored}
    return [page for page in added if (page["url"], page["enteredTimestamp"]) not in known]


def reservation(document: Document) -> Reservation | None:
    """A live session reserves its token."""
    if document.get("deactivationTime") is not None:
        return None
    return Reservation("sessionToken", document["sessionToken"])


CO_BROWSE = kind_of(
    CoBrowseSession,
    name="co_browse",
    collection="co_browse_sessions",
    session_ids=UUIDS,
    derive=derive,
    ended="deactivationTime",
    reservation=reservation,
    growths={"pages": Growth(grow, ("url", "enteredTimestamp"), distinct)},
    at_vendor=AtVendor(retention="1209600, 14 days", keyless=(Action.READ,)),
)


@strawberry.type
class CoBrowseMutations:
    """The verbs of a co-browse session."""

    @strawberry.mutation(
        name="activateCoBrowseSession", description="Record that an agent joined the session."
    )
    async def activate_co_browse_session(
        self,
        info: Info,
        global_id: GlobalId = None,
        session_id: SessionId = None,
        if_revision: IfRevision = None,
        at: Annotated[
            datetime | None, described("When the agent joined; now if not given.")
        ] = UNSET,
    ) -> Payload[CoBrowseSession] | None:
        """A session can be activated once."""

        def change(document: Document) -> None:
            require_active(document)
            if document.get("activationTime") is not None:
                raise Conflict("The session is active already.", ("sessionId",))

        given = {"activationTime": at or now(info)}
        names = {"activationTime": "at"}
        return await act(
            info,
            CO_BROWSE,
            SessionRef(global_id, session_id, if_revision),
            change,
            given,
            arguments=names,
        )

    @strawberry.mutation(
        name="enterCoBrowsePage",
        description="Open a page in a co-browse session. The same address at the same instant is "
        "the same page: it is not added again, if the credential may see addresses (`pii:read`).",
    )
    async def enter_co_browse_page(
        self,
        info: Info,
        url: Annotated[str, described("Absolute address of the page.")],
        global_id: GlobalId = None,
        session_id: SessionId = None,
        if_revision: IfRevision = None,
        at: Annotated[datetime | None, described("When it was opened; now if not given.")] = UNSET,
    ) -> Payload[CoBrowseSession] | None:
        """Pages stay in the order of their times."""

        def added(document: Document) -> list[Document]:
            require_active(document)
            page = {"url": url, "enteredTimestamp": at or now(info)}
            entered: list[Document] = checked(
                info, CO_BROWSE, "pages", [page], above=("pages", "0")
            )
            return entered

        known = context(info).caller.sees_personal  # else repeating would confirm a guess
        ref, names = SessionRef(global_id, session_id, if_revision), {"enteredTimestamp": "at"}
        addition = Addition("pages", added, distinct=known)
        return await append(info, CO_BROWSE, ref, addition, arguments=names)

    @strawberry.mutation(name="endCoBrowseSession", description="End a co-browse session.")
    async def end_co_browse_session(
        self,
        info: Info,
        global_id: GlobalId = None,
        session_id: SessionId = None,
        if_revision: IfRevision = None,
        ended_at: EndedAt = UNSET,
    ) -> Payload[CoBrowseSession] | None:
        """Its history is complete from now on, and its token free again."""
        return await end(info, CO_BROWSE, SessionRef(global_id, session_id, if_revision), ended_at)


ENTRY = KindType(
    CO_BROWSE,
    CoBrowseSession,
    fields={
        "coBrowseSession": GET,
        "coBrowseSessions": LIST,
        "coBrowseSessionSummary": SUMMARY,
        "coBrowseSessionStatistics": STATISTICS,
        "createCoBrowseSession": CREATE,
        "updateCoBrowseSession": UPDATE,
        "deleteCoBrowseSession": DELETE,
        "createCoBrowseSessions": CREATE_MANY,
        "deleteCoBrowseSessions": DELETE_MANY,
    },
    mutations=CoBrowseMutations,
)
