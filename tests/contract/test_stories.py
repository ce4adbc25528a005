"""One story a kind through every door of the whole application, over a real engine.

What GraphQL creates, changes and deletes is seen on the vendor's paths by the next request, and
the vendors' sample bodies come back field for field.
"""

from typing import Any

import pytest

from app.rest.samples import lines
from resolvers.credentials import Issued
from tests.conftest import KINDS_BY_NAME
from tests.contract.whole import EVERYTHING, Whole, bearer, pair, signed

pytestmark = pytest.mark.anyio

(CO_BROWSE,) = lines(KINDS_BY_NAME["co_browse"])
(REMOTE_SUPPORT,) = lines(KINDS_BY_NAME["remote_support"])
(KNOWLEDGE,) = lines(KINDS_BY_NAME["knowledge"])
(CHAT,) = lines(KINDS_BY_NAME["chat"])
BOTS = lines(KINDS_BY_NAME["bot"])
BOT_BY_ID = BOTS[0]

# The vendors' own bodies.

HISTORY = {
    "id": "83d03970-c959-11e2-857d-082e5f12b9a1",
    "sessionToken": "519333886",
    "creationTime": 1369939707527,
    "activationTime": 1369939712516,
    "deactivationTime": 1369939743522,
    "pages": [
        {
            "url": "http://www.genesyslab.com/general-pages/about-us.aspx",
            "enteredTimestamp": 1369939712594,
            "duration": 11,
        },
        {
            "url": "http://www.genesyslab.com/news-and-events/index.aspx",
            "enteredTimestamp": 1369939723764,
            "duration": 7,
        },
        {
            "url": "http://www.genesyslab.com/general-pages/genesys-history.aspx",
            "enteredTimestamp": 1369939731685,
            "duration": 11,
        },
    ],
}
BY_ID = {
    "sessionId": "6465cf6e4769ed4e822b82a1",
    "botId": "st-dc600cf5-b1c5-581e-a2c3-eb81fe39c927",
    "channel": "rtm",
    "userId": "u-8c4ca335-3152-5622-9cbb-51c6daf6c12f",
    "start_time": "2023-05-18T07:10:38.695Z",
    "end_time": "2023-05-18T07:10:39.201Z",
    "session_lang": ["en"],
    "sessionType": "interactive",
    "containmentType": "selfService",
    "isDeveloper": False,
    "sessionStatus": "closed",
    "tags": {"userTags": [], "sessionTags": [], "altText": []},
    "noOfMessagesExchanged": 3,
    "noOfTasksExecuted": 1,
}
TAGGED = {
    "userTags": [{"value": "newuser", "name": "regular"}],
    "sessionTags": [],
    "altText": [],
}


def listed(session_id: str, containment: str, messages: int, **others: Any) -> dict[str, Any]:
    """A row of the vendor's list samples; `sessionStatus`, which they lack, is ours."""
    row = {
        "sessionId": session_id,
        "botId": "st-ffeffxxx-xxxc-xexa-axxx-cxxabxxxxcxx",
        "channel": "rtm",
        "userId": "u-xxfexxxd-xxex-xdxe-xaec-xeaxbxxxxfxx",
        "start_time": "2021-04-26T11:27:25.977Z",
        "end_time": "2021-04-26T11:27:26.145Z",
        "session_lang": ["en"],
        "sessionType": "interactive",
        "containmentType": containment,
        "isDeveloper": False,
        "sessionStatus": "closed",
        "tags": TAGGED,
        "noOfMessagesExchanged": messages,
        "noOfTasksExecuted": 0,
    }
    return {**row, **others}


