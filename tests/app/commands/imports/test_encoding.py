"""Files as other programs leave them: packed, in Windows' encoding, with empty values."""

import gzip
from typing import Any

import orjson
import pytest

from app.commands.imports.encoding import Decoder
from tests.app.commands.imports.conftest import Desk
from tests.app.commands.imports.test_files import kore, page

pytestmark = pytest.mark.anyio
GUESSED = "Warning: bytes that are not UTF-8 were read as Windows-1252 ({})."
XML = (
    "<response><nrequests>1</nrequests><requests><request><id>7</id><notes>J\u00fcrg \u20ac</notes>"
    "<date_start>2024-02-03 10:20:30</date_start><has_videos>FALSE</has_videos></request>"
    "</requests></response>"
)


async def test_packed_files(desk: Desk) -> None:
    """A gzip file is read as what it unpacks to, in JSON and in XML."""
    paths = [
        desk.file("a.json.gz", gzip.compress(orjson.dumps(page(kore())))),
        desk.file("b.json", page(kore(sessionId="s2"))),
    ]
    assert (await desk.store("kore", *paths)).stored == 2
    packed = desk.file("c.xml.gz", gzip.compress(XML.encode()))
    assert (await desk.store("n-able", packed, answered=True)).stored == 1


@pytest.mark.parametrize("prolog", ["", '<?xml version="1.0" encoding="UTF-8"?>'])
async def test_windows_1252_is_read_and_said(desk: Desk, prolog: str) -> None:
    """Whatever the prolog promises."""
    path = desk.file("a.xml", (prolog + XML).encode("cp1252"))
    await desk.store("n-able", path, answered=True)
    (stored,) = await desk.stored("n-able")
    assert stored["notes"] == "J\u00fcrg \u20ac"
    assert GUESSED.format(path) in desk.notes


async def test_xml_may_name_its_encoding(desk: Desk) -> None:
    """Then nothing is guessed."""
    for encoding in ("windows-1252", "utf-16", "iso-8859-15"):
        prolog = f'<?xml version="1.0" encoding="{encoding}"?>'
        path = desk.file(f"{encoding}.xml", (prolog + XML).encode(encoding))
        await desk.store("n-able", path, answered=True)
        assert desk.notes == []
    (stored,) = await desk.stored("n-able")
    assert stored["notes"] == "J\u00fcrg \u20ac"


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_only_bytes_that_are_not_utf_8_are_guessed(size: int) -> None:
    """Also where a character is in two pieces."""
    content = b"\xef\xbb\xbf" + "\u00e9\u20ac".encode() + b"\xe9\x80" + "\U0001f600".encode()
    decoder = Decoder(content[:4])
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    found = "".join(decoder.decode(piece, False) for piece in pieces) + decoder.decode(b"", True)
    assert found == "\u00e9\u20ac\u00e9\u20ac\U0001f600"
    assert decoder.guessed


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"end_time": "", "containmentType": "", "sessionStatus": "active"}, "endTime"),
        ({"callId": None, "tags": None, "isDeveloper": None, "session_lang": ""}, "callId"),
    ],
)
async def test_empty_values_are_none(desk: Desk, changes: dict[str, Any], missing: str) -> None:
    """Where a value is no text, and null where the gateway has a value of its own for it."""
    await desk.store("kore", desk.file("a.json", page(kore(**changes))))
    (stored,) = await desk.stored("kore")
    assert stored.get(missing) is None
    assert stored["isDeveloper"] is False
    assert stored["tags"] == {"userTags": [], "sessionTags": [], "altText": []}


async def test_rows_that_are_missing_in_xml(desk: Desk) -> None:
    """The count of an answer is compared with its rows."""
    path = desk.file("a.xml", XML.replace("<nrequests>1", "<nrequests>3").encode())
    await desk.store("n-able", path, answered=True)
    assert desk.notes == [
        f"Warning: it says that there are 3 sessions, and 1 are here: some are missing ({path})."
    ]


async def test_seconds_in_place_of_milliseconds_are_said(desk: Desk) -> None:
    """They would be days of January 1970."""
    times = {"creationTime": 1369939707, "deactivationTime": 1369939743}
    row = {"id": "93d03970-c959-11e2-857d-082e5f12b9a1", "sessionToken": "519333887", **times}
    await desk.store("genesys-co-browse", desk.file("a.json", row))
    assert [note for note in desk.notes if "milliseconds, not seconds" in note]
