"""Remote-support history: the vendor's calls, its filters, and our own additions."""

# ruff: noqa: F811
import re
from datetime import datetime
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.rest.remote_support.layout import WORDS
from app.rest.remote_support.request import FILTERS
from schema.kinds.remote_support import REMOTE_SUPPORT
from tests.app.rest.gateway import FOREIGN_KEY, KEY, MASKED_KEY, TIRED_KEY, Gateway
from tests.app.rest.remote_support_calls import (
    EMPTY,
    PATHS,
    SESSIONS,
    ask,
    error,
    ids,
    local,  # noqa: F401
)
from tests.properties import examples


@pytest.mark.parametrize("path", PATHS)
def test_the_vendors_first_call(local: Gateway, path: str) -> None:
    """Only the asked variables, in the asked order, names in lower case."""
    response = ask(
        local,
        "VARS=ID CUSTOMER_NUMBER DATE_START DATE_END TECH_USERNAME"
        "&FILTER_DATE_START_INI=2011-01-01&FILTER_PROCESSED=ANSWERED",
        path,
    )
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/xml; charset=UTF-8"
    assert response.content == (
        b"<response><nrequests>1</nrequests><requests><request><id>12334</id>"
        b"<customer_number>C-1</customer_number><date_start>2011-03-04 05:06:07</date_start>"
        b"<date_end>2011-03-04 06:00:00</date_end>"
        b"<tech_username>mytech@techplace.com</tech_username></request></requests></response>"
    )


def test_the_vendors_second_call(local: Gateway) -> None:
    """A technician's sessions, by a filter whose value has an `@` as it stands."""
    response = ask(
        local,
        "VARS=ID CUSTOMER_NUMBER DATE_START&FILTER_DATE_START_INI=2011-01-01"
        "&FILTER_PROCESSED=ANSWERED&FILTER_TECH_USERNAME=mytech@techplace.com",
    )
    assert response.content == (
        b"<response><nrequests>1</nrequests><requests><request><id>12334</id>"
        b"<customer_number>C-1</customer_number><date_start>2011-03-04 05:06:07</date_start>"
        b"</request></requests></response>"
    )


def test_the_vendors_third_call(local: Gateway) -> None:
    """One session by its number, its texts escaped."""
    response = ask(
        local,
        "VARS=CUSTOMER_NAME CUSTOMER_NUMBER COMPUTER_NAME COMPUTER_DOMAIN PROBLEM_DESCRIPTION "
        "TECH_USERNAME DATE_START DATE_END HAS_VIDEOS COMPUTER_OS NOTES&FILTER_ID=12334",
    )
    assert response.content.decode() == (
        "<response><nrequests>1</nrequests><requests><request>"
        "<customer_name>Ann &amp; Söhne &lt;GmbH&gt;</customer_name>"
        "<customer_number>C-1</customer_number><computer_name>DESK-7</computer_name>"
        "<computer_domain>WORKGROUP</computer_domain>"
        "<problem_description>Slow&#13;\nprinter</problem_description>"
        "<tech_username>mytech@techplace.com</tech_username>"
        "<date_start>2011-03-04 05:06:07</date_start><date_end>2011-03-04 06:00:00</date_end>"
        "<has_videos>TRUE</has_videos><computer_os>Windows 7</computer_os>"
        '<notes>Said "thanks"</notes></request></requests></response>'
    )


