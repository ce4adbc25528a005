"""One small and one full session of each kind, and exactly how they come back."""

from dataclasses import dataclass, field
from typing import Any

from tests.schema.conftest import NOW_TEXT

SESSION = (
    "__typename id sessionId kind status startedAt endedAt durationSeconds"
    " customer { id name email } createdAt updatedAt"
)


@dataclass(frozen=True)
class Sample:
    """What a kind is tested with."""

    name: str
    """The stem of its root fields: `botSession`."""
    kind: str
    session_id: str
    own: str
    """A selection of all its own fields."""
    least: dict[str, Any]
    """The smallest input that is accepted."""
    least_shown: dict[str, Any]
    """What its own fields and the session's then are."""
    full: dict[str, Any]
    full_shown: dict[str, Any]
    change: dict[str, Any]
    """An update of one column; `change_shown` is how it is shown."""
    change_shown: dict[str, Any]
    nullable: str
    """A column that a null removes."""
    required: str
    """A column that refuses null."""
    too_long: tuple[dict[str, Any], list[str]] = field(default_factory=lambda: ({}, []))
    """An update with a text that is too long, and the field path of the refusal."""

    @property
    def type(self) -> str:
        return self.name[0].upper() + self.name[1:]

    @property
    def select(self) -> str:
        return f"{SESSION} {self.own}"

    @property
    def create(self) -> str:
        return (
            f"mutation ($input: Create{self.type}Input!) {{ create{self.type}(input: $input)"
            f" {{ session {{ {self.select} }} errors {{ code field message }} }} }}"
        )

    @property
    def update(self) -> str:
        return (
            f"mutation ($id: String!, $input: Update{self.type}Input!) {{"
            f" update{self.type}(sessionId: $id, input: $input)"
            f" {{ session {{ {self.select} }} errors {{ code field message }} }} }}"
        )

    @property
    def delete(self) -> str:
        return (
            f"mutation ($id: String!) {{ delete{self.type}(sessionId: $id)"
            " { deletedId errors { code field message } } }"
        )

    @property
    def get(self) -> str:
        return f"query ($id: String!) {{ {self.name}(sessionId: $id) {{ {self.select} }} }}"

    @property
    def list(self) -> str:
        return (
            f"query ($filter: {self.type}Filter, $orderBy: [{self.type}Order!], $first: Int,"
            f" $after: String, $last: Int, $before: String) {{ {self.name}s(filter: $filter,"
            " orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {"
            f" edges {{ cursor node {{ {self.select} }} }} nodes {{ sessionId }} totalCount"
            " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
        )


COMMON = {
    "status": "ACTIVE",
    "startedAt": NOW_TEXT,
    "endedAt": None,
    "durationSeconds": None,
    "createdAt": NOW_TEXT,
    "updatedAt": NOW_TEXT,
}

CO_BROWSE = Sample(
    name="coBrowseSession",
    kind="co_browse",
    session_id="83d03970-c959-11e2-857d-082e5f12b9a1",
    own="sessionToken creationTime activationTime deactivationTime"
    " pages { url enteredTimestamp duration }",
    least={"sessionToken": "519333886"},
    least_shown={
        **COMMON,
        "customer": None,
        "sessionToken": "519333886",
        "creationTime": NOW_TEXT,
        "activationTime": None,
        "deactivationTime": None,
        "pages": [],
    },
    full={
        "sessionToken": "519333886",
        "creationTime": "2013-05-30T18:48:27.527Z",
        "activationTime": "2013-05-30T18:48:32.516Z",
        "deactivationTime": "2013-05-30T18:49:03.522Z",
        "pages": [
            {"url": "https://shop.example/b", "enteredTimestamp": "2013-05-30T18:48:43.764Z"},
            {"url": "https://shop.example/a", "enteredTimestamp": "2013-05-30T18:48:32.594Z"},
        ],
    },
    full_shown={
        **COMMON,
        "status": "CLOSED",
        "startedAt": "2013-05-30T18:48:32.516Z",
        "endedAt": "2013-05-30T18:49:03.522Z",
        "durationSeconds": 31.006,
        "customer": None,
        "sessionToken": "519333886",
        "creationTime": "2013-05-30T18:48:27.527Z",
        "activationTime": "2013-05-30T18:48:32.516Z",
        "deactivationTime": "2013-05-30T18:49:03.522Z",
        "pages": [
            {
                "url": "https://shop.example/a",
                "enteredTimestamp": "2013-05-30T18:48:32.594Z",
                "duration": 11,
            },
            {
                "url": "https://shop.example/b",
                "enteredTimestamp": "2013-05-30T18:48:43.764Z",
                "duration": 19,
            },
        ],
    },
    change={"activationTime": "2013-05-30T18:48:33.000Z"},
    change_shown={
        "activationTime": "2013-05-30T18:48:33.000Z",
        "startedAt": "2013-05-30T18:48:33.000Z",
        "durationSeconds": 30.522,
        # The first page counts from the activation.
        "pages": [
            {
                "url": "https://shop.example/a",
                "enteredTimestamp": "2013-05-30T18:48:32.594Z",
                "duration": 10,
            },
            {
                "url": "https://shop.example/b",
                "enteredTimestamp": "2013-05-30T18:48:43.764Z",
                "duration": 19,
            },
        ],
    },
    nullable="deactivationTime",
    required="creationTime",
    too_long=(
        {"pages": [{"url": "https://shop.example/" + "x" * 2048}]},
        ["input", "pages", "0", "url"],
    ),
)

