"""What the suite knows of video sessions."""

from tests.kinds.sample import COMMON, NOW_TEXT, Sample, Verb

SAMPLE = Sample(
    kind="video",
    session_id="0b6f3c55-6a3c-4a1e-9f4f-53a0c8f6c7d2",
    fields="""room: String!, invitation: String!, began: DateTime!, ended: DateTime,
        quality: VideoQuality, price: Float, notes: [String!]!, guests: VideoGuestConnection,
        guestCount: Int!, lastGuest: VideoGuest""",
    types={
        "VideoGuest": "name: String!, pauses: [VideoPause!]!",
        "VideoPause": "since: DateTime!, until: DateTime, seconds: Int",
    },
    enums={"VideoQuality": "SHARP BLURRED"},
    inputs={
        "VideoGuestInput": "name: String!, pauses: [VideoPauseInput!]",
        "VideoPauseInput": "since: DateTime, until: DateTime",
        "VideoGuestListFilter": """some: VideoGuestFilter, none: VideoGuestFilter,
            every: VideoGuestFilter""",
        "VideoGuestFilter": "name: StringFilter, pauses: VideoPauseListFilter",
    },
    verbs={
        "joinVideoSession": Verb(
            "id: ID, sessionId: String, ifRevision: Int, guests: [VideoGuestInput!]!",
            {"guests": [{"name": "Ada"}]},
        ),
        "endVideoSession": Verb("id: ID, sessionId: String, ifRevision: Int, endedAt: DateTime"),
    },
    another={"invitation": "00000002"},
    least={"room": "blue", "invitation": "00000001"},
    least_shown={
        **COMMON,
        "customer": None,
        "room": "blue",
        "invitation": "00000001",
        "began": NOW_TEXT,
        "ended": None,
        "quality": None,
        "price": None,
        "notes": [],
        "guests": {"nodes": []},
        "guestCount": 0,
        "lastGuest": None,
    },
    full={
        "room": "blue",
        "invitation": "00000001",
        "began": "2026-02-01T07:00:00Z",
        "ended": "2026-02-01T07:30:00Z",
        "quality": "SHARP",
        "price": 12.5,
        "notes": ["Starts late."],
        "guests": [
            {
                "name": "Ada",
                "pauses": [{"since": "2026-02-01T07:05:00Z", "until": "2026-02-01T07:05:09Z"}],
            },
            {"name": "Bo"},
        ],
    },
    full_shown={
        **COMMON,
        "status": "CLOSED",
        "startedAt": "2026-02-01T07:00:00.000Z",
        "endedAt": "2026-02-01T07:30:00.000Z",
        "durationSeconds": 1800.0,
        "customer": {"customerId": None, "name": "Ada", "email": None},
        "room": "blue",
        "invitation": "00000001",
        "began": "2026-02-01T07:00:00.000Z",
        "ended": "2026-02-01T07:30:00.000Z",
        "quality": "SHARP",
        "price": 12.5,
        "notes": ["Starts late."],
        "guests": {
            "nodes": [
                {
                    "name": "Ada",
                    "pauses": [
                        {
                            "since": "2026-02-01T07:05:00.000Z",
                            "until": "2026-02-01T07:05:09.000Z",
                            "seconds": 9,
                        }
                    ],
                },
                {"name": "Bo", "pauses": []},
            ]
        },
        "guestCount": 2,
        "lastGuest": {"name": "Bo", "pauses": []},
    },
    change={"price": 13.0},
    change_shown={"price": 13.0},
    nullable="quality",
    required="room",
    too_long=({"room": "x" * 51}, ["input", "room"]),
)
