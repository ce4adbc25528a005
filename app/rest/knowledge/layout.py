"""How a knowledge session looks at Genesys: SessionInfo."""

from app.rest.layout import UUID, Field, Layout
from schema.kinds.knowledge import KNOWLEDGE

SESSION = Layout(
    KNOWLEDGE,
    (
        Field("sessionId", shown=UUID),
        Field("agentId"),
        Field("customerId"),
        Field("visitId"),
        Field("globalVisitId"),
    ),
)
