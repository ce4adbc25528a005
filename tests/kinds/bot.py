"""What the suite knows of bot sessions."""

from datetime import timedelta

from tests.kinds.sample import COMMON, NOON, NOW_TEXT, PII, Example, Sample, Verb

MINUTE = timedelta(minutes=1)

SAMPLE = Sample(
    kind="bot",
    session_id="6465cf6e4769ed4e822b82a1",
    fields="""botId: String!, callId: String, channel: String!, userId: String!,
        startTime: DateTime!, endTime: DateTime, sessionLang: [String!]!,
        sessionType: BotSessionType!,
        containmentType: ContainmentType, isDeveloper: Boolean!, tags: BotTags!,
        noOfMessagesExchanged: Int!, noOfTasksExecuted: Int!""",
    types={
        "BotTags": "userTags: [BotTag!]!, sessionTags: [BotTag!]!, altText: [BotTag!]!",
        "BotTag": "name: String!, value: String, valueType: BotTagValueType",
    },
    enums={
        "BotSessionType": "INTERACTIVE NON_INTERACTIVE",
        "BotTagValueType": "NUMBER BOOLEAN OBJECT LIST",
        "ContainmentType": "DROP_OFF SELF_SERVICE AGENT",
    },
    inputs={
        "BotTagInput": "name: String!, value: String, valueType: BotTagValueType",
        "ContainmentTypeFilter": """eq: ContainmentType, ne: ContainmentType,
            in: [ContainmentType!], nin: [ContainmentType!]""",
    },
    verbs={
        "endBotSession": Verb(
            "id: ID, sessionId: String, ifRevision: Int, endedAt: DateTime,"
            " containmentType: ContainmentType"
        ),
        "tagBotSession": Verb(
            "id: ID, sessionId: String, ifRevision: Int, userTags: [BotTagInput!],"
            " sessionTags: [BotTagInput!]"
        ),
        "untagBotSession": Verb(
            "id: ID, sessionId: String, ifRevision: Int, userTags: [BotTagInput!],"
            " sessionTags: [BotTagInput!]"
        ),
    },
    least={"botId": "st-1", "channel": "rtm", "userId": "u-1"},
    least_shown={
        **COMMON,
        "customer": {"customerId": "u-1", "name": None, "email": None},
        "botId": "st-1",
        "callId": None,
        "channel": "rtm",
        "userId": "u-1",
        "startTime": NOW_TEXT,
        "endTime": None,
        "sessionLang": [],
        "sessionType": "INTERACTIVE",
        "containmentType": None,
        "isDeveloper": False,
        "tags": {"userTags": [], "sessionTags": [], "altText": []},
        "noOfMessagesExchanged": 0,
        "noOfTasksExecuted": 0,
    },
    full={
        "botId": "st-dc600cf5",
        "callId": "call-7",
        "channel": "rtm",
        "userId": "u-8c4ca335",
        "startTime": "2023-05-18T07:10:38.695Z",
        "endTime": "2023-05-18T07:10:39.201Z",
        "sessionLang": ["en", "de"],
        "sessionType": "NON_INTERACTIVE",
        "containmentType": "SELF_SERVICE",
        "isDeveloper": True,
        "tags": {
            "userTags": [{"name": "regular", "value": "newuser", "valueType": None}],
            "sessionTags": [{"name": "items", "value": "[1.0]", "valueType": "LIST"}],
            "altText": [{"name": "label", "value": "Buy", "valueType": None}],
        },
        "noOfMessagesExchanged": 3,
        "noOfTasksExecuted": 1,
    },
    full_shown={
        **COMMON,
        "status": "CLOSED",
        "startedAt": "2023-05-18T07:10:38.695Z",
        "endedAt": "2023-05-18T07:10:39.201Z",
        "durationSeconds": 0.506,
        "customer": {"customerId": "u-8c4ca335", "name": None, "email": None},
        "botId": "st-dc600cf5",
        "callId": "call-7",
        "channel": "rtm",
        "userId": "u-8c4ca335",
        "startTime": "2023-05-18T07:10:38.695Z",
        "endTime": "2023-05-18T07:10:39.201Z",
        "sessionLang": ["en", "de"],
        "sessionType": "NON_INTERACTIVE",
        "containmentType": "SELF_SERVICE",
        "isDeveloper": True,
        "tags": {
            "userTags": [{"name": "regular", "value": "newuser", "valueType": None}],
            "sessionTags": [{"name": "items", "value": "[1.0]", "valueType": "LIST"}],
            "altText": [{"name": "label", "value": "Buy", "valueType": None}],
        },
        "noOfMessagesExchanged": 3,
        "noOfTasksExecuted": 1,
    },
    change={"noOfMessagesExchanged": 4},
    change_shown={"noOfMessagesExchanged": 4},
    nullable="containmentType",
    required="botId",
    too_long=({"botId": "x" * 129}, ["input", "botId"]),
    example=Example(
        session_id="6465cf6e4769ed4e822b82a1",
        values={
            "botId": "st-1",
            "channel": "rtm",
            "userId": "u-1",
            "startTime": NOON,
            "endTime": NOON + MINUTE,
            "containmentType": "AGENT",
        },
        change={"noOfMessagesExchanged": 4},
        nullable="containmentType",
        too_long=("channel", "x" * 101),
        started=lambda moment: {"startTime": moment, "endTime": moment + MINUTE},
    ),
    personal={
        "botId": "st-1",
        "channel": "c",
        "userId": "u",
        "startTime": NOON,
        "tags": {
            "userTags": [{"name": "n", "value": f"{PII}user"}],
            "sessionTags": [{"name": "n", "value": f'"{PII}session"'}],
            "altText": [{"name": "n", "value": f"{PII}alt"}],
        },
    },
)
