"""Every way in leaves what it should in the audit trail: each request by its own `X-Request-Id`.

Planted values that leave are personal data that was shown; documents that changed were written.
"""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.rest import VENDORS
from resolvers.credentials import Issued
from tests.contract.test_access_scan import ask, proof
from tests.contract.ways import WAYS, plant, slowly
from tests.contract.whole import EVERYTHING, Whole, opened
from tests.kinds import SAMPLES
from tests.kinds.sample import PII, Sample
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.anyio
each_kind = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)
SILENT = ("logs", "metrics", "documents", "orderings")
"""Ways by which nothing of a session leaves; cursors of orderings have values encoded."""


@pytest.fixture(scope="module")
async def application(engine: WireEngine) -> AsyncIterator[Whole]:
    """With a trail of everything, and a name of its own for each request."""
    async with opened(engine, audit="all", metrics_port=0) as made:

        async def named(request: httpx.Request) -> None:
            request.headers["x-request-id"] = uuid.uuid4().hex

        async def heard(answer: httpx.Response) -> None:
            await answer.aread()
            answers.append(answer)

        answers: list[httpx.Response] = []
        made.http.event_hooks = {"request": [named], "response": [heard]}
        made.http.answers = answers  # type: ignore[attr-defined]  # for the tests of this module
        yield made


@pytest.fixture(scope="module")
async def stock_application(application: Whole) -> Whole:
    """With the planted sessions."""
    await plant(application)
    return application


async def entries(whole: Whole) -> dict[str, list[dict[str, Any]]]:
    """What is in the trail, by the request."""
    trail = whole.app.state.gateway.trail
    await trail.secured({"action": "SEEN", "outcome": "DONE"}, 60)
    rows = await whole.context.store.database["audit"].find({}).sort("_id", 1).to_list(None)
    requests = {row["_id"]: row.get("request", "") for row in rows}
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(requests.get(row.get("of", row["_id"]), ""), []).append(row)
    return found


def heard(whole: Whole) -> list[httpx.Response]:
    """The answers since the last time."""
    answers: list[httpx.Response] = whole.http.answers  # type: ignore[attr-defined]  # see above
    found = list(answers)
    answers.clear()
    return found


def asked(answer: httpx.Response) -> str:
    """The name of the request."""
    return str(answer.request.headers["x-request-id"])


@pytest.mark.parametrize("name", slowly(name for name in WAYS if name not in SILENT))
async def test_what_shows_personal_data_is_noted(stocked: Whole, name: str) -> None:
    """Each answer with a planted value has entries, with who asked and by what."""
    issued = await stocked.issue(*EVERYTHING, "customer:write", "audit:read")
    heard(stocked)
    _ = [text async for text in WAYS[name](stocked, issued)]
    answers, found = heard(stocked), await entries(stocked)
    shown = [answer for answer in answers if PII in answer.text]
    for answer in shown:
        rows = found.get(asked(answer), [])
        what = answer.request.url, answer.request.content[:300], answer.text[:300]
        assert rows, what
        assert {row["credential"] for row in rows if "of" not in row} == {issued.credential.id}, (
            what
        )
    assert shown or name == "filters"


@pytest.mark.parametrize("name", [name for name in WAYS if name not in SILENT])
async def test_what_is_masked_is_not_noted(stocked: Whole, name: str) -> None:
    """Who sees no personal data leaves no read in the trail."""
    issued = await stocked.issue("*:read", "*:write", "customer:write")
    heard(stocked)
    _ = [text async for text in WAYS[name](stocked, issued)]
    found = await entries(stocked)
    for answer in heard(stocked):
        assert "READ" not in {row["action"] for row in found.get(asked(answer), [])}


@each_kind
async def test_writes_are_noted(stocked: Whole, sample: Sample) -> None:
    """GraphQL: made and refused ones, by the names that the logs have; no value is in the trail."""
    issued = await stocked.issue(*EVERYTHING)
    heard(stocked)
    made = await stocked.graphql(issued, sample.create, input={**sample.least, **sample.another})
    (stored,) = made["data"].values()
    session_id = stored["session"]["sessionId"]
    for text, given in (
        (sample.update, {"id": session_id, "input": {"note": f"{PII}new"}}),
        (sample.create, {"input": {**sample.least, "sessionId": session_id}}),
        (sample.delete, {"id": session_id}),
    ):
        await stocked.graphql(issued, text, **given)
    found = await entries(stocked)
    rows = [found[asked(answer)] for answer in heard(stocked)]
    said = [[(row["action"], row["outcome"]) for row in one] for one in rows]
    assert said[0] == [("CREATED", "BEGUN"), ("CREATED", "DONE")]
    assert said[1] == [("UPDATED", "BEGUN"), ("UPDATED", "DONE")]
    # The refusal shows the stored session; where the database refused, the write was begun.
    assert [one for one in said[2] if one[1] != "BEGUN"] == [
        ("CREATED", "REFUSED"),
        ("READ", "DONE"),
    ]
    assert said[3] == [("DELETED", "BEGUN"), ("DELETED", "DONE")]
    assert PII not in str(found)


async def test_vendors_writes_are_noted(stocked: Whole) -> None:
    """Each request of a vendor's that changes something has an entry of a write, and vice versa."""
    issued: Issued = await stocked.issue(*EVERYTHING)
    written = 0
    for vendor in VENDORS:
        for endpoint in vendor.endpoints:
            before = await stocked.stored()
            heard(stocked)
            await ask(stocked, endpoint, **proof(vendor, issued))
            changed = before != await stocked.stored()
            (answer,) = heard(stocked)
            rows = (await entries(stocked)).get(asked(answer), [])
            done = {row["action"] for row in rows if row["outcome"] == "DONE"} - {"READ"}
            assert bool(done) == changed, (vendor.name, endpoint.path, rows)
            written += changed
    assert written
