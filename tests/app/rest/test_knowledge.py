"""Knowledge sessions by the vendor's paths: five fields, three verbs, one error shape."""

# ruff: noqa: F811
import uuid
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.rest.knowledge import request
from resolvers.errors import BadInput
from schema.kinds.knowledge import KNOWLEDGE
from tests.app.rest.legacy import Door, door  # noqa: F401
from tests.properties import examples

ID = "83d03970-c959-11e2-857d-082e5f12b9a1"
ROOT = {"Authorization": "Bearer root-key"}
NOBODY = {"agentId": None, "customerId": None, "visitId": None, "globalVisitId": None}
BASES = ("", "/gks-server/v1")


def is_uuid(text: str) -> bool:
    return str(uuid.UUID(text)) == text


def error(status: int, message: str) -> bytes:
    return b'{"statusCode":%d,"errorMessage":"%s"}' % (status, message.encode())


@pytest.mark.difference("knowledge.envelope")
@pytest.mark.parametrize("base", BASES)
def test_put_without_a_body_makes_an_anonymous_session(door: Door, base: str) -> None:
    """PUT needs neither body nor Content-Type, and answers 200 as application/json."""
    answer = door.send("PUT", f"{base}/sessions/new", headers=ROOT)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert {**answer.json(), "sessionId": None} == {"sessionId": None, **NOBODY}
    assert is_uuid(answer.json()["sessionId"])


@pytest.mark.difference("knowledge.fields")
def test_the_body_is_session_info_to_the_byte(door: Door) -> None:
    """Five fields in the vendor's order, without blanks, unset ones null."""
    door.create(KNOWLEDGE, {"sessionId": ID, "agentId": "a1", "visitId": "v1"})
    answer = door.send("GET", f"/sessions/{ID}", headers=ROOT)
    assert answer.content == (
        b'{"sessionId":"83d03970-c959-11e2-857d-082e5f12b9a1","agentId":"a1","customerId":null,'
        b'"visitId":"v1","globalVisitId":null}'
    )


def test_put_takes_headers_and_body(door: Door) -> None:
    """Agent and customer come as headers, the visits in the body."""
    headers = {**ROOT, "gkc_agentId": "a1", "gkc_customerId": "jo@example.com"}
    body = {"visitId": "v1", "globalVisitId": "g1", "email": "ignored"}
    answer = door.send("PUT", "/sessions/new", body, headers).json()
    assert list(answer.values())[1:] == ["a1", "jo@example.com", "v1", "g1"]


def test_headers_are_read_as_utf_8(door: Door) -> None:
    """Browsers send other letters as UTF-8; Latin-1 is accepted as well."""
    for raw in ("Zoë".encode(), "Zoë".encode("latin-1")):
        headers: dict[str, Any] = {**ROOT, "gkc_agentId": raw}
        assert door.send("PUT", "/sessions/new", headers=headers).json()["agentId"] == "Zoë"


def test_get_of_an_unknown_id_makes_that_session(door: Door) -> None:
    """The session has the id that was asked for, and who asked."""
    answer = door.send("GET", f"/sessions/{ID}", headers={**ROOT, "gkc_customerId": "c1"})
    assert answer.json() == {"sessionId": ID, **NOBODY, "customerId": "c1"}
    assert [row["_id"] for row in door.stored(KNOWLEDGE)] == [ID]


def test_get_changes_no_session_that_is_there(door: Door) -> None:
    """The headers of a GET identify nobody on an existing session."""
    door.create(KNOWLEDGE, {"sessionId": ID})
    before = door.stored(KNOWLEDGE)
    assert door.send("GET", f"/sessions/{ID}", headers={**ROOT, "gkc_agentId": "a1"}).json() == {
        "sessionId": ID,
        **NOBODY,
    }
    assert door.stored(KNOWLEDGE) == before


def test_auto_create_can_be_turned_off(door: Door) -> None:
    """GATEWAY_KNOWLEDGE_AUTO_CREATE=false: 404, and nothing is stored."""
    door.settings(knowledge_auto_create=False)
    for session_id in (ID, "00000000-0000-0000-0000-0000000000"):
        answer = door.send("GET", f"/sessions/{session_id}", headers=ROOT)
        assert (answer.status_code, answer.content) == (404, error(404, "Session not found"))
    assert door.stored(KNOWLEDGE) == []


