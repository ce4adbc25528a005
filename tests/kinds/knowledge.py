"""What the suite knows of knowledge sessions."""

from tests.kinds.sample import COMMON, Example, Sample, Verb

SAMPLE = Sample(
    kind="knowledge",
    session_id="0b6f3c55-6a3c-4a1e-9f4f-53a0c8f6c7d1",
    fields="""agentId: String, customerId: String, visitId: String, globalVisitId: String""",
    verbs={
        "linkKnowledgeSession": Verb("""id: ID, sessionId: String, ifRevision: Int, agentId: String,
            customerId: String, visitId: String, globalVisitId: String"""),
    },
    least={},
    least_shown={
        **COMMON,
        "status": None,
        "customer": None,
        "agentId": None,
        "customerId": None,
        "visitId": None,
        "globalVisitId": None,
    },
    full={"agentId": "a1", "customerId": "c1", "visitId": "v1", "globalVisitId": "g1"},
    full_shown={
        **COMMON,
        "status": None,
        "customer": {"customerId": "c1", "name": None, "email": None},
        "agentId": "a1",
        "customerId": "c1",
        "visitId": "v1",
        "globalVisitId": "g1",
    },
    change={"customerId": "c2"},
    change_shown={
        "customerId": "c2",
        "customer": {"customerId": "c2", "name": None, "email": None},
    },
    nullable="agentId",
    required="",
    too_long=({"agentId": "x" * 201}, ["input", "agentId"]),
    example=Example(
        session_id="0b6f3c55-6a3c-4a1e-9f4f-53a0c8f6c7d1",
        values={"customerId": "c1", "visitId": "v1"},
        change={"agentId": "a1"},
        nullable="visitId",
        too_long=("agentId", "x" * 201),
    ),
    personal={"customerId": "k1"},
)