@pytest.mark.difference("remote_support.flags_as_texts")
def test_everything_as_json(local: Gateway) -> None:
    """The same tree without the root: numbers for id and count, strings for the rest, and lists."""
    body = ask(local, VARS="+".join(WORDS), OUTPUT_FORMAT="JSON", FILTER_ID="12334").json()
    assert body["nrequests"] == 1
    assert list(body["requests"][0].items()) == [
        ("id", 12334),
        ("computer_name", "DESK-7"),
        ("computer_domain", "WORKGROUP"),
        ("computer_os", "Windows 7"),
        ("tech_username", "mytech@techplace.com"),
        ("tech_name", "My Tech"),
        ("customer_name", "Ann & Söhne <GmbH>"),
        ("customer_email", "ann@example.com"),
        ("customer_number", "C-1"),
        ("problem_description", "Slow\r\nprinter"),
        ("notes", 'Said "thanks"'),
        ("has_videos", "TRUE"),
        ("date_start", "2011-03-04 05:06:07"),
        ("date_end", "2011-03-04 06:00:00"),
        (
            "chat_info",
            [
                {"date": "2011-03-04 05:07:00", "author": "Ann", "text": "1 < 2"},
                {"date": "2011-03-04 05:08:00", "author": "My Tech", "text": "Yes"},
            ],
        ),
        ("video_links", ["https://videos.example/1?a=1&b=2", "https://videos.example/2"]),
        ("custom_field_name", ["Site", "Rack"]),
        ("custom_field_value", ["Ulm", "9"]),
    ]


@pytest.mark.difference("remote_support.element_names")
def test_chat_and_videos_are_nested_in_xml(local: Gateway) -> None:
    """One element a message or address."""
    response = ask(local, VARS="CHAT_INFO+VIDEO_LINKS", FILTER_ID="12334")
    row = response.content.partition(b"<request>")[2].partition(b"</request>")[0]
    assert row == (
        b"<chat_info><message><date>2011-03-04 05:07:00</date><author>Ann</author>"
        b"<text>1 &lt; 2</text></message><message><date>2011-03-04 05:08:00</date>"
        b"<author>My Tech</author><text>Yes</text></message></chat_info>"
        b"<video_links><video_link>https://videos.example/1?a=1&amp;b=2</video_link>"
        b"<video_link>https://videos.example/2</video_link></video_links>"
    )


def test_custom_fields_repeat_their_pair(local: Gateway) -> None:
    """Where the first of both words stands, in the order of the words."""
    response = ask(local, VARS="CUSTOM_FIELD_VALUE+ID+CUSTOM_FIELD_NAME", FILTER_ID="12334")
    assert response.content.partition(b"<request>")[2].partition(b"</request>")[0] == (
        b"<custom_field_value>Ulm</custom_field_value><custom_field_name>Site</custom_field_name>"
        b"<custom_field_value>9</custom_field_value><custom_field_name>Rack</custom_field_name>"
        b"<id>12334</id>"
    )


def test_what_is_unknown_is_empty(local: Gateway) -> None:
    """Every asked name is there all the same, an unfinished end and absent lists too."""
    local.create(REMOTE_SUPPORT, sessionId="7", dateStart=datetime(2010, 1, 1))
    root = ElementTree.fromstring(ask(local, VARS="+".join(WORDS), FILTER_ID="7").text)
    row = root.find("requests/request")
    assert [(element.tag, element.text) for element in row] == [
        (
            word.lower(),
            {"ID": "7", "HAS_VIDEOS": "FALSE", "DATE_START": "2010-01-01 00:00:00"}.get(word),
        )
        for word in WORDS
    ]


def test_no_hits_are_a_success(local: Gateway) -> None:
    """With no rows, in both formats."""
    assert ask(local, VARS="ID", FILTER_ID="99").content == EMPTY
    body = ask(local, VARS="ID", FILTER_ID="-1", OUTPUT_FORMAT="JSON").content
    assert body == b'{"nrequests":0,"requests":[]}'


@pytest.mark.difference("remote_support.no_forbidden_characters")
def test_characters_that_xml_forbids_are_dropped(local: Gateway) -> None:
    """The body can be parsed whatever somebody typed."""
    local.create(REMOTE_SUPPORT, sessionId="8", notes="a\x01b\x1bc\ufffe]]>\U0001f600&amp;")
    root = ElementTree.fromstring(ask(local, VARS="NOTES", FILTER_ID="8").content)
    assert root.findtext("requests/request/notes") == "abc]]>\U0001f600&amp;"


