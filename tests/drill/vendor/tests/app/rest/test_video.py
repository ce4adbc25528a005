"""Video sessions: the sample comes back field for field, lists are narrowed and cut."""

import asyncio
from datetime import datetime

import pytest

from app.rest import samples
from resolvers import bulk
from schema.kinds.video import VIDEO
from tests.app.rest.gateway import MASKED_KEY, Gateway

ID = "5b0c3c1e-6f0e-4f1b-9a53-2f5c0d3a7e11"
SAMPLE = {
    "id": ID,
    "room": "Atrium",
    "from": "2026-02-01T12:00:00.000Z",
    "to": "2026-02-01T12:30:00.000Z",
    "quality": "sharp",
    "guests": ["Ada"],
}
LIST = "/video/sessions"


@pytest.fixture
def local() -> Gateway:
    """With the vendor's sample, and a later session in another room that goes on."""
    made = Gateway()
    asyncio.run(bulk.create(made.context, VIDEO, samples.stored(VIDEO)))
    made.create(VIDEO, room="Cellar", began=datetime(2026, 2, 2, 9))
    return made


def test_the_vendors_sample_comes_back_field_for_field(local: Gateway) -> None:
    """Names, order, dates and words are the vendor's."""
    response = local.get(f"{LIST}/{ID}")
    assert response.status_code == 200
    assert list(response.json().items()) == list(SAMPLE.items())


def test_an_unknown_id_is_not_found(local: Gateway) -> None:
    """In the vendor's shape."""
    response = local.get(f"{LIST}/nonsense")
    assert (response.status_code, response.json()) == (
        404,
        {"message": "There is no such session."},
    )


def test_a_list_is_newest_first(local: Gateway) -> None:
    """A session that goes on has no `to`."""
    later, sooner = local.get(LIST).json()["sessions"]
    assert (later["room"], sooner) == ("Cellar", SAMPLE)
    assert "to" not in later


def test_a_list_can_be_of_one_room(local: Gateway) -> None:
    """Then there are no others."""
    assert local.get(LIST, params={"room": "Atrium"}).json() == {
        "sessions": [SAMPLE],
        "more": False,
    }


def test_a_list_says_whether_there_is_more(local: Gateway) -> None:
    """`count` cuts it."""
    body = local.get(LIST, params={"count": "1"}).json()
    assert ([row["room"] for row in body["sessions"]], body["more"]) == (["Cellar"], True)


@pytest.mark.parametrize("count", ["0", "101", "-1", "many", "", "9" * 5000])
def test_a_senseless_count_is_refused(local: Gateway, count: str) -> None:
    """400 in the vendor's shape."""
    response = local.get(LIST, params={"count": count})
    assert response.status_code == 400
    assert response.json() == {"message": "count must be a whole number from 1 to 100."}


def test_guests_are_masked(local: Gateway) -> None:
    """Their names are personal."""
    assert local.get(f"{LIST}/{ID}", MASKED_KEY).json()["guests"] == ["***"]