REMOTE_SUPPORT = Sample(
    name="remoteSupportSession",
    kind="remote_support",
    session_id="12334",
    own="computerName computerDomain computerOs techUsername techName customerName customerEmail"
    " customerNumber problemDescription notes hasVideos videoLinks dateStart dateEnd startMethod"
    " answered chat { at author text } customFields { name value }",
    least={},
    least_shown={
        **COMMON,
        "customer": None,
        **dict.fromkeys(
            (
                "computerName",
                "computerDomain",
                "computerOs",
                "techUsername",
                "techName",
                "customerName",
                "customerEmail",
                "customerNumber",
                "problemDescription",
                "notes",
                "dateEnd",
                "startMethod",
            )
        ),
        "hasVideos": False,
        "videoLinks": [],
        "dateStart": NOW_TEXT,
        "answered": False,
        "chat": [],
        "customFields": [],
    },
    full={
        "computerName": "RECEPTION-2",
        "computerDomain": "OFFICE",
        "computerOs": "Windows 11",
        "techUsername": "mytech@techplace.example",
        "techName": "Mia Tech",
        "customerName": "Ada Müller",
        "customerEmail": "ada@customer.example",
        "customerNumber": "C-77",
        "problemDescription": "The printer is offline.",
        "notes": "Driver replaced.",
        "videoLinks": ["https://video.example/1"],
        "dateStart": "2026-02-01T08:00:00+01:00",
        "dateEnd": "2026-02-01T08:20:00.250+01:00",
        "startMethod": "AGENT",
        "answered": True,
        "chat": [{"at": "2026-02-01T07:01:00Z", "author": "Ada", "text": "Hello"}],
        "customFields": [{"name": "floor", "value": "2"}, {"name": "floor", "value": "3"}],
    },
    full_shown={
        **COMMON,
        "status": "CLOSED",
        "startedAt": "2026-02-01T07:00:00.000Z",
        "endedAt": "2026-02-01T07:20:00.250Z",
        "durationSeconds": 1200.25,
        "customer": {"id": "C-77", "name": "Ada Müller", "email": "ada@customer.example"},
        "computerName": "RECEPTION-2",
        "computerDomain": "OFFICE",
        "computerOs": "Windows 11",
        "techUsername": "mytech@techplace.example",
        "techName": "Mia Tech",
        "customerName": "Ada Müller",
        "customerEmail": "ada@customer.example",
        "customerNumber": "C-77",
        "problemDescription": "The printer is offline.",
        "notes": "Driver replaced.",
        "hasVideos": True,
        "videoLinks": ["https://video.example/1"],
        "dateStart": "2026-02-01T07:00:00.000Z",
        "dateEnd": "2026-02-01T07:20:00.250Z",
        "startMethod": "AGENT",
        "answered": True,
        "chat": [{"at": "2026-02-01T07:01:00.000Z", "author": "Ada", "text": "Hello"}],
        "customFields": [{"name": "floor", "value": "2"}, {"name": "floor", "value": "3"}],
    },
    change={"notes": "Second visit."},
    change_shown={"notes": "Second visit."},
    nullable="notes",
    required="answered",
    too_long=({"notes": "x" * 4001}, ["input", "notes"]),
)

KNOWLEDGE = Sample(
    name="knowledgeSession",
    kind="knowledge",
    session_id="0b6f3c55-6a3c-4a1e-9f4f-53a0c8f6c7d1",
    own="agentId customerId visitId globalVisitId",
    least={},
    least_shown={
        **COMMON,
        "customer": None,
        "agentId": None,
        "customerId": None,
        "visitId": None,
        "globalVisitId": None,
    },
    full={"agentId": "a1", "customerId": "c1", "visitId": "v1", "globalVisitId": "g1"},
    full_shown={
        **COMMON,
        "customer": {"id": "c1", "name": None, "email": None},
        "agentId": "a1",
        "customerId": "c1",
        "visitId": "v1",
        "globalVisitId": "g1",
    },
    change={"customerId": "c2"},
    change_shown={"customerId": "c2", "customer": {"id": "c2", "name": None, "email": None}},
    nullable="agentId",
    required="",
    too_long=({"agentId": "x" * 201}, ["input", "agentId"]),
)

