"""The sessions of the vendors' own pages, field for field, in the form of an import's lines.

Three of the bot samples stand on their pages under one placeholder id: `dropOff` keeps it, the
others have `-selfservice` and `-agent` behind it. The page of the remote-support vendor names an id
and a technician only, and those of the knowledge and chat vendors show no values: what else is said
of these sessions is made up.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from resolvers.bulk import Draft
from resolvers.kind import Kind
from schema.json_lines import decode

Line = tuple[str, dict[str, Any]]
"""A kind, as SessionKind names it, and what is said of the session."""

PLACEHOLDER = "xxxxaxxexxxaxexdxxxdxxxe"

CO_BROWSE: Line = (
    "CO_BROWSE",
    {
        "sessionId": "83d03970-c959-11e2-857d-082e5f12b9a1",
        "sessionToken": "519333886",
        "creationTime": "2013-05-30T18:48:27.527Z",
        "activationTime": "2013-05-30T18:48:32.516Z",
        "deactivationTime": "2013-05-30T18:49:03.522Z",
        "pages": [
            {
                "url": "http://www.genesyslab.com/general-pages/about-us.aspx",
                "enteredTimestamp": "2013-05-30T18:48:32.594Z",
            },
            {
                "url": "http://www.genesyslab.com/news-and-events/index.aspx",
                "enteredTimestamp": "2013-05-30T18:48:43.764Z",
            },
            {
                "url": "http://www.genesyslab.com/general-pages/genesys-history.aspx",
                "enteredTimestamp": "2013-05-30T18:48:51.685Z",
            },
        ],
    },
)

REMOTE_SUPPORT: Line = (
    "REMOTE_SUPPORT",
    {
        "sessionId": "12334",
        "computerName": "FRONTDESK-03",
        "computerDomain": "corp.example.com",
        "computerOs": "Windows 7 Professional 64-bit",
        "techUsername": "mytech@techplace.com",
        "techName": "My Tech",
        "customerName": "Example Travel Agency",
        "customerEmail": "frontdesk@example.com",
        "customerNumber": "C-1042",
        "problemDescription": "The printer at the front desk prints blank pages.",
        "notes": "Replaced the printer's driver & printed a test page: all is well.",
        "hasVideos": True,
        "videoLinks": ["https://video.example.com/sessions/12334.mp4"],
        "dateStart": "2011-03-14T09:26:53Z",
        "dateEnd": "2011-03-14T09:58:12Z",
        "startMethod": "APPLET",
        "answered": True,
        "chat": [
            {
                "at": "2011-03-14T09:27:31Z",
                "author": "My Tech",
                "text": "Good morning! May I look at the printer's settings?",
            },
            {
                "at": "2011-03-14T09:28:05Z",
                "author": "Example Travel Agency",
                "text": "Please do. It was fine on Friday.",
            },
        ],
        "customFields": [
            {"name": "Department", "value": "Front desk"},
            {"name": "Contract", "value": "Gold"},
        ],
    },
)

KNOWLEDGE: Line = (
    "KNOWLEDGE",
    {
        "sessionId": "3f0a6b52-9c1d-4e7a-8b35-d2c94a7e1f60",
        "agentId": "agent-17",
        "customerId": "customer-2093",
        "visitId": "visit-58f1",
        "globalVisitId": "global-visit-07ac",
    },
)

CHAT: Line = (
    "CHAT",
    {
        "sessionId": "demo-chat-1",
        "button": {"id": "button-1", "name": "Ask us"},
        "visitor": {
            "name": "Camille Exemple",
            "emailAddress": "camille@example.org",
            "networkAddress": "192.0.2.44",
            "startPage": "https://www.example.com/pricing",
            "country": "France",
            "city": "Lyon",
            "operatingSystem": "Windows 10",
            "browser": "Firefox 128",
            "userAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Firefox/128.0",
        },
        "start": {"dateTime": "2025-02-11T15:04:20", "timeZone": "Europe/Paris"},
        "messages": [
            {
                "id": "demo-chat-1-1",
                "message": "Bonjour, can I change my plan in the middle of a month?",
                "source": "VISITOR",
                "sent": {"dateTime": "2025-02-11T15:04:31", "timeZone": "Europe/Paris"},
            },
            {
                "id": "demo-chat-1-2",
                "message": "Yes: the rest of the month is set off against the new plan.",
                "source": "OPERATOR",
                "sent": {"dateTime": "2025-02-11T15:05:12", "timeZone": "Europe/Paris"},
            },
            {
                "id": "demo-chat-1-3",
                "message": "Perfect, thank you!",
                "source": "VISITOR",
                "sent": {"dateTime": "2025-02-11T15:05:40", "timeZone": "Europe/Paris"},
            },
        ],
        "status": "CLOSED",
    },
)

BOT_BY_ID: Line = (
    "BOT",
    {
        "sessionId": "6465cf6e4769ed4e822b82a1",
        "botId": "st-dc600cf5-b1c5-581e-a2c3-eb81fe39c927",
        "channel": "rtm",
        "userId": "u-8c4ca335-3152-5622-9cbb-51c6daf6c12f",
        "startTime": "2023-05-18T07:10:38.695Z",
        "endTime": "2023-05-18T07:10:39.201Z",
        "sessionLang": ["en"],
        "sessionType": "INTERACTIVE",
        "containmentType": "SELF_SERVICE",
        "isDeveloper": False,
        "tags": {"userTags": [], "sessionTags": []},
        "noOfMessagesExchanged": 3,
        "noOfTasksExecuted": 1,
    },
)


def _placeholder(session_id: str, containment: str, messages: int, **others: Any) -> Line:
    """One of the four bot samples that differ in little."""
    values = {
        "sessionId": session_id,
        "botId": "st-ffeffxxx-xxxc-xexa-axxx-cxxabxxxxcxx",
        "channel": "rtm",
        "userId": "u-xxfexxxd-xxex-xdxe-xaec-xeaxbxxxxfxx",
        "startTime": "2021-04-26T11:27:25.977Z",
        "endTime": "2021-04-26T11:27:26.145Z",
        "sessionLang": ["en"],
        "sessionType": "INTERACTIVE",
        "containmentType": containment,
        "isDeveloper": False,
        "tags": {"userTags": [{"name": "regular", "value": "newuser"}], "sessionTags": []},
        "noOfMessagesExchanged": messages,
        "noOfTasksExecuted": 0,
    }
    return "BOT", values | others


ALONE = "NON_INTERACTIVE"

SAMPLES: tuple[Line, ...] = (
    CO_BROWSE,
    REMOTE_SUPPORT,
    KNOWLEDGE,
    CHAT,
    BOT_BY_ID,
    _placeholder(PLACEHOLDER, "DROP_OFF", 1),
    _placeholder(f"{PLACEHOLDER}-selfservice", "SELF_SERVICE", 6, sessionType=ALONE),
    _placeholder("xxxxaxxexxxaxexdxxxdxxxf", "SELF_SERVICE", 8, sessionType=ALONE),
    _placeholder(
        f"{PLACEHOLDER}-agent",
        "AGENT",
        7,
        noOfTasksExecuted=2,
        tags={"userTags": [], "sessionTags": []},
    ),
)


def samples(kinds: Mapping[str, Kind]) -> Iterator[Draft]:
    """The samples of those kinds; `kinds` by their SessionKind."""
    for name, session in SAMPLES:
        if name in kinds:
            yield decode(kinds[name], session)