def test_newest_come_first(local: Gateway) -> None:
    """By the start of the session."""
    local.create(REMOTE_SUPPORT, sessionId="1", dateStart=datetime(2011, 6, 1))
    assert ids(local) == [12335, 1, 12334]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"FILTER_ID": "12334"}, [12334]),
        ({"FILTER_ID": "0012334"}, [12334]),
        ({"FILTER_CUSTOMER_NAME": "ann %26 söhne <gmbh>"}, [12334]),
        ({"FILTER_CUSTOMER_NAME": "Ann"}, []),
        ({"FILTER_CUSTOMER_NAME": ".*"}, []),
        ({"FILTER_CUSTOMER_EMAIL": "ANN@example.com"}, [12334]),
        ({"FILTER_CUSTOMER_NUMBER": "c-2"}, [12335]),
        ({"FILTER_COMPUTER_NAME": "laptop"}, [12335]),
        ({"FILTER_COMPUTER_DOMAIN": "workgroup"}, [12334]),
        ({"FILTER_TECH_USERNAME": "OTHER@techplace.com"}, [12335]),
        ({"FILTER_START_METHOD": "ALL"}, [12335, 12334]),
        ({"FILTER_START_METHOD": "APPLET"}, [12334]),
        ({"FILTER_START_METHOD": "AGENT"}, [12335]),
        ({"FILTER_PROCESSED": "ALL"}, [12335, 12334]),
        ({"FILTER_PROCESSED": "ANSWERED"}, [12334]),
        ({"FILTER_PROCESSED": "NOT_ANSWERED"}, [12335]),
        ({"FILTER_HAS_VIDEOS": "TRUE"}, [12334]),
        ({"FILTER_HAS_VIDEOS": "FALSE"}, [12335]),
        ({"FILTER_HAS_VIDEOS": ""}, [12335, 12334]),
        ({"FILTER_DATE_START_INI": "2012-01-01"}, []),
        ({"FILTER_DATE_START_INI": "2011-12-31 23:59:59"}, [12335]),
        ({"FILTER_DATE_START_END": "2012-01-01+00:00:00"}, [12334]),
        ({"FILTER_DATE_START_END": "2012-01-01 00:00:01"}, [12335, 12334]),
        ({"FILTER_CUSTOM_FIELD_NAME": "site", "FILTER_CUSTOM_FIELD_VALUE": "ulm"}, [12334]),
        ({"FILTER_CUSTOM_FIELD_NAME": "Site", "FILTER_CUSTOM_FIELD_VALUE": "Rack"}, []),
        ({"FILTER_CUSTOM_FIELD_NAME": "RACK"}, [12335, 12334]),
        ({"FILTER_CUSTOM_FIELD_VALUE": "ulm"}, [12335, 12334]),
        ({"FILTER_CUSTOM_FIELD_NAME": " Rack", "FILTER_CUSTOM_FIELD_VALUE": " "}, [12335, 12334]),
        (
            {"FILTER_ID": "", "FILTER_DATE_START_INI": "", "FILTER_TECH_USERNAME": ""},
            [12335, 12334],
        ),
        ({"FILTER_NOBODY_KNOWS": "x", "filter_id": "1"}, [12335, 12334]),
        ({"FILTER_START_METHOD": "APPLET", "FILTER_PROCESSED": "NOT_ANSWERED"}, []),
    ],
    ids=str,
)
def test_filters(local: Gateway, filters: dict[str, str], expected: list[int]) -> None:
    """Whole values without regard to case, bounds exclusive, empty and unknown ones ignored."""
    assert ids(local, **filters) == expected


def test_the_last_of_two_equal_parameters_counts(local: Gateway) -> None:
    """As PHP reads them."""
    assert ids(local, **{"FILTER_ID": "1&FILTER_ID=12335"}) == [12335]


def test_a_form_does_the_same(local: Gateway) -> None:
    """POST, its fields above those of the address."""
    form = {"KEY": KEY, "VARS": "ID\r\nHAS_VIDEOS", "FILTER_ID": "12334"}
    response = local.request("POST", f"{PATHS[2]}?FILTER_ID=1", data=form)
    assert b"<request><id>12334</id><has_videos>TRUE</has_videos></request>" in response.content


