"""Knowledge sessions: somebody searched the knowledge centre."""

from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import UNSET, Info

from resolvers.access import Action
from resolvers.kind import AtVendor, Document, RowTimes
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
from schema.kinds.ids import UUIDS
from schema.many import CREATE_MANY, DELETE_MANY
from schema.payloads import GlobalId, IfRevision, SessionId, SessionRef, act, described


@strawberry.type(
    description="A knowledge session: somebody searched the knowledge centre, perhaps "
    "anonymously. It has no end."
)
class KnowledgeSession(Session):
    """Columns as of Genesys Knowledge Center 8.5's SessionInfo."""

    agent_id: str | None = column("The agent who searched.", max_length=200, identifier=True)
    customer_id: str | None = column(
        "The customer who searched, or for whom.", max_length=200, identifier=True
    )
    visit_id: str | None = column("The visit to one web site.", max_length=200, identifier=True)
    global_visit_id: str | None = column(
        "The visit over all web sites.", max_length=200, identifier=True
    )


def derive(document: Document) -> RowTimes:
    """It starts when it is stored and never ends."""
    started: datetime = document["createdAt"]
    customer_id = document.get("customerId")
    return RowTimes(started, None, False, None, {"id": customer_id} if customer_id else None)


KNOWLEDGE = kind_of(
    KnowledgeSession,
    name="knowledge",
    collection="knowledge_sessions",
    session_ids=UUIDS,
    derive=derive,
    at_vendor=AtVendor(keyless=(Action.READ, Action.WRITE)),
)


@strawberry.type
class KnowledgeMutations:
    """The verbs of a knowledge session."""

    @strawberry.mutation(
        name="linkKnowledgeSession",
        description="Link an agent, a customer and visits to a knowledge session. An unknown "
        "session is created; an argument that is left out changes nothing.",
    )
    async def link_knowledge_session(
        self,
        info: Info,
        global_id: GlobalId = None,
        session_id: SessionId = None,
        if_revision: IfRevision = None,
        agent_id: Annotated[str | None, described("The agent.")] = UNSET,
        customer_id: Annotated[str | None, described("The customer.")] = UNSET,
        visit_id: Annotated[str | None, described("The visit to one web site.")] = UNSET,
        global_visit_id: Annotated[str | None, described("The visit over all web sites.")] = UNSET,
    ) -> Payload[KnowledgeSession] | None:
        """An explicit null unties."""
        values: dict[str, Any] = {
            "agentId": agent_id,
            "customerId": customer_id,
            "visitId": visit_id,
            "globalVisitId": global_visit_id,
        }
        given = {name: value for name, value in values.items() if value is not UNSET}
        return await act(
            info,
            KNOWLEDGE,
            SessionRef(global_id, session_id, if_revision),
            _nothing_more,
            given,
            create_missing=True,
        )


def _nothing_more(_document: Document) -> None:
    """The given columns are all that changes."""


ENTRY = KindType(
    KNOWLEDGE,
    KnowledgeSession,
    fields={
        "knowledgeSession": GET,
        "knowledgeSessions": LIST,
        "knowledgeSessionSummary": SUMMARY,
        "knowledgeSessionStatistics": STATISTICS,
        "createKnowledgeSession": CREATE,
        "updateKnowledgeSession": UPDATE,
        "deleteKnowledgeSession": DELETE,
        "createKnowledgeSessions": CREATE_MANY,
        "deleteKnowledgeSessions": DELETE_MANY,
    },
    mutations=KnowledgeMutations,
)
