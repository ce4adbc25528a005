"""What the suite knows of co-browse sessions."""

from datetime import timedelta

from tests.kinds.sample import COMMON, NOON, NOW_TEXT, PII, Example, Sample, Verb

LAST = {
    "url": "https://shop.example/b",
    "enteredTimestamp": "2013-05-30T18:48:43.764Z",
    "duration": 19,
}

SAMPLE = Sample(
    kind="co_browse",
    session_id="83d03970-c959-11e2-857d-082e5f12b9a1",
    fields="""sessionToken: String!, creationTime: DateTime!, activationTime: DateTime,
        deactivationTime: DateTime, pages: CoBrowsePageConnection, pageCount: Int!,
        lastPage: CoBrowsePage""",
    types={
        "CoBrowsePage": "url: String!, enteredTimestamp: DateTime!, duration: Int",
    },
    verbs={
        "activateCoBrowseSession": Verb("id: ID, sessionId: String, ifRevision: Int, at: DateTime"),
        "enterCoBrowsePage": Verb(
            "id: ID, sessionId: String, ifRevision: Int, url: String!, at: DateTime",
            {"url": "https://example.com/"},
        ),
        "endCoBrowseSession": Verb("id: ID, sessionId: String, ifRevision: Int, endedAt: DateTime"),
    },
    another={"sessionToken": "000000001"},
    least={"sessionToken": "519333886"},
    least_shown={
        **COMMON,
        "customer": None,
        "sessionToken": "519333886",
        "creationTime": NOW_TEXT,
        "activationTime": None,
        "deactivationTime": None,
        "pages": {"nodes": []},
        "pageCount": 0,
        "lastPage": None,
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
        "pages": {
            "nodes": [
                {
                    "url": "https://shop.example/a",
                    "enteredTimestamp": "2013-05-30T18:48:32.594Z",
                    "duration": 11,
                },
                LAST,
            ]
        },
        "pageCount": 2,
        "lastPage": LAST,
    },
    change={"activationTime": "2013-05-30T18:48:33.000Z"},
    change_shown={
        "activationTime": "2013-05-30T18:48:33.000Z",
        "startedAt": "2013-05-30T18:48:33.000Z",
        "durationSeconds": 30.522,
        # The first page counts from the activation.
        "pages": {
            "nodes": [
                {
                    "url": "https://shop.example/a",
                    "enteredTimestamp": "2013-05-30T18:48:32.594Z",
                    "duration": 10,
                },
                LAST,
            ]
        },
        "pageCount": 2,
        "lastPage": LAST,
    },
    nullable="deactivationTime",
    required="creationTime",
    too_long=(
        {"pages": [{"url": "https://shop.example/" + "x" * 2048}]},
        ["input", "pages", "0", "url"],
    ),
    example=Example(
        session_id="83d03970-c959-11e2-857d-082e5f12b9a1",
        values={"creationTime": NOON, "activationTime": NOON},
        change={"pages": [{"url": "https://shop.example/a", "enteredTimestamp": NOON}]},
        nullable="activationTime",
        too_long=("pages", [{"url": f"https://shop.example/{'x' * 2048}"}]),
        started=lambda moment: {"creationTime": moment, "activationTime": moment},
    ),
    personal={
        "creationTime": NOON,
        "deactivationTime": NOON + timedelta(seconds=9),
        "pages": [{"url": f"https://example.com/{PII}url", "enteredTimestamp": NOON}],
    },
)