CHAT = Sample(
    name="chatSession",
    kind="chat",
    session_id="chat-1",
    own="button { id name } visitor { name emailAddress networkAddress startPage country city"
    " operatingSystem browser userAgent } start { dateTime timeZone instant }"
    " messages { id message source sent { dateTime timeZone instant } }",
    least={},
    least_shown={
        **COMMON,
        "customer": None,
        "button": None,
        "visitor": None,
        "start": {"dateTime": "2026-03-01T09:30:00", "timeZone": "UTC", "instant": NOW_TEXT},
        "messages": [],
    },
    full={
        "button": {"id": "b1", "name": "Help"},
        "visitor": {"name": "Ada", "emailAddress": "ada@customer.example", "country": "FR"},
        "start": {"dateTime": "2026-02-01T08:00:00", "timeZone": "Europe/Paris"},
        "messages": [
            {
                "id": "m1",
                "message": "Hello",
                "source": "VISITOR",
                "sent": {"dateTime": "2026-02-01T08:00:05.5", "timeZone": "Europe/Paris"},
            },
            {
                "id": "m2",
                "message": "Good morning",
                "source": "OPERATOR",
                "sent": {"dateTime": "2026-02-01T07:00:09"},
            },
        ],
    },
    full_shown={
        **COMMON,
        "startedAt": "2026-02-01T07:00:00.000Z",
        "customer": {"id": None, "name": "Ada", "email": "ada@customer.example"},
        "button": {"id": "b1", "name": "Help"},
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
        "messages": [
            {
                "id": "m1",
                "message": "Hello",
                "source": "VISITOR",
                "sent": {
                    "dateTime": "2026-02-01T08:00:05.500",
                    "timeZone": "Europe/Paris",
                    "instant": "2026-02-01T07:00:05.500Z",
                },
            },
            {
                "id": "m2",
                "message": "Good morning",
                "source": "OPERATOR",
                "sent": {
                    "dateTime": "2026-02-01T07:00:09",
                    "timeZone": "UTC",
                    "instant": "2026-02-01T07:00:09.000Z",
                },
            },
        ],
    },
    change={"button": {"name": "Sales"}},
    change_shown={"button": {"id": None, "name": "Sales"}},
    nullable="button",
    required="start",
    too_long=(
        {"messages": [{"message": "x" * 10_001, "source": "VISITOR"}]},
        ["input", "messages", "0", "message"],
    ),
)

BOT = Sample(
    name="botSession",
    kind="bot",
    session_id="6465cf6e4769ed4e822b82a1",
    own="botId channel userId startTime endTime sessionLang sessionType containmentType isDeveloper"
    " tags { userTags { name value } sessionTags { name value } } noOfMessagesExchanged"
    " noOfTasksExecuted",
    least={"botId": "st-1", "channel": "rtm", "userId": "u-1"},
    least_shown={
        **COMMON,
        "customer": {"id": "u-1", "name": None, "email": None},
        "botId": "st-1",
        "channel": "rtm",
        "userId": "u-1",
        "startTime": NOW_TEXT,
        "endTime": None,
        "sessionLang": [],
        "sessionType": "INTERACTIVE",
        "containmentType": None,
        "isDeveloper": False,
        "tags": {"userTags": [], "sessionTags": []},
        "noOfMessagesExchanged": 0,
        "noOfTasksExecuted": 0,
    },
    full={
        "botId": "st-dc600cf5",
        "channel": "rtm",
        "userId": "u-8c4ca335",
        "startTime": "2023-05-18T07:10:38.695Z",
        "endTime": "2023-05-18T07:10:39.201Z",
        "sessionLang": ["en", "de"],
        "sessionType": "NON_INTERACTIVE",
        "containmentType": "SELF_SERVICE",
        "isDeveloper": True,
        "tags": {"userTags": [{"name": "regular", "value": "newuser"}], "sessionTags": []},
        "noOfMessagesExchanged": 3,
        "noOfTasksExecuted": 1,
    },
    full_shown={
        **COMMON,
        "status": "CLOSED",
        "startedAt": "2023-05-18T07:10:38.695Z",
        "endedAt": "2023-05-18T07:10:39.201Z",
        "durationSeconds": 0.506,
        "customer": {"id": "u-8c4ca335", "name": None, "email": None},
        "botId": "st-dc600cf5",
        "channel": "rtm",
        "userId": "u-8c4ca335",
        "startTime": "2023-05-18T07:10:38.695Z",
        "endTime": "2023-05-18T07:10:39.201Z",
        "sessionLang": ["en", "de"],
        "sessionType": "NON_INTERACTIVE",
        "containmentType": "SELF_SERVICE",
        "isDeveloper": True,
        "tags": {"userTags": [{"name": "regular", "value": "newuser"}], "sessionTags": []},
        "noOfMessagesExchanged": 3,
        "noOfTasksExecuted": 1,
    },
    change={"noOfMessagesExchanged": 4},
    change_shown={"noOfMessagesExchanged": 4},
    nullable="containmentType",
    required="botId",
    too_long=({"botId": "x" * 129}, ["input", "botId"]),
)

SAMPLES = (CO_BROWSE, REMOTE_SUPPORT, KNOWLEDGE, CHAT, BOT)
