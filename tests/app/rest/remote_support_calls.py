"""The sessions, the gateway and the calls that the tests of remote-support history share."""

from datetime import datetime
from typing import Any

import pytest

from schema.kinds.remote_support import REMOTE_SUPPORT
from tests.app.rest.gateway import KEY, Gateway

PATHS = (
    "/get_session_history.php",
    "/integration/get_session_history.php",
    "/integration/get_history_api.php",
)
SESSIONS: tuple[dict[str, Any], ...] = (
    {
        "sessionId": "12334",
        "computerName": "DESK-7",
        "computerDomain": "WORKGROUP",
        "computerOs": "Windows 7",
        "techUsername": "mytech@techplace.com",
        "techName": "My Tech",
        "customerName": "Ann & Söhne <GmbH>",
        "customerEmail": "ann@example.com",
        "customerNumber": "C-1",
        "problemDescription": "Slow\r\nprinter",
        "notes": 'Said "thanks"',
        "videoLinks": ["https://videos.example/1?a=1&b=2", "https://videos.example/2"],
        "dateStart": datetime(2011, 3, 4, 5, 6, 7, 890000),
        "dateEnd": datetime(2011, 3, 4, 6, 0, 0),
        "startMethod": "APPLET",
        "answered": True,
        "chat": [
            {"at": datetime(2011, 3, 4, 5, 7, 0), "author": "Ann", "text": "1 < 2"},
            {"at": datetime(2011, 3, 4, 5, 8, 0), "author": "My Tech", "text": "Yes"},
        ],
        "customFields": [{"name": "Site", "value": "Ulm"}, {"name": "Rack", "value": "9"}],
    },
    {
        "sessionId": "12335",
        "computerName": "LAPTOP",
        "techUsername": "other@techplace.com",
        "customerNumber": "C-2",
        "dateStart": datetime(2012, 1, 1),
        "startMethod": "AGENT",
        "answered": False,
        "customFields": [{"name": "Site", "value": "9"}, {"name": "Rack", "value": "Ulm"}],
    },
)
EMPTY = b"<response><nrequests>0</nrequests><requests></requests></response>"


@pytest.fixture
def local() -> Gateway:
    made = Gateway()
    for values in SESSIONS:
        made.create(REMOTE_SUPPORT, **values)
    return made


def ask(local: Gateway, query: str = "", path: str = PATHS[0], **parameters: str) -> Any:
    """Call with a good key unless one is given; `query` is sent as it stands."""
    pairs = {"KEY": KEY, **parameters}
    query = "&".join([*([query] if query else []), *(f"{k}={v}" for k, v in pairs.items())])
    return local.request("GET", f"{path}?{query}")


def ids(local: Gateway, **filters: str) -> list[int]:
    body = ask(local, VARS="ID", OUTPUT_FORMAT="JSON", **filters).json()
    return [row["id"] for row in body["requests"]]


def error(name: str) -> bytes:
    return f"<response><error_msg>Invalid {name}.</error_msg></response>".encode()
