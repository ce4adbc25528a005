"""Whom to tell of a vulnerability."""

from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from app.pages.security_txt import ADDRESS, text
from app.settings import Settings
from resolvers.context import utc_now
from tests.app.graphql_client import open_door

NOBODY = {"authorization": None}


def test_with_a_contact() -> None:
    """The two fields that RFC 9116 requires; it expires within a year."""
    answer = open_door(security_contact="mailto:security@example.com").request(
        "GET", ADDRESS, headers=NOBODY
    )
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ") for line in answer.text.splitlines())
    assert fields["Contact"] == "mailto:security@example.com"
    expires = datetime.fromisoformat(fields["Expires"]).replace(tzinfo=None)
    assert timedelta(days=100) < expires - utc_now() < timedelta(days=365)


def test_without_a_contact() -> None:
    """No file that says nothing."""
    assert open_door().request("GET", ADDRESS, headers=NOBODY).status_code == 404


@pytest.mark.parametrize("contact", ["security@example.com", "http://example.com", "mailto:a b"])
def test_a_contact_is_an_address(contact: str) -> None:
    """As the RFC has it: a URI, and https on the web."""
    with pytest.raises(ValidationError):
        Settings(security_contact=contact)


def test_the_day_decides() -> None:
    """The same text the whole day, so that caches and monitors see no changes."""
    one, other = datetime(2026, 1, 1, 0, 1), datetime(2026, 1, 1, 23, 59)
    assert text("mailto:a@b", one) == text("mailto:a@b", other)
