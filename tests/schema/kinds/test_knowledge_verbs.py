"""The verb of knowledge sessions: link."""

from tests.schema.conftest import Client

ID = "0b6f3c55-6a3c-4a1e-9f4f-53a0c8f6c7d1"
LINK = """mutation ($id: String!, $agent: String, $customer: String, $visit: String,
    $global: String) {
  linkKnowledgeSession(sessionId: $id, agentId: $agent, customerId: $customer, visitId: $visit,
    globalVisitId: $global) {
    session { sessionId agentId customerId visitId globalVisitId customer { customerId name }
      createdAt updatedAt status }
    errors { code field message } } }"""


def test_unknown_is_created(client: Client) -> None:
    """Linking an unknown session creates it with what is given."""
    assert client.data(LINK, id=ID, agent="a", customer="c") == {
        "session": {
            "sessionId": ID,
            "agentId": "a",
            "customerId": "c",
            "visitId": None,
            "globalVisitId": None,
            "customer": {"customerId": "c", "name": None},
            "createdAt": "2026-03-01T09:30:00.000Z",
            "updatedAt": "2026-03-01T09:30:00.000Z",
            "status": None,
        },
        "errors": [],
    }


def test_repeated(client: Client) -> None:
    """A second call adds what is given and keeps the rest."""
    client.data(LINK, id=ID, agent="a", visit="v")
    client.clock.advance(seconds=1)
    session = client.data(LINK, id=ID, customer="c", **{"global": "g"})["session"]
    assert [session[name] for name in ("agentId", "customerId", "visitId", "globalVisitId")] == [
        "a",
        "c",
        "v",
        "g",
    ]
    assert session["createdAt"] < session["updatedAt"]


def test_same_again(client: Client) -> None:
    """The same call again changes nothing."""
    client.data(LINK, id=ID, agent="a")
    before = client.stored("knowledge", ID)
    client.clock.advance(seconds=1)
    client.data(LINK, id=ID, agent="a")
    assert client.stored("knowledge", ID) == before


def test_null_unlinks(client: Client) -> None:
    """An explicit null takes the link away."""
    client.data(LINK, id=ID, agent="a", customer="c")
    session = client.data(LINK, id=ID, customer=None)["session"]
    assert (session["agentId"], session["customerId"], session["customer"]) == ("a", None, None)


def test_impossible_id(client: Client) -> None:
    """An id that is no UUID creates nothing."""
    refusal = client.refusal(LINK, id="not-a-uuid", agent="a")
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["sessionId"])
    assert client.stored("knowledge", "not-a-uuid") is None


def test_too_long(client: Client) -> None:
    """A text over its limit is refused at its argument, and nothing is created."""
    refusal = client.refusal(LINK, id=ID, agent="x" * 201)
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["agentId"])
    assert client.stored("knowledge", ID) is None


def test_at_once(client: Client) -> None:
    """First links at the same time create one session with all that they link."""
    client.together(
        (LINK, {"id": ID, "agent": "a"}),
        (LINK, {"id": ID, "customer": "c"}),
        (LINK, {"id": ID, "visit": "v"}),
    )
    stored = client.stored("knowledge", ID)
    assert stored is not None
    assert (stored["agentId"], stored["customerId"], stored["visitId"]) == ("a", "c", "v")