def test_an_error_of_a_form_has_the_forms_format(local: Gateway) -> None:
    """JSON that was asked for in the body."""
    form = {"KEY": "wrong", "VARS": "ID", "OUTPUT_FORMAT": "JSON"}
    response = local.request("POST", PATHS[0], data=form)
    assert response.content == b'{"error_msg":"Invalid KEY."}'


def test_a_post_without_a_body_uses_the_address(local: Gateway) -> None:
    """Also without a content type."""
    response = local.request("POST", f"{PATHS[0]}?KEY={KEY}&VARS=ID&FILTER_ID=12335")
    assert b"<id>12335</id>" in response.content


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(local: Gateway, method: str) -> None:
    """405 in the vendor's shape, which is JSON where that was asked for."""
    response = local.request(method, f"{PATHS[0]}?OUTPUT_FORMAT=JSON")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")
    assert response.content == b'{"error_msg":"Method Not Allowed"}'


@pytest.mark.parametrize("path", ["/integration", "/integration/x", f"{PATHS[0]}/x"])
def test_unknown_addresses_have_the_vendors_shape(local: Gateway, path: str) -> None:
    """404 with an error message."""
    response = local.request("GET", path)
    assert response.status_code == 404
    assert re.fullmatch(b"<response><error_msg>.+</error_msg></response>", response.content)