def test_a_reader_makes_no_session(door: Door) -> None:
    """Without knowledge:write an unknown id is 404."""
    door.admit("reader", "knowledge:read")
    headers = {"Authorization": "Bearer reader-key"}
    assert door.send("GET", f"/sessions/{ID}", headers=headers).status_code == 404
    assert door.stored(KNOWLEDGE) == []


@pytest.mark.difference("knowledge.fresh_id")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_id_that_is_no_uuid_gets_a_fresh_one(door: Door, method: str) -> None:
    """A real client starts with ten zeros where a UUID has twelve digits."""
    path = "/gks-server/v1/sessions/00000000-0000-0000-0000-0000000000"
    answer = door.send(method, path, headers={**ROOT, "gkc_customerId": "c1"}).json()
    assert is_uuid(answer["sessionId"])
    assert answer["customerId"] == "c1"
    assert [row["_id"] for row in door.stored(KNOWLEDGE)] == [answer["sessionId"]]


def test_post_creates_an_unknown_session_and_links_it(door: Door) -> None:
    """POST works on an id that nobody has made, also with auto-create turned off."""
    door.settings(knowledge_auto_create=False)
    answer = door.send("POST", f"/sessions/{ID}", {"visitId": "v1"}, ROOT)
    assert answer.json() == {"sessionId": ID, **NOBODY, "visitId": "v1"}


def test_post_leaves_what_is_not_sent(door: Door) -> None:
    """Missing, null and empty values change nothing."""
    known = {"agentId": "a1", "customerId": "c1", "visitId": "v1", "globalVisitId": "g1"}
    door.create(KNOWLEDGE, {"sessionId": ID, **known})
    body = {"visitId": None, "globalVisitId": ""}
    answer = door.send("POST", f"/sessions/{ID}", body, {**ROOT, "gkc_customerId": ""})
    assert answer.json() == {"sessionId": ID, **known}
    answer = door.send("POST", f"/sessions/{ID}", {"visitId": "v2"}, {**ROOT, "gkc_agentId": "a2"})
    assert answer.json() == {"sessionId": ID, **known, "agentId": "a2", "visitId": "v2"}


@pytest.mark.difference("knowledge.other_customer")
def test_post_refuses_another_customer(door: Door) -> None:
    """400, and the session stays as it was; the same customer again is fine."""
    door.create(KNOWLEDGE, {"sessionId": ID, "customerId": "c1"})
    body = {"visitId": "v1"}
    answer = door.send("POST", f"/sessions/{ID}", body, {**ROOT, "gkc_customerId": "c2"})
    expected = error(400, "The session is tied to another customer.")
    assert (answer.status_code, answer.content) == (400, expected)
    assert "visitId" not in door.stored(KNOWLEDGE)[0]
    answer = door.send("POST", f"/sessions/{ID}", body, {**ROOT, "gkc_customerId": "c1"})
    assert answer.json()["visitId"] == "v1"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "The body is not valid JSON."),
        (b"visitId=v1", "The body is not valid JSON."),
        (b"[]", "The body must be a JSON object."),
        (b"null", "The body must be a JSON object."),
        (b'{"visitId":1}', "visitId must be a string."),
        (b'{"globalVisitId":["g"]}', "globalVisitId must be a string."),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("PUT", "new"), ("POST", ID)])
def test_a_wrong_body_is_400(door: Door, method: str, path: str, body: bytes, message: str) -> None:
    """The error names the field, and nothing is stored."""
    answer = door.send(method, f"/sessions/{path}", body, ROOT)
    assert (answer.status_code, answer.content) == (400, error(400, message))
    assert door.stored(KNOWLEDGE) == []


