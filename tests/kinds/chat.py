"""What the suite knows of chat sessions."""

from tests.kinds.sample import COMMON, NOON, NOW_TEXT, PII, Example, Sample, Verb

ZONED = {"dateTime": NOON, "timeZone": "UTC"}

SAMPLE = Sample(
    kind="chat",
    session_id="chat-1",
    fields="""button: ChatButton, visitor: ChatVisitor, start: ZonedDateTime!,
        closedAt: DateTime, messages: ChatMessageConnection, messageCount: Int!,
        lastMessage: ChatMessage, lastMessageAt: DateTime, firstResponseSeconds: Float""",
    types={
        "ChatButton": "buttonId: String, name: String",
        "ChatVisitor": """name: String, emailAddress: String, networkAddress: String,
            startPage: String, country: String, city: String, operatingSystem: String,
            browser: String, userAgent: String""",
        "ChatMessage": """messageId: String!, message: String!, source: MessageSource!,
            sent: ZonedDateTime!""",
        "ZonedDateTime": "dateTime: LocalDateTime!, timeZone: String!, instant: DateTime!",
    },
    enums={
        "MessageSource": "OPERATOR VISITOR",
    },
    inputs={
        "ZonedDateTimeInput": "dateTime: LocalDateTime!, timeZone: String",
        "UpdateZonedDateTimeInput": "dateTime: LocalDateTime, timeZone: String",
        "ChatMessageInput": """messageId: String, message: String!, source: MessageSource!,
            sent: ZonedDateTimeInput""",
        "ChatButtonInput": "buttonId: String, name: String",
        "ChatMessageListFilter": """some: ChatMessageFilter, none: ChatMessageFilter,
            every: ChatMessageFilter""",
    },
    verbs={
        "appendChatMessages": Verb(
            "id: ID, sessionId: String, ifRevision: Int, messages: [ChatMessageInput!]!",
            {"messages": [{"message": "m", "source": "VISITOR"}]},
        ),
        "endChatSession": Verb("id: ID, sessionId: String, ifRevision: Int, endedAt: DateTime"),
    },
    least={},
    least_shown={
        **COMMON,
        "customer": None,
        "button": None,
        "visitor": None,
        "start": {"dateTime": "2026-03-01T09:30:00", "timeZone": "UTC", "instant": NOW_TEXT},
        "messages": {"nodes": []},
        "messageCount": 0,
        "lastMessage": None,
        "lastMessageAt": None,
        "firstResponseSeconds": None,
        "closedAt": None,
    },
    full={
        "button": {"buttonId": "b1", "name": "Help"},
        "visitor": {"name": "Ada", "emailAddress": "ada@customer.example", "country": "FR"},
        "start": {"dateTime": "2026-02-01T08:00:00", "timeZone": "Europe/Paris"},
        "messages": [
            {
                "messageId": "m1",
                "message": "Hello",
                "source": "VISITOR",
                "sent": {"dateTime": "2026-02-01T08:00:05.5", "timeZone": "Europe/Paris"},
            },
            {
                "messageId": "m2",
                "message": "Good morning",
                "source": "OPERATOR",
                "sent": {"dateTime": "2026-02-01T07:00:09"},
            },
        ],
    },
    full_shown={
        **COMMON,
        "startedAt": "2026-02-01T07:00:00.000Z",
        "customer": {"customerId": None, "name": "Ada", "email": "ada@customer.example"},
        "button": {"buttonId": "b1", "name": "Help"},
        "visitor": {
            "name": "Ada",
            "emailAddress": "ada@customer.example",
            "networkAddress": None,
            "startPage": None,
            "country": "FR",
            "city": None,
            "operatingSystem": None,
            "browser": None,
            "userAgent": None,
        },
        "start": {
            "dateTime": "2026-02-01T08:00:00",
            "timeZone": "Europe/Paris",
            "instant": "2026-02-01T07:00:00.000Z",
        },
        "messages": {
            "nodes": [
                {
                    "messageId": "m1",
                    "message": "Hello",
                    "source": "VISITOR",
                    "sent": {
                        "dateTime": "2026-02-01T08:00:05.500",
                        "timeZone": "Europe/Paris",
                        "instant": "2026-02-01T07:00:05.500Z",
                    },
                },
                {
                    "messageId": "m2",
                    "message": "Good morning",
                    "source": "OPERATOR",
                    "sent": {
                        "dateTime": "2026-02-01T07:00:09",
                        "timeZone": "UTC",
                        "instant": "2026-02-01T07:00:09.000Z",
                    },
                },
            ]
        },
        "messageCount": 2,
        "lastMessage": {
            "messageId": "m2",
            "message": "Good morning",
            "source": "OPERATOR",
            "sent": {
                "dateTime": "2026-02-01T07:00:09",
                "timeZone": "UTC",
                "instant": "2026-02-01T07:00:09.000Z",
            },
        },
        "lastMessageAt": "2026-02-01T07:00:09.000Z",
        "firstResponseSeconds": 3.5,
        "closedAt": None,
    },
    change={"button": {"name": "Sales"}},
    change_shown={"button": {"buttonId": "b1", "name": "Sales"}},
    nullable="button",
    required="start",
    too_long=(
        {"messages": [{"message": "x" * 10_001, "source": "VISITOR"}]},
        ["input", "messages", "0", "message"],
    ),
    example=Example(
        session_id="chat 1",
        values={"start": {"dateTime": NOON}, "button": {"name": "Help"}},
        change={"visitor": {"name": "Ada"}},
        nullable="button",
        too_long=("visitor", {"city": "x" * 201}),
        started=lambda moment: {"start": {"dateTime": moment, "timeZone": "UTC"}},
    ),
    personal={
        "start": ZONED,
        "visitor": {
            "name": f"{PII}visitor",
            "emailAddress": f"{PII}mail",
            "networkAddress": f"{PII}address",
            "startPage": f"https://example.com/{PII}page",
        },
        "messages": [
            {"messageId": "1", "message": f"{PII}text", "source": "VISITOR", "sent": ZONED}
        ],
    },
)
