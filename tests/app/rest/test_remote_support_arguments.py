"""Remote-support history: what VARS, KEY and OUTPUT_FORMAT may say, and what is refused."""

# ruff: noqa: F811

import pytest

from tests.app.rest.gateway import KEY, Gateway
from tests.app.rest.remote_support_calls import (
    PATHS,
    ask,
    error,
    local,  # noqa: F401
)


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ("FILTER_HAS_VIDEOS", "FILTER_HAS_VIDEOS setting"),
        ("FILTER_START_METHOD", "FILTER_START_METHOD setting"),
        ("FILTER_PROCESSED", "FILTER_PROCESSED setting"),
        ("FILTER_DATE_START_INI", "FILTER_DATE_START_INI value"),
        ("FILTER_DATE_START_END", "FILTER_DATE_START_END value"),
        ("FILTER_ID", "FILTER_ID value"),
        ("OUTPUT_FORMAT", "OUTPUT_FORMAT setting"),
        ("KEY", "KEY"),
        ("VARS", "VARS"),
    ],
)
def test_a_wrong_value_is_refused_by_name(local: Gateway, parameter: str, message: str) -> None:
    """Status 200 and the vendor's error body, byte for byte."""
    response = ask(local, **{"VARS": "ID", parameter: "bogus"})
    assert (response.status_code, response.content) == (200, error(message))


def test_an_error_with_json_output(local: Gateway) -> None:
    """The same message without the root."""
    response = ask(local, VARS="ID", OUTPUT_FORMAT="JSON", FILTER_PROCESSED="x")
    assert response.content == b'{"error_msg":"Invalid FILTER_PROCESSED setting."}'
    assert response.headers["content-type"] == "application/json; charset=UTF-8"


@pytest.mark.parametrize(
    "value",
    [
        "2011-13-01",
        "2011-02-30",
        "2011-1-1",
        "2011-01-01T00:00:00",
        "2011-01-01 25:00:00",
        "x",
        "0",
    ],
)
@pytest.mark.parametrize("name", ["FILTER_DATE_START_INI", "FILTER_DATE_START_END"])
def test_a_date_that_is_none_is_refused(local: Gateway, name: str, value: str) -> None:
    """Only `YYYY-MM-DD` and `YYYY-MM-DD HH:MM:SS`, and only days that exist."""
    assert ask(local, VARS="ID", **{name: value}).content == error(f"{name} value")


@pytest.mark.parametrize("value", ["1.5", "abc", "1e3", "٣", "9" * 19, "--1"])
def test_a_number_that_is_none_is_refused(local: Gateway, value: str) -> None:
    """FILTER_ID is a whole number of at most 18 ASCII digits."""
    assert ask(local, VARS="ID", FILTER_ID=value).content == error("FILTER_ID value")


@pytest.mark.parametrize(
    "words", ["", "+", "ID+PASSWORD", "ID,NOTES", "ID+" * 171, "OUTPUT_FORMAT"]
)
def test_vars_must_be_known_words(local: Gateway, words: str) -> None:
    """Empty, unknown and more than 512 characters are refused alike."""
    assert ask(local, VARS=words).content == error("VARS")


def test_vars_must_be_there(local: Gateway) -> None:
    """It is mandatory."""
    assert ask(local).content == error("VARS")


@pytest.mark.parametrize("query", ["KEY=", "KEY=wrong", "KEY", "key=a-good-key", ""])
def test_the_key_must_be_there_and_right(local: Gateway, query: str) -> None:
    """A missing key reads as a wrong one, and nothing else is looked at before."""
    response = local.request("GET", f"{PATHS[0]}?VARS=BOGUS&{query}")
    assert response.status_code == 200
    assert response.content in (error("KEY"), b'{"error_msg":"Invalid KEY."}')


def test_the_key_is_no_header(local: Gateway) -> None:
    """A key in the wrong place is no key."""
    assert local.get(f"{PATHS[0]}?VARS=ID", KEY).content == error("KEY")


@pytest.mark.parametrize("blank", ["+", "%20", "++", "%0A", "%0D%0A", "%09", "%20%20+", "%C2%A0"])
def test_words_may_be_parted_by_any_blanks(local: Gateway, blank: str) -> None:
    """Doubled ones, line breaks and tabs as well."""
    body = ask(local, VARS=f"{blank}ID{blank}HAS_VIDEOS{blank}", FILTER_ID="12335").text
    assert "<request><id>12335</id><has_videos>FALSE</has_videos></request>" in body


def test_a_word_given_twice_is_shown_once(local: Gateway) -> None:
    """JSON could not hold it twice, and the two formats tell the same."""
    assert b"<request><id>12335</id></request>" in ask(local, VARS="ID+id+ID").content


@pytest.mark.parametrize(
    "words",
    [
        "ID+OUTPUT_FORMAT=JSON",
        "OUTPUT_FORMAT=json+ID",
        "OUTPUT_FORMAT+JSON+ID",
        "ID+OUTPUT_FORMAT:JSON",
    ],
)
def test_the_format_may_stand_in_vars(local: Gateway, words: str) -> None:
    """The page lists it there."""
    body = ask(local, VARS=words, FILTER_ID="12335").json()
    assert body == {"nrequests": 1, "requests": [{"id": 12335}]}


def test_a_wrong_format_in_vars_is_refused_by_name(local: Gateway) -> None:
    """As the parameter of that name is."""
    response = ask(local, VARS="ID+OUTPUT_FORMAT=YAML")
    assert response.content == error("OUTPUT_FORMAT setting")


@pytest.mark.difference("remote_support.format_among_words")
def test_the_format_parameter_wins_over_vars(local: Gateway) -> None:
    """Real calls have the parameter."""
    assert ask(local, VARS="ID+OUTPUT_FORMAT=JSON", OUTPUT_FORMAT="XML").text[0] == "<"
