"""Co-browse history: the vendor's sample comes back field for field, everything else is refused."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.kind import Document
from schema.kinds.co_browse import CO_BROWSE
from tests.app.rest.gateway import FOREIGN_KEY, MASKED_KEY, TIRED_KEY, Gateway
from tests.properties import examples

SAMPLE = {
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
"""Figures of the vendor's page."""
PATHS = ("/cobrowse/rest/history/sessions", "/history/sessions")
NOT_FOUND = {"error": "There is no co-browse history with this id."}


def moment(milliseconds: int) -> datetime:
    whole = datetime.fromtimestamp(milliseconds // 1000, UTC).replace(tzinfo=None)
    return whole + timedelta(milliseconds=milliseconds % 1000)


def store(local: Gateway, **changes: Any) -> Document:
    """Store the sample with some columns changed, or left out if None."""
    values: dict[str, Any] = {
        "sessionId": SAMPLE["id"],
        "sessionToken": SAMPLE["sessionToken"],
        **{name: moment(SAMPLE[name]) for name in SAMPLE if name.endswith("Time")},
        "pages": [
            {"url": page["url"], "enteredTimestamp": moment(page["enteredTimestamp"])}
            for page in SAMPLE["pages"]
        ],
        **changes,
    }
    return local.create(CO_BROWSE, **{k: v for k, v in values.items() if v is not None})


@pytest.fixture
def local() -> Gateway:
    return Gateway()


@pytest.mark.parametrize("path", PATHS)
def test_the_vendors_sample_comes_back_field_for_field(local: Gateway, path: str) -> None:
    """Names, types, order and the durations that the gateway worked out itself."""
    store(local)
    response = local.get(f"{path}/{SAMPLE['id']}")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=UTF-8"
    assert json.dumps(response.json()) == json.dumps(SAMPLE)


@pytest.mark.difference("co_browse.active")
def test_a_session_that_goes_on_is_not_found(local: Gateway) -> None:
    """Its history is not complete yet."""
    store(local, deactivationTime=None)
    response = local.get(f"{PATHS[0]}/{SAMPLE['id']}")
    assert (response.status_code, response.json()) == (404, NOT_FOUND)


@pytest.mark.difference("co_browse.activation")
def test_a_session_that_no_agent_joined_has_no_activation_time(local: Gateway) -> None:
    """The field is left out, not null; the first page then counts from its own entry."""
    store(local, activationTime=None)
    body = local.get(f"{PATHS[0]}/{SAMPLE['id']}").json()
    assert list(body) == ["id", "sessionToken", "creationTime", "deactivationTime", "pages"]
    assert [page["duration"] for page in body["pages"]] == [11, 7, 11]


def test_a_session_without_pages_has_an_empty_list(local: Gateway) -> None:
    """`pages` is always there."""
    store(local, pages=[])
    assert local.get(f"{PATHS[0]}/{SAMPLE['id']}").json()["pages"] == []


@pytest.mark.parametrize(
    "session_id", ["83d03970-c959-11e2-857d-082e5f12b9a2", "nonsense", "%00", "%ED%A0%80", "a%2Fb"]
)
def test_unknown_and_malformed_ids_are_not_found(local: Gateway, session_id: str) -> None:
    """Both look the same, and neither is a failure."""
    response = local.get(f"{PATHS[0]}/{session_id}")
    assert (response.status_code, response.json()) == (404, NOT_FOUND)


def test_an_expired_session_is_not_found() -> None:
    """Retention holds here before the database has removed the session."""
    local = Gateway(retention_co_browse_seconds=1_209_600)
    store(local)
    assert local.get(f"{PATHS[0]}/{SAMPLE['id']}").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", PATHS)
def test_other_methods_are_refused(local: Gateway, path: str, method: str) -> None:
    """405 with `Allow: GET`."""
    response = local.request(method, f"{path}/{SAMPLE['id']}")
    assert (response.status_code, response.headers["allow"]) == (405, "GET")
    assert list(response.json()) == ["error"]


@pytest.mark.parametrize("path", ["/cobrowse", "/cobrowse/rest/x", "/history", *PATHS])
def test_unknown_addresses_have_the_vendors_shape(local: Gateway, path: str) -> None:
    """There is no list, search or paging resource."""
    response = local.get(path)
    assert (response.status_code, list(response.json())) == (404, ["error"])


@pytest.mark.difference("co_browse.key")
@pytest.mark.parametrize("key", [None, "wrong"])
def test_a_key_is_needed(local: Gateway, key: str | None) -> None:
    """401 with the scheme that is expected, whether the session exists or not."""
    response = local.get(f"{PATHS[0]}/{SAMPLE['id']}", key)
    assert (response.status_code, list(response.json())) == (401, ["error"])
    assert response.headers["www-authenticate"] == "Bearer"


def test_open_paths_need_no_key() -> None:
    """GATEWAY_OPEN_PATHS=co_browse, as on the vendor's own server."""
    local = Gateway(open_paths="co_browse")
    store(local)
    assert local.get(f"{PATHS[1]}/{SAMPLE['id']}", None).json() == SAMPLE


def test_a_key_of_another_kind_is_forbidden(local: Gateway) -> None:
    """403 before anything is looked up."""
    response = local.get(f"{PATHS[0]}/{SAMPLE['id']}", FOREIGN_KEY)
    assert (response.status_code, list(response.json())) == (403, ["error"])


def test_a_key_used_too_often_is_told_when_to_come_back(local: Gateway) -> None:
    """429 with Retry-After in the vendor's shape."""
    response = local.get(f"{PATHS[0]}/{SAMPLE['id']}", TIRED_KEY)
    assert (response.status_code, response.headers["retry-after"]) == (429, "7")
    assert list(response.json()) == ["error"]


def test_addresses_of_pages_are_masked(local: Gateway) -> None:
    """A credential without `pii:read` sees when, not where."""
    store(local)
    pages = local.get(f"{PATHS[0]}/{SAMPLE['id']}", MASKED_KEY).json()["pages"]
    assert [page["url"] for page in pages] == ["***"] * 3
    assert [page["duration"] for page in pages] == [11, 7, 11]


def test_a_damaged_record_is_an_error_in_the_vendors_shape(local: Gateway) -> None:
    """500 that names the session and the field."""
    store(local)
    local.damage(CO_BROWSE, SAMPLE["id"], {"pages": [{"url": 5}]})
    response = local.get(f"{PATHS[0]}/{SAMPLE['id']}")
    assert (response.status_code, list(response.json())) == (500, ["error"])
    assert SAMPLE["id"] in response.json()["error"]


def test_times_before_1970_are_negative(local: Gateway) -> None:
    """Unix milliseconds, exact on both sides of zero."""
    early = datetime(1969, 12, 31, 23, 59, 59, 999000)
    store(local, creationTime=early)
    assert local.get(f"{PATHS[0]}/{SAMPLE['id']}").json()["creationTime"] == -1


@settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_arbitrary_text_is_only_ever_not_found(text: str, query: dict[str, str]) -> None:
    """No path segment and no parameter leads to anything but the vendor's 404."""
    raw = "".join(f"%{byte:02X}" for byte in text.encode(errors="surrogatepass"))
    response = Gateway().get(f"{PATHS[0]}/{raw}", params=query)
    assert (response.status_code, list(response.json())) == (404, ["error"])