@pytest.mark.parametrize("text", ["x" * 201, "a\0b"])
def test_a_text_beyond_the_limits_is_400(door: Door, text: str) -> None:
    """What the resolvers call INVALID is a bad request here."""
    answer = door.send("PUT", "/sessions/new", {"visitId": text}, ROOT)
    assert (answer.status_code, answer.json()["statusCode"]) == (400, 400)


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/sessions/new", "PUT"),
        ("DELETE", f"/sessions/{ID}", "GET, POST"),
        ("PUT", f"/gks-server/v1/sessions/{ID}", "GET, POST"),
    ],
)
def test_other_methods_are_405(door: Door, method: str, path: str, allow: str) -> None:
    """With Allow, in the vendor's shape, whoever asks."""
    answer = door.send(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    assert answer.content == error(405, "Method Not Allowed")


@pytest.mark.parametrize(
    "path", ["/sessions", "/sessions/a/b", "/gks-server/v1/kbs", "/gks-server"]
)
def test_unknown_addresses_are_404(door: Door, path: str) -> None:
    """In the vendor's shape."""
    answer = door.send("GET", path, headers=ROOT)
    expected = error(404, "There is nothing at this address.")
    assert (answer.status_code, answer.content) == (404, expected)


@pytest.mark.difference("knowledge.key")
def test_a_key_is_needed(door: Door) -> None:
    """401 in the vendor's shape, unless the path is open."""
    answer = door.send("PUT", "/sessions/new")
    assert (answer.status_code, answer.json()["statusCode"]) == (401, 401)
    assert answer.headers["www-authenticate"] == "Bearer"
    door.state.authenticator.open = frozenset({"knowledge"})
    assert door.send("PUT", "/sessions/new").status_code == 200


def test_a_scope_is_needed(door: Door) -> None:
    """403 in the vendor's shape for a credential of another kind."""
    door.admit("chatter", "chat:read", "chat:write")
    for method, path in (("PUT", "new"), ("GET", ID), ("POST", ID)):
        headers = {"Authorization": "Bearer chatter-key"}
        answer = door.send(method, f"/sessions/{path}", headers=headers)
        assert (answer.status_code, answer.json()["statusCode"]) == (403, 403)
    assert door.stored(KNOWLEDGE) == []


def test_too_many_requests_are_429(door: Door) -> None:
    """With Retry-After."""
    door.state.authenticator.full = {None}
    answer = door.send("PUT", "/sessions/new", headers=ROOT)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "17")
    assert answer.json()["statusCode"] == 429


def test_an_expired_session_is_unknown(door: Door) -> None:
    """It is gone before the database has removed it: its id leads to a new session, or to 404."""
    door.create(KNOWLEDGE, {"sessionId": ID, "agentId": "a1"})
    door.state.time = door.state.time.replace(minute=40)
    door.settings(retention_knowledge_seconds=60, knowledge_auto_create=False)
    assert door.send("GET", f"/sessions/{ID}", headers=ROOT).status_code == 404
    door.settings(retention_knowledge_seconds=60)
    answer = door.send("GET", f"/sessions/{ID}", headers=ROOT)
    assert (answer.status_code, answer.json()) == (200, {"sessionId": ID, **NOBODY})


def test_wrongly_stored_values_are_null(door: Door) -> None:
    """A broken record is shown as far as it can be."""
    door.create(KNOWLEDGE, {"sessionId": ID, "visitId": "v1"})
    door.alter(KNOWLEDGE, ID, {"$set": {"agentId": 5, "customerId": {"a": 1}}})
    answer = door.send("GET", f"/sessions/{ID}", headers=ROOT)
    assert answer.json() == {"sessionId": ID, **NOBODY, "visitId": "v1"}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.binary() | JSON.map(lambda value: orjson.dumps(value) if _fits(value) else b"0"))
def test_decode_gives_texts_or_bad_input(body: bytes) -> None:
    """Whatever a body is, only texts come out of it."""
    try:
        values = request.decode({}, body)
    except BadInput:
        return
    assert all(isinstance(value, str) and value for value in values.values())


def _fits(value: object) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


def test_nothing_that_is_sent_breaks_a_path(door: Door) -> None:
    """Arbitrary ids, headers and bodies: only 200, 400 and 404, always in the vendor's shape."""
    fields = st.fixed_dictionaries({}, optional={"visitId": JSON, "globalVisitId": JSON})

    @settings(max_examples=examples(100), deadline=None)
    @given(
        st.sampled_from(["PUT", "GET", "POST"]),
        st.sampled_from([ID, "new"]) | st.text(min_size=1, max_size=40),
        st.binary(max_size=20).map(lambda raw: raw.translate(None, b"\0\r\n")),
        st.binary() | fields,
    )
    def check(method: str, session_id: str, agent: bytes, body: Any) -> None:
        raw = body if isinstance(body, bytes) else orjson.dumps(body, default=str)
        path = "/sessions/" + "".join(f"%{byte:02X}" for byte in session_id.encode())
        headers: dict[str, Any] = {**ROOT, "gkc_agentId": agent}
        answer = door.send(method, path, raw, headers)
        assert answer.status_code in (200, 400, 404, 405)
        assert list(answer.json()) in (
            ["sessionId", *NOBODY],
            ["statusCode", "errorMessage"],
        )

    check()
