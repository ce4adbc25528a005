"""What is special about video sessions."""

from tests.schema.conftest import Client

CREATE = """mutation ($input: CreateVideoSessionInput!) { createVideoSession(input: $input) {
  session { sessionId guestCount guests { nodes { name pauses { seconds } } } }
  errors { code field message } } }"""
JOIN = """mutation ($id: String!, $guests: [VideoGuestInput!]!) {
  joinVideoSession(sessionId: $id, guests: $guests) {
    session { guestCount guests { nodes { name } } lastGuest { name } }
    errors { code field message } } }"""
END = """mutation ($id: String!) { endVideoSession(sessionId: $id) {
  session { status durationSeconds } errors { code field message } } }"""
PAGE = """query ($filter: VideoSessionFilter, $after: String) {
  videoSessions(filter: $filter, first: 2, after: $after,
    orderBy: [{field: GUEST_COUNT, direction: DESC}])
  { nodes { room guestCount } totalCount pageInfo { endCursor } } }"""
PAUSE = {"since": "2026-03-01T09:00:00Z", "until": "2026-03-01T09:00:07Z"}


def made(client: Client, room: str, *guests: str) -> str:
    """A session with these guests, each with one pause."""
    given = [{"name": name, "pauses": [PAUSE]} for name in guests]
    payload = client.data(CREATE, input={"room": room, "guests": given})
    assert payload["errors"] == []
    return str(payload["session"]["sessionId"])


def test_pages_by_a_computed_column(client: Client) -> None:
    """Lists within lists can be filtered, computed columns ordered by."""
    for room, guests in (("a", "x"), ("b", "xy"), ("c", "xyz"), ("d", "")):
        made(client, room, *guests)
    paused = {"guests": {"some": {"pauses": {"some": {"since": {"lte": PAUSE["since"]}}}}}}
    first = client.data(PAGE, filter=paused)
    assert ([row["room"] for row in first["nodes"]], first["totalCount"]) == (["c", "b"], 3)
    rest = client.data(PAGE, filter=paused, after=first["pageInfo"]["endCursor"])
    assert rest["nodes"] == [{"room": "a", "guestCount": 1}]


def test_guests_join(client: Client) -> None:
    """They are counted, and a wrong one is named by its path."""
    session_id = made(client, "a", "Ada")
    joined = client.data(JOIN, id=session_id, guests=[{"name": "Bo"}])["session"]
    assert joined == {
        "guestCount": 2,
        "guests": {"nodes": [{"name": "Ada"}, {"name": "Bo"}]},
        "lastGuest": {"name": "Bo"},
    }
    refusal = client.refusal(JOIN, id=session_id, guests=[{"name": "x" * 101}])
    assert refusal["field"] == ["guests", "0", "name"]


def test_an_invitation_is_one_live_sessions(client: Client) -> None:
    """It is free again once the session has ended, and has its form."""
    one = {"room": "a", "invitation": "0000000a"}
    session_id = client.data(CREATE, input=one)["session"]["sessionId"]
    assert client.refusal(CREATE, input=one)["code"] == "ALREADY_EXISTS"
    client.clock.advance(seconds=3)
    ended = client.data(END, id=session_id)["session"]
    assert ended == {"status": "CLOSED", "durationSeconds": 3.0}
    assert client.refusal(END, id=session_id)["code"] == "CONFLICT"
    assert client.data(CREATE, input=one)["errors"] == []
    refusal = client.refusal(CREATE, input={"room": "a", "invitation": "long"})
    assert refusal["message"].startswith("This must match [0-9a-f]{8} as a whole: Eight letters")


def test_the_notes_are_searched(client: Client) -> None:
    """The columns with the note, and no others: a room's name is none of the words."""
    client.data(CREATE, input={"room": "kangaroo", "notes": ["It starts late.", "Emus came."]})
    text = """query ($text: String!) { searchSessions(text: $text, kinds: [VIDEO]) {
      edges { matches { field parts { text isHit } } } } }"""
    (edge,) = client.data(text, text='emu* "starts late"')["edges"]
    assert [match["field"] for match in edge["matches"]] == ["notes", "notes"]
    assert edge["matches"][1]["parts"][0] == {"text": "Emus", "isHit": True}
    assert client.data(text, text="kangaroo")["edges"] == []
