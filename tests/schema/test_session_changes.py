"""`session { changes(first) }`: who changed a session, for those with the scope `audit:read`."""

from dataclasses import replace
from typing import Any

import pytest

from resolvers.access import EVERYBODY, Caller
from resolvers.audit.entries import Mac
from resolvers.audit.trail import Trail
from resolvers.audit.witness import RequestWitness
from resolvers.request import LARGEST_PAGE
from resolvers.request_facts import RequestFacts
from tests.kinds import SAMPLES
from tests.kinds.sample import Sample
from tests.schema.conftest import Client

each_kind = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)
ENTRY = (
    "{ at action outcome code fields revision credentialId credentialName api operation requestId }"
)
PAGE = (
    f"{{ nodes {ENTRY} edges {{ cursor }} pageInfo {{ hasNextPage hasPreviousPage endCursor }} }}"
)


@pytest.fixture
def trailed(client: Client) -> Client:
    """A client whose writes are in a trail; `stored` waits until they are there."""
    trail = Trail(client.context.store, Mac(), now=client.clock)
    facts = RequestFacts(id="r-1", api="graphql", operation="Mine")
    witness = RequestWitness(trail, EVERYBODY, facts)
    client.context.store = replace(client.context.store, witness=witness)
    execute = client._execute

    async def trailed_execute(*given: Any) -> dict[str, Any]:
        async with trail.running():
            return await execute(*given)

    client._execute = trailed_execute  # type: ignore[method-assign]
    return client


def asked(sample: Sample, fields: str) -> str:
    """A query of the session."""
    return f'{{ {sample.name}(sessionId: "{sample.session_id}") {{ {fields} }} }}'


def changes(client: Client, sample: Sample, arguments: str = "") -> Any:
    """The page of a session's changes."""
    return client.data(asked(sample, f"changes{arguments} {PAGE}"))["changes"]


def make(client: Client, sample: Sample, updates: int = 1) -> None:
    """A session that was changed so often."""
    given = {**sample.least, "sessionId": sample.session_id}
    assert client.data(sample.create, input=given)["errors"] == []
    for number in range(updates):
        client.clock.advance(seconds=1)
        found = client.data(sample.update, id=sample.session_id, input={"note": f"note {number}"})
        assert found["errors"] == []


@each_kind
def test_each_kind_has_changes(trailed: Client, sample: Sample) -> None:
    """The newest first, with who, what and how it ended; no value."""
    make(trailed, sample)
    page = changes(trailed, sample)
    newest, oldest = page["nodes"]
    assert newest == {
        "at": "2026-03-01T09:30:01.000Z",
        "action": "UPDATED",
        "outcome": "DONE",
        "code": None,
        "fields": ["note"],
        "revision": 2,
        "credentialId": "everybody",
        "credentialName": "Everybody",
        "api": "graphql",
        "operation": "Mine",
        "requestId": "r-1",
    }
    assert (oldest["action"], oldest["revision"], oldest["fields"]) == ("CREATED", 1, [])
    assert page["pageInfo"]["hasNextPage"] is False


def test_pages(trailed: Client) -> None:
    """Each change once, from page to page."""
    sample = SAMPLES[0]
    make(trailed, sample, updates=4)
    seen, after = [], ""
    while True:
        page = changes(trailed, sample, f"(first: 2{after})")
        seen += [node["revision"] for node in page["nodes"]]
        assert page["edges"][-1]["cursor"] == page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = f', after: "{page["pageInfo"]["endCursor"]}"'
    assert seen == [5, 4, 3, 2, 1]
    assert page["pageInfo"]["hasPreviousPage"] is True


def test_refused_changes_are_shown(trailed: Client) -> None:
    """With the code of the refusal."""
    sample = SAMPLES[0]
    make(trailed, sample, updates=0)
    given = {**sample.least, "sessionId": sample.session_id}
    assert trailed.data(sample.create, input=given)["errors"]
    found = [
        (one["action"], one["outcome"], one["code"]) for one in changes(trailed, sample)["nodes"]
    ]
    assert ("CREATED", "REFUSED", "ALREADY_EXISTS") in found


def test_without_the_scope(trailed: Client) -> None:
    """FORBIDDEN at its path; the rest of the session is shown."""
    sample = SAMPLES[0]
    make(trailed, sample, updates=0)
    trailed.context.caller = Caller("reader", frozenset({"*:read", "*:write", "pii:read"}))
    text = asked(sample, "sessionId changes { nodes { at } }")
    answer = trailed(text)
    assert answer["data"][sample.name] == {"sessionId": sample.session_id, "changes": None}
    (error,) = answer["errors"]
    assert error["path"] == [sample.name, "changes"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "audit:read" in error["message"]
    trailed.context.caller = Caller("auditor", frozenset({"*:read", "audit:read"}))
    assert trailed.data(text)["changes"]["nodes"]


@pytest.mark.parametrize(
    "arguments",
    [
        f"(first: {LARGEST_PAGE + 1})",
        "(first: -1)",
        '(after: "x")',
        '(after: "")',
        '(after: "MjAyNg==")',
    ],
)
def test_bad_arguments(trailed: Client, arguments: str) -> None:
    """Named in the error."""
    sample = SAMPLES[0]
    make(trailed, sample, updates=0)
    error = trailed.error(asked(sample, f"changes{arguments} {PAGE}"))
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert arguments[1:].partition(":")[0] in error["message"]


def test_without_a_trail(client: Client) -> None:
    """There are none."""
    sample = SAMPLES[0]
    make(client, sample)
    assert changes(client, sample)["nodes"] == []


def test_the_changes_of_a_page_cost_a_read_for_each_row(client: Client) -> None:
    """So pages of sessions with pages of changes are soon too expensive."""
    text = f"{{ {SAMPLES[0].name}s(first: 100) {{ nodes {{ changes(first: 100) {PAGE} }} }} }}"
    assert client.error(text)["extensions"]["code"] == "LIMIT_EXCEEDED"
