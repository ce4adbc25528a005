"""What the access scans share: stored sessions full of personal texts, and invalid credentials."""

# ruff: noqa: F811
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import pytest

from app.rest import VENDORS, samples
from resolvers import sessions
from resolvers.credentials import Issued
from resolvers.kind import Column, Kind, ValueType
from schema.json_lines import decode
from tests.contract.whole import EVERYTHING, Whole, whole  # noqa: F401

PII = "PII-"
UNLIKE: Mapping[str, dict[str, Any]] = {
    "remote_support": {"dateEnd": None},
    "bot": {
        "sessionId": "b1",
        "botId": "st-1",
        "startTime": "2026-02-01T12:00:00Z",
        "endTime": None,
        "containmentType": None,
    },
}
"""Where the scans need another session than the vendor's sample, such as one that goes on."""


def line(kind: Kind) -> dict[str, Any]:
    """The vendor's sample, every personal column filled with a text that can be found again."""
    sample = {**samples.lines(kind)[0], **UNLIKE.get(kind.name, {})}
    return filled(kind.own_columns, sample)


def filled(columns: Iterable[Column], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, with every personal text they have or could have."""
    found = dict(values)
    for column in columns:
        given = found.get(column.name)
        if column.columns and column.many:
            found[column.name] = [filled(column.columns, part) for part in given or ()]
        elif column.columns and given:
            found[column.name] = filled(column.columns, given)
        elif column.personal and column.type is ValueType.TEXT:
            text = f"{PII}{column.name}"
            found[column.name] = f"https://example.com/{text}" if column.format == "uri" else text
    return found


IDS = {vendor.name: str(line(vendor.kind)["sessionId"]) for vendor in VENDORS}


@pytest.fixture
async def stocked(whole: Whole) -> Whole:
    """With one session of each kind, and one of another bot."""
    for vendor in VENDORS:
        values = decode(vendor.kind, line(vendor.kind)).values
        await sessions.create(whole.context, vendor.kind, values)
        if "botId" in vendor.kind.by_name:
            other = {**values, "botId": "st-2", "sessionId": "b2"}
            await sessions.create(whole.context, vendor.kind, other)
    return whole


def told(answer: httpx.Response) -> tuple[int, bytes]:
    """All that a client learns, but for times."""
    return answer.status_code, answer.content


async def nobodies(whole: Whole) -> list[Issued]:
    """Credentials that are not valid: unknown, half known, expired, revoked."""
    known = await whole.issue(*EVERYTHING)
    stranger = Issued(known.credential, "gw_unknown", "x" * 43)
    expired = await whole.expired(*EVERYTHING)
    revoked = await whole.issue(*EVERYTHING, revoked=True)
    return [stranger, expired, revoked]