def test_more_rows_than_a_page_all_come() -> None:
    """Pages of the database are put together, newest first, without a gap or a repetition."""
    local = Gateway()
    rows = [
        {"_id": str(n), "startedAt": datetime(2020, 1, 1, 0, n // 60), "hasVideos": False}
        for n in range(1, 1203)
    ]
    local.insert(REMOTE_SUPPORT, rows)
    assert sorted(ids(local)) == list(range(1, 1203))


@pytest.mark.difference("remote_support.too_many_rows")
def test_too_many_rows_are_refused_not_cut() -> None:
    """The limit is an error message, never a short answer."""
    local = Gateway(remote_support_max_rows=2)
    for values in SESSIONS:
        local.create(REMOTE_SUPPORT, **values)
    assert b"<nrequests>2<" in ask(local, VARS="ID").content
    local.create(REMOTE_SUPPORT, sessionId="5")
    assert ask(local, VARS="ID").content == (
        b"<response><error_msg>More than 2 sessions match. Narrow the filters."
        b"</error_msg></response>"
    )


def test_personal_values_are_masked(local: Gateway) -> None:
    """A credential without `pii:read` sees that there is a text, not which."""
    asked = "ID+CUSTOMER_NAME+NOTES+CUSTOMER_NUMBER+CUSTOM_FIELD_NAME+CUSTOM_FIELD_VALUE+CHAT_INFO"
    body = ask(local, VARS=asked, KEY=MASKED_KEY, FILTER_ID="12334").text
    assert "<customer_name>***</customer_name><notes>***</notes>" in body
    assert "<customer_number>C-1</customer_number>" in body
    assert "<custom_field_value>***</custom_field_value>" in body
    assert "<author>***</author><text>***</text>" in body


@pytest.mark.parametrize(
    "filters",
    [
        {"FILTER_CUSTOMER_NAME": "x"},
        {"FILTER_CUSTOMER_EMAIL": "x"},
        {"FILTER_CUSTOM_FIELD_VALUE": "x"},
        {"FILTER_CUSTOM_FIELD_NAME": "x", "FILTER_CUSTOM_FIELD_VALUE": "x"},
    ],
    ids=str,
)
def test_masked_columns_cannot_be_filtered_by(local: Gateway, filters: dict[str, str]) -> None:
    """Else the answer would give away what is masked."""
    response = ask(local, VARS="ID", KEY=MASKED_KEY, **filters)
    assert response.status_code == 200
    assert b"<error_msg>" in response.content
    assert b"pii:read" in response.content


def test_a_key_of_another_kind_reads_nothing(local: Gateway) -> None:
    """The refusal names the scope that is missing."""
    response = ask(local, VARS="ID", KEY=FOREIGN_KEY)
    assert b"<error_msg>This needs the scope remote_support:read" in response.content


def test_a_key_used_too_often_is_told_when_to_come_back(local: Gateway) -> None:
    """429 with Retry-After, the body in the vendor's shape."""
    response = ask(local, VARS="ID", KEY=TIRED_KEY)
    assert (response.status_code, response.headers["retry-after"]) == (429, "7")
    assert response.content.startswith(b"<response><error_msg>")


def test_a_damaged_record_is_an_error_in_the_vendors_shape(local: Gateway) -> None:
    """500 that names the session; a row is never left out in silence."""
    local.damage(REMOTE_SUPPORT, "12334", {"notes": 5})
    response = ask(local, VARS="ID+NOTES")
    assert response.status_code == 500
    assert b"<response><error_msg>Session '12334': notes is" in response.content


PARAMETERS = ("VARS", "OUTPUT_FORMAT", "FILTER_CUSTOM_FIELD_NAME", "FILTER_CUSTOM_FIELD_VALUE")
ANSWER = re.compile(
    "<response>(<nrequests>.*</requests>|<error_msg>Invalid ("
    "KEY|VARS|OUTPUT_FORMAT setting|FILTER_ID value|FILTER_(HAS_VIDEOS|START_METHOD|PROCESSED) "
    r"setting|FILTER_DATE_START_(INI|END) value)\.</error_msg>)</response>",
    re.S,
)


@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(st.sampled_from(["KEY", *PARAMETERS, *FILTERS]), st.text()),
    st.sampled_from(["GET", "POST"]),
)
def test_arbitrary_text_leads_only_to_the_contracts_answers(
    local: Gateway, given_: dict[str, str], method: str
) -> None:
    """Rows or one of the contract's refusals, status 200, whatever any parameter holds."""
    sent = {"KEY": KEY, "VARS": "ID NOTES", **given_}
    sent = {name: text.encode("utf-8", "replace").decode() for name, text in sent.items()}
    place = {"params": sent} if method == "GET" else {"data": sent}
    response = local.request(method, PATHS[0], **place)
    assert response.status_code == 200
    if response.headers["content-type"].startswith("application/json"):
        assert set(response.json()) in ({"error_msg"}, {"nrequests", "requests"})
    else:
        assert ANSWER.fullmatch(response.text)
        ElementTree.fromstring(response.content)


@settings(max_examples=examples(100), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary())
def test_arbitrary_bytes_lead_only_to_the_contracts_answers(local: Gateway, raw: bytes) -> None:
    """A query that is no query is a call without a key, also as a form; it may ask for JSON."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    response = local.request("POST", PATHS[0], content=raw, headers=form)
    assert response.status_code == 200
    assert response.content in (error("KEY"), b'{"error_msg":"Invalid KEY."}')


def test_multipart_form(local: Gateway) -> None:
    """PHP's curl sends an array of fields as multipart/form-data."""
    fields = {"KEY": (None, KEY), "VARS": (None, "ID NOTES"), "FILTER_ID": (None, "no number")}
    response = local.request("POST", PATHS[0], files=fields)
    assert (response.status_code, response.content) == (
        200,
        b"<response><error_msg>Invalid FILTER_ID value.</error_msg></response>",
    )


def test_broken_multipart_form(local: Gateway) -> None:
    """A form that cannot be read is a call without a key; files are no parameters."""
    headers = {"content-type": "multipart/form-data; boundary=x"}
    for content in (b"", b"--y\r\n", b"--x\r\ncontent-disposition: form-data; name=KEY"):
        response = local.request("POST", PATHS[0], content=content, headers=headers)
        assert (response.status_code, response.content) == (200, error("KEY"))
    response = local.request("POST", PATHS[0], files={"KEY": ("key.txt", KEY)})
    assert (response.status_code, response.content) == (200, error("KEY"))
