"""What a credential of one tenant is shown of another's sessions, in every API: nothing.

A tenant, globex, has sessions of all kinds full of planted texts, and links between their
customers' identifiers. Another one, acme, has a session of each kind, with some of the same
identifiers. All is asked that a client can ask, with acme's credential.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from app.rest.vendor import Endpoint, Vendor
from resolvers import sessions
from resolvers.credentials import Issued
from tests.contract.asked import FIELDS, GLOBAL_IDS, asked, conditions
from tests.contract.stocked import IDS, OTHER_BOTS, stock
from tests.contract.test_access_scan import ask, every_path, proof
from tests.contract.test_access_scan_graphql import SCHEMA, operation
from tests.contract.test_leak_scan import AT_ONCE, texts
from tests.contract.ways import exports
from tests.contract.whole import EVERYTHING, Whole, bearer
from tests.kinds import EXAMPLES, SAMPLES
from tests.kinds.sample import PII

pytestmark = pytest.mark.anyio

PLANTED = {"globex", OTHER_BOTS, *IDS.values(), *GLOBAL_IDS.values()}
"""What shows a session of the other tenant, besides the texts that begin with PII."""
assert SCHEMA.mutation_type
MUTATIONS = list(SCHEMA.mutation_type.fields)
every_field = pytest.mark.parametrize("field", FIELDS)


@pytest.fixture(scope="module")
async def stock_application(application: Whole) -> Whole:
    """Two tenants' sessions, in the place of those that are nobody's."""
    await stock(application, "globex")
    context = application.context
    context.caller = replace(context.caller, tenants=frozenset({"acme"}))
    for sample in SAMPLES:
        values = {**EXAMPLES[sample.kind].values, **sample.another}
        await sessions.create(context, sample.definition, values)
    return application


@pytest.fixture
async def acme(stocked: Whole) -> Issued:
    """May do everything for its tenant."""
    return await stocked.issue(*EVERYTHING, "customer:write", tenants=["acme"])


async def others(whole: Whole) -> list[Any]:
    """What the other tenant has stored, its links and reservations included."""
    rows = [row for kind in (await whole.stored()).values() for row in kind]
    database = whole.context.store.database
    rows += await database["customer_links"].find({}).to_list(None)
    return [row for row in rows if row.get("tenant") == "globex"]


def shown(answers: Iterable[Any]) -> set[str]:
    """What answers have of the other tenant."""
    found = set().union(*(texts(answer) for answer in answers))
    return {text for text in found if PII in text or text in PLANTED}


@every_field
async def test_a_field_shows_nothing_of_another_tenant(
    stocked: Whole, acme: Issued, field: str
) -> None:
    """Everything selected, with every set of arguments."""
    answers = [await stocked.graphql(acme, one.text) for one in asked(field)]
    assert shown(answer.get("data") for answer in answers) == set()


@every_field
async def test_the_other_tenant_is_shown_it(stocked: Whole, field: str) -> None:
    """The same queries show it to whose it is: the scan above is no empty one."""
    globex = await stocked.issue(*EVERYTHING, tenants=["globex"])
    answers = [await stocked.graphql(globex, one.text) for one in asked(field)]
    assert not any("errors" in answer for answer in answers)
    if not field.endswith("Summary"):
        assert shown(answer["data"] for answer in answers)


@pytest.mark.parametrize("field", [one for one in FIELDS if next(conditions(one), None)])
async def test_no_filter_finds_another_tenants(stocked: Whole, acme: Issued, field: str) -> None:
    """A condition on a planted text finds what it finds for a tenant that has nothing."""
    nobody = await stocked.issue(*EVERYTHING, tenants=["initech"])
    calls = [f"c{place}: {one.call}" for place, one in enumerate(conditions(field))]
    for start in range(0, len(calls), AT_ONCE):
        text = f"{{ {' '.join(calls[start : start + AT_ONCE])} }}"
        mine, nobodys = [await stocked.graphql(one, text) for one in (acme, nobody)]
        assert "errors" not in mine
        assert mine["data"] == nobodys["data"]


@pytest.mark.parametrize("field", MUTATIONS)
async def test_a_mutation_changes_nothing_of_another_tenant(
    stocked: Whole, acme: Issued, field: str
) -> None:
    """Its sessions and links stay, and the answer has nothing of them."""
    before = await others(stocked)
    query, variables = operation(field)
    answer = await stocked.graphql(acme, query, **variables)
    assert shown([answer.get("data")]) == set()
    assert await others(stocked) == before


@every_path
async def test_a_path_shows_nothing_of_another_tenant(
    stocked: Whole, acme: Issued, vendor: Vendor, endpoint: Endpoint
) -> None:
    """Nor does it change anything; the tenant that has the session is shown it."""
    before = await others(stocked)
    bodies = (
        [{}, {"body": {"sessionId": [IDS["bot"], OTHER_BOTS]}}] if vendor.name == "bot" else [{}]
    )
    for body in bodies:
        answer = await ask(stocked, endpoint, **proof(vendor, acme), **body)
        assert PII not in answer.text
        assert "globex" not in answer.text
    assert await others(stocked) == before


async def test_a_file_has_nothing_of_another_tenant(stocked: Whole, acme: Issued) -> None:
    """In each format, also by a link; the tenant's own session is there."""
    async for text in exports(stocked, acme):
        assert PII not in text
        assert not any(planted in text for planted in PLANTED)
    for sample in SAMPLES:
        path = f"/export/{sample.kind}.ndjson"
        answer = await stocked.http.get(path, headers=bearer(acme))
        assert len(answer.content.splitlines()) == 1


@pytest.mark.parametrize("kind", [sample.kind for sample in SAMPLES])
async def test_a_taken_id_shows_no_session(stocked: Whole, acme: Issued, kind: str) -> None:
    """That another tenant has the id cannot be hidden; whose it is can."""
    sample = next(sample for sample in SAMPLES if sample.kind == kind)
    given = {**sample.least, **sample.another, "sessionId": IDS[kind]}
    answer = await stocked.graphql(acme, sample.create, input=given)
    payload = answer["data"][f"create{sample.type}"]
    assert payload["session"] is None
    assert [error["code"] for error in payload["errors"]] == ["ALREADY_EXISTS"]
    assert PII not in json.dumps(answer)
    assert "globex" not in json.dumps(answer)