class Teller:
    """Tells a story: mutations that must go through, requests that must be answered."""

    def __init__(self, whole: Whole, issued: Issued) -> None:
        self._whole = whole
        self.issued = issued

    async def mutate(self, field: str, arguments: str = "", **given: tuple[str, Any]) -> None:
        """One mutation without an error; variables are pairs of type and value."""
        types = ", ".join(f"${name}: {type_}" for name, (type_, _) in given.items())
        passed = ", ".join([*(f"{name}: ${name}" for name in given), *filter(None, [arguments])])
        declared = f"({types})" if types else ""
        query = f"mutation {declared} {{ {field}({passed}) {{ errors {{ code message }} }} }}"
        values = {name: value for name, (_, value) in given.items()}
        answer = await self._whole.graphql(self.issued, query, **values)
        assert answer == {"data": {field: {"errors": []}}}

    async def create(self, type_name: str, values: dict[str, Any]) -> None:
        given = {name: value for name, value in values.items() if name != "status"}
        await self.mutate(f"create{type_name}", input=(f"Create{type_name}Input!", given))

    async def update(self, type_name: str, session_id: str, values: dict[str, Any]) -> None:
        await self.mutate(
            f"update{type_name}",
            sessionId=("String!", session_id),
            input=(f"Update{type_name}Input!", values),
        )

    async def delete(self, type_name: str, session_id: str) -> None:
        await self.mutate(f"delete{type_name}", sessionId=("String!", session_id))

    async def ask(self, query: str) -> Any:
        """The data of a query."""
        answer = await self._whole.graphql(self.issued, query)
        assert "errors" not in answer
        return answer["data"]

    async def send(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """Status and JSON of a vendor's path."""
        answer = await self._whole.http.request(method, path, **options)
        return answer.status_code, answer.json()

    async def text(self, path: str, **options: Any) -> str:
        """The body of a vendor's path."""
        return (await self._whole.http.get(path, **options)).text


@pytest.fixture
async def teller(whole: Whole) -> Teller:
    return Teller(whole, await whole.issue(*EVERYTHING))


async def test_co_browse(teller: Teller) -> None:
    """Hidden while it goes on; the vendor's sample once it is over; gone when deleted."""
    session_id, headers = HISTORY["id"], bearer(teller.issued)
    paths = [f"{base}/history/sessions/{session_id}" for base in ("", "/cobrowse/rest")]
    end = CO_BROWSE["deactivationTime"]
    running = {name: value for name, value in CO_BROWSE.items() if name != "deactivationTime"}
    await teller.create("CoBrowseSession", running)
    assert (await teller.send("GET", paths[0], headers=headers))[0] == 404
    on = f'sessionId: "{session_id}", endedAt: "{end}"'
    await teller.mutate("endCoBrowseSession", on)
    for path in paths:
        assert await teller.send("GET", path, headers=headers) == (200, HISTORY)
    later = {"deactivationTime": "2013-05-30T18:49:04.522Z"}
    await teller.update("CoBrowseSession", str(session_id), later)
    _, changed = await teller.send("GET", paths[1], headers=headers)
    assert (changed["deactivationTime"], changed["pages"][2]["duration"]) == (1369939744522, 12)
    await teller.delete("CoBrowseSession", str(session_id))
    assert (await teller.send("GET", paths[0], headers=headers))[0] == 404


async def test_remote_support(teller: Teller) -> None:
    """The vendor's third example call, in XML; a change and an end are seen, then nothing is."""
    key, path = teller.issued.key, "/get_session_history.php"
    running = {name: value for name, value in REMOTE_SUPPORT.items() if name != "dateEnd"}
    await teller.create("RemoteSupportSession", running)
    words = (
        "CUSTOMER_NAME CUSTOMER_NUMBER COMPUTER_NAME COMPUTER_DOMAIN PROBLEM_DESCRIPTION "
        "TECH_USERNAME DATE_START DATE_END HAS_VIDEOS COMPUTER_OS NOTES"
    )
    await teller.mutate(
        "endRemoteSupportSession", 'sessionId: "12334", endedAt: "2011-03-14T09:58:12Z"'
    )
    asked = {"KEY": key, "VARS": words, "FILTER_ID": "12334"}
    assert await teller.text(path, params=asked) == (
        "<response><nrequests>1</nrequests><requests><request>"
        "<customer_name>Example Travel Agency</customer_name>"
        "<customer_number>C-1042</customer_number><computer_name>FRONTDESK-03</computer_name>"
        "<computer_domain>corp.example.com</computer_domain>"
        "<problem_description>The printer at the front desk prints blank pages."
        "</problem_description><tech_username>mytech@techplace.com</tech_username>"
        "<date_start>2011-03-14 09:26:53</date_start><date_end>2011-03-14 09:58:12</date_end>"
        "<has_videos>TRUE</has_videos><computer_os>Windows 7 Professional 64-bit</computer_os>"
        "<notes>Replaced the printer's driver &amp; printed a test page: all is well.</notes>"
        "</request></requests></response>"
    )
    await teller.update("RemoteSupportSession", "12334", {"customerNumber": "C-7"})
    form = {"KEY": key, "VARS": "ID CUSTOMER_NUMBER", "OUTPUT_FORMAT": "JSON"}
    for live in (path, "/integration/get_history_api.php"):
        assert await teller.send("POST", live, data=form) == (
            200,
            {"nrequests": 1, "requests": [{"id": 12334, "customer_number": "C-7"}]},
        )
    await teller.delete("RemoteSupportSession", "12334")
    assert await teller.send("POST", path, data=form) == (200, {"nrequests": 0, "requests": []})


async def test_knowledge(teller: Teller) -> None:
    """From GraphQL to both paths: made, linked, and after its deletion a new one under its id."""
    session_id, headers = KNOWLEDGE["sessionId"], bearer(teller.issued)
    await teller.create("KnowledgeSession", KNOWLEDGE)
    for base in ("", "/gks-server/v1"):
        path = f"{base}/sessions/{session_id}"
        assert await teller.send("GET", path, headers=headers) == (200, KNOWLEDGE)
    await teller.update("KnowledgeSession", session_id, {"visitId": "v2"})
    await teller.mutate("linkKnowledgeSession", f'sessionId: "{session_id}", agentId: "a2"')
    _, linked = await teller.send("GET", f"/sessions/{session_id}", headers=headers)
    assert linked == {**KNOWLEDGE, "visitId": "v2", "agentId": "a2"}
    await teller.delete("KnowledgeSession", session_id)
    _, anew = await teller.send("GET", f"/sessions/{session_id}", headers=headers)
    assert anew == {**dict.fromkeys(KNOWLEDGE), "sessionId": session_id}


async def test_knowledge_the_other_way(teller: Teller) -> None:
    """From the paths to GraphQL: what PUT makes and POST links is there."""
    headers = {**bearer(teller.issued), "gkc_agentId": "a1"}
    _, made = await teller.send("PUT", "/gks-server/v1/sessions/new", headers=headers)
    path = f"/sessions/{made['sessionId']}"
    visits = {"visitId": "v1", "globalVisitId": "g1"}
    customer = {**bearer(teller.issued), "gkc_customerId": "c1"}
    status, linked = await teller.send("POST", path, headers=customer, json=visits)
    assert status == 200
    fields = " ".join(linked)
    one = await teller.ask(
        f'{{ knowledgeSession(sessionId: "{made["sessionId"]}") {{ {fields} }} }}'
    )
    assert one == {"knowledgeSession": {**made, "customerId": "c1", **visits}}
    other = {**bearer(teller.issued), "gkc_customerId": "c2"}
    assert (await teller.send("POST", path, headers=other))[0] == 400
    everything = await teller.ask("{ knowledgeSessions { totalCount nodes { customerId } } }")
    assert everything == {"knowledgeSessions": {"totalCount": 1, "nodes": [{"customerId": "c1"}]}}


async def test_chat(teller: Teller) -> None:
    """Made, continued, closed, counted and removed; both spellings of the address."""
    session_id, headers = CHAT["sessionId"], pair(teller.issued)
    base = "/api/2.0/chat/console/history"
    *first, last = CHAT["messages"]
    await teller.create("ChatSession", {**CHAT, "messages": first})
    await teller.mutate(
        "appendChatMessages",
        f'sessionId: "{session_id}"',
        messages=("[ChatMessageInput!]!", [last]),
    )
    visitor = CHAT["visitor"]
    body = {
        "id": session_id,
        "button": {"id": CHAT["button"]["buttonId"], "name": CHAT["button"]["name"]},
        "visitor": {**visitor, "emaillAddress": visitor["emailAddress"]},
        "start": CHAT["start"],
        "messages": [
            {
                "id": message["messageId"],
                "sessionId": session_id,
                "message": message["message"],
                "source": message["source"].lower(),
                "sent": {**message["sent"], "datetime": message["sent"]["dateTime"]},
            }
            for message in CHAT["messages"]
        ],
    }
    for path in (base, "/api/2.0/chat/history"):
        assert await teller.send("GET", f"{path}/{session_id}", headers=headers) == (200, body)
    span = {"startDate": "2025-02-11T15:00:00 01:00", "endDate": "2025-02-11T14:05:00Z"}
    await teller.mutate("endChatSession", f'sessionId: "{session_id}"')
    _, figures = await teller.send("GET", base, headers=headers, params=span)
    assert figures == {"summary": {"averageChatSessionDuration": 69.0, "chatSessions": 1}}
    await teller.update("ChatSession", session_id, {"button": {"buttonId": "b2", "name": "Help"}})
    _, changed = await teller.send("GET", f"{base}/{session_id}", headers=headers)
    assert changed["button"] == {"id": "b2", "name": "Help"}
    await teller.delete("ChatSession", session_id)
    assert (await teller.send("GET", f"{base}/{session_id}", headers=headers))[0] == 404
    _, none = await teller.send("GET", base, headers=headers, params=span)
    assert none == {"summary": {"averageChatSessionDuration": 0.0, "chatSessions": 0}}


async def test_bot_samples(teller: Teller) -> None:
    """The four bodies of the vendor's pages."""
    for values in BOTS:
        await teller.create("BotSession", values)
    headers, span = signed(teller.issued), {"dateFrom": "2021-04-20", "dateTo": "2021-04-27"}
    placeholder = "xxxxaxxexxxaxexdxxxdxxxe"
    alone = {"sessionType": "non-interactive"}
    expected = {
        "dropOff": [listed(placeholder, "dropOff", 1)],
        "selfService": [
            listed(f"{placeholder}-selfservice", "selfService", 6, **alone),
            listed("xxxxaxxexxxaxexdxxxdxxxf", "selfService", 8, **alone),
        ],
        "agent": [
            listed(
                f"{placeholder}-agent",
                "agent",
                7,
                noOfTasksExecuted=2,
                tags={"userTags": [], "sessionTags": [], "altText": []},
            )
        ],
    }
    path = "/api/public/bot/st-ffeffxxx-xxxc-xexa-axxx-cxxabxxxxcxx/getSessions"
    for word, rows in expected.items():
        asked = {"params": {"containmentType": word}, "json": span, "headers": headers}
        body = {"total": len(rows), "moreAvailable": False, "sessions": rows}
        assert await teller.send("POST", path, **asked) == (200, body)
    asked = {"sessionId": ["6465cf6e4769ed4e822b82a1", "6465cf6e47Q9ed4e822b82a1"]}
    assert await teller.send("POST", "/api/public/getSessions", headers=headers, json=asked) == (
        200,
        {
            "total": 1,
            "moreAvailable": False,
            "sessions": [BY_ID],
            "invalidSessions": ["6465cf6e47Q9ed4e822b82a1"],
        },
    )


async def test_bot(teller: Teller) -> None:
    """Active, tagged, closed and removed, each seen by the next request."""
    given = {**BOT_BY_ID, "endTime": None, "containmentType": None}
    await teller.create("BotSession", given)
    path = f"/api/public/stream/{BY_ID['botId']}/getSessions"
    headers, asked = signed(teller.issued), {"dateFrom": "2023-05-18"}

    async def row() -> dict[str, Any]:
        _, body = await teller.send("POST", path, headers=headers, json=asked)
        (only,) = body["sessions"]
        return dict(only)

    active = {**BY_ID, "sessionStatus": "active"}
    del active["end_time"], active["containmentType"]
    assert await row() == active
    on = f'sessionId: "{BY_ID["sessionId"]}"'
    await teller.mutate("tagBotSession", f'{on}, userTags: [{{name: "n", value: "v"}}]')
    await teller.update("BotSession", str(BY_ID["sessionId"]), {"noOfTasksExecuted": 2})
    end = 'endedAt: "2023-05-18T07:10:39.201Z", containmentType: AGENT'
    await teller.mutate("endBotSession", f"{on}, {end}")
    tags = {"userTags": [{"value": "v", "name": "n"}], "sessionTags": [], "altText": []}
    told = {"containmentType": "agent", "tags": tags, "noOfTasksExecuted": 2}
    assert await row() == {**BY_ID, **told}
    await teller.delete("BotSession", str(BY_ID["sessionId"]))
    _, none = await teller.send("POST", path, headers=headers, json=asked)
    assert none == {"total": 0, "moreAvailable": False, "sessions": []}
