"""What rows of N-able's exports say, in XML and in JSON, and which are refused."""

from datetime import datetime
from typing import Any

import pytest

from tests.app.commands.imports.conftest import Desk

pytestmark = pytest.mark.anyio
XML = "<response><nrequests>1</nrequests><requests>{}</requests></response>"
ROW = "<request><id>7</id><date_start>2024-02-03 10:20:30</date_start>{}</request>"


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ("<has_videos>TRUE</has_videos>", {"hasVideos": True, "videoLinks": []}),
        ("<notes><![CDATA[a <b> & c]]></notes>", {"notes": "a <b> & c"}),
        ("<notes>a\n b&#13;&amp;</notes>", {"notes": "a\n b\r&"}),
        ("<DATE_END>2024-02-03 10:40:00</DATE_END>", {"dateEnd": datetime(2024, 2, 3, 10, 40)}),
        ("<date_end/>", {"dateEnd": None, "status": "ACTIVE"}),
        (
            "<custom_field_name>A</custom_field_name><custom_field_value>1</custom_field_value>"
            "<custom_field_name>A</custom_field_name><custom_field_value></custom_field_value>",
            {"customFields": [{"name": "A", "value": "1"}, {"name": "A", "value": ""}]},
        ),
        ("<custom_field_name/><custom_field_value/>", {"customFields": []}),
    ],
)
async def test_what_remote_support_rows_say(desk: Desk, row: str, columns: dict[str, Any]) -> None:
    """With an XML prolog, CDATA and repeated elements; times are UTC."""
    content = '\r\n<?xml version="1.0" encoding="UTF-8"?>' + XML.format(ROW.format(row))
    await desk.store("n-able", desk.file("a.xml", content.encode()), answered=True)
    (stored,) = await desk.stored("n-able")
    assert stored["dateStart"] == datetime(2024, 2, 3, 10, 20, 30)
    shown = {name: stored.get(name) for name in columns}
    if fields := shown.get("customFields"):
        shown["customFields"] = [{k: one[k] for k in ("name", "value")} for one in fields]
    assert shown == columns


async def test_what_the_filter_of_the_call_said(desk: Desk) -> None:
    """Rows tell neither whether it was answered nor how it started."""
    path = desk.file("a.xml", XML.format(ROW.format("")).encode())
    await desk.store("n-able", path, answered=True, start_method="AGENT")
    (stored,) = await desk.stored("n-able")
    assert (stored["answered"], stored["startMethod"]) == (True, "AGENT")


async def test_rows_of_another_name(desk: Desk) -> None:
    """The vendor's page shows its layout as a picture."""
    content = XML.format(ROW.format("")).replace("request>", "session>").encode()
    path = desk.file("a.xml", content.replace(b"requests>", b"requests>"))
    done = await desk.store("n-able", path, row="session", answered=False)
    assert done.stored == 1


ENTITY = '<!DOCTYPE r [<!ENTITY a "b">]>'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (ENTITY + XML.format(ROW.format("<notes>&a;</notes>")), "DOCTYPE"),
        ('<!DOCTYPE r SYSTEM "file:///etc/passwd">' + XML.format(""), "DOCTYPE"),
        (XML.format(ROW.format("<notes>&a;</notes>")), "not valid XML"),
        (XML.format(ROW.format(""))[:-30], "not valid XML"),
        ("<html></html>", "no element requests"),
        ("<response><error_msg>Invalid KEY.</error_msg></response>", "Invalid KEY."),
        ('{"error_msg":"Invalid KEY."}', "Invalid KEY."),
        (XML.format("<request><id>7</id></request>"), "session 7, date_start is missing"),
        (
            XML.format("<request><date_start>2024-02-03 10:20:30</date_start></request>"),
            "row 1, id is missing",
        ),
        (XML.format(ROW.format("<has_videos>yes</has_videos>")), 'has_videos has "yes"'),
        (XML.format(ROW.format("<date_end>0000-00-00 00:00:00</date_end>")), "date_end has"),
        (XML.format(ROW.format("<note>x</note>")), "Did you mean notes?"),
        (XML.format(ROW.format("<notes>x</notes><notes>y</notes>")), "two elements notes"),
        (XML.format(ROW.format("<notes><b>x</b></notes>")), "expected a text"),
        (XML.format(ROW.format("<video_links>x</video_links>")), "expected elements video_link"),
        (
            XML.format(ROW.format(f"<computer_name>{'x' * 51}</computer_name>")),
            "computer_name has",
        ),
        (XML.format("<a>" * 60 + "</a>" * 60), "levels"),
    ],
)
async def test_wrong_xml_is_named(desk: Desk, content: str, says: str) -> None:
    """No document type, no entities, no lost values."""
    refusal = await desk.refusal("n-able", desk.file("a.xml", content.encode()), answered=True)
    assert "a.xml" in refusal
    assert says in refusal
