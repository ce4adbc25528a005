"""Who may come in: every root field of GraphQL, asked as test_access_scan asks the paths."""

import base64
from typing import Any

import pytest
from graphql import GraphQLNonNull

from app.rest import VENDORS
from schema.build import root_fields
from tests.client_schema import client_schema
from tests.contract.stocked import IDS, nobodies, told
from tests.contract.whole import EVERYTHING, Whole, bearer, pair, signed
from tests.kinds import BY_KIND, SAMPLES
from tests.kinds.sample import PII

pytestmark = pytest.mark.anyio

SCHEMA = client_schema()
KIND_OF = {name: kind.name if kind else None for kind, name, _ in root_fields()}
VERBS = {name: verb.given for sample in SAMPLES for name, verb in sample.verbs.items()}


def operation(field: str) -> tuple[str, dict[str, Any]]:
    """A root field with all it needs on the stored sessions, and everything selected."""
    mutation = SCHEMA.mutation_type and field in SCHEMA.mutation_type.fields
    type_ = SCHEMA.mutation_type if mutation else SCHEMA.query_type
    assert type_
    needed = {
        argument: str(one.type)
        for argument, one in type_.fields[field].args.items()
        if isinstance(one.type, GraphQLNonNull) or argument in ("sessionId", "sessionIds")
    }
    values = {argument: value(field, argument, text) for argument, text in needed.items()}
    declared = ", ".join(f"${argument}: {text}" for argument, text in needed.items())
    passed = ", ".join(f"{argument}: ${argument}" for argument in needed)
    head = f"{'mutation' if mutation else 'query'} {f'({declared})' if declared else ''}"
    call = f"{field}{f'({passed})' if passed else ''}"
    return f"{head} {{ {call} {{ {selection(field, bool(mutation))} }} }}", values


def value(field: str, argument: str, type_: str) -> Any:
    """What a required argument is given."""
    kind = KIND_OF[field]
    if argument in GIVEN:
        return GIVEN[argument]
    if kind is None:
        return GLOBAL_IDS if argument == "ids" else GLOBAL_IDS[0]
    if argument == "sessionIds":
        return [IDS[kind]]
    if type_.lstrip("[").startswith("Create"):
        given = {**BY_KIND[kind].least, **BY_KIND[kind].another}
        return [given] if argument == "inputs" else given
    if argument == "input":
        return {}
    return VERBS.get(field, {}).get(argument) or IDS[kind]


GIVEN: dict[str, Any] = {
    "labels": ["a"],
    "by": {"customerId": "somebody"},
    "mode": "DELETE",
    "dryRun": True,
}


def selection(field: str, mutation: bool) -> str:
    """Everything that is personal, wherever the field shows it."""
    kind = KIND_OF[field]
    if field == "viewer":
        return "name scopes bots tenants seesPersonalData expiresAt isEverybody"
    if field not in SCOPED:
        return "__typename"
    if kind is None:
        one = "id ... on RemoteSupportSession { notes customer { name email } }"
        return f"session {{ {one} }} errors {{ code }}" if mutation else one
    if field.startswith("delete"):
        return "deletedId errors { code }"
    if mutation:
        return f"session {{ {BY_KIND[kind].select} }} errors {{ code }}"
    if field.endswith("Summary"):
        return "count"
    if field.endswith("Statistics"):
        return "groupCount groups { count }"
    return (
        f"nodes {{ {BY_KIND[kind].select} }} totalCount"
        if field.endswith("s")
        else BY_KIND[kind].select
    )


GLOBAL_IDS = [
    base64.urlsafe_b64encode(f"{vendor.kind.type_name}:{IDS[vendor.name]}".encode()).decode()
    for vendor in reversed(VENDORS)
    if vendor.name == "remote_support"
]
every_field = pytest.mark.parametrize("field", list(KIND_OF))
ABOUT_ONE = {"node", "nodes", "addSessionLabels", "removeSessionLabels"}
SCOPED = [field for field, kind in KIND_OF.items() if kind or field in ABOUT_ONE]
"""Fields that need the scopes of one kind; test_leak_scan has those over several kinds."""
scoped_field = pytest.mark.parametrize("field", SCOPED)


@every_field
async def test_a_field_needs_a_credential(stocked: Whole, field: str) -> None:
    """No, wrong, expired, revoked, misplaced and doubled credentials: 401 and one body."""
    before = await stocked.stored()
    query, variables = operation(field)
    body = {"query": query, "variables": variables}
    valid = await stocked.issue(*EVERYTHING)
    requests: list[dict[str, Any]] = [
        {},
        *[{"headers": bearer(issued)} for issued in await nobodies(stocked)],
        {"headers": {**bearer(valid), "X-API-Key": "another"}},
        {"headers": pair(valid)},
        {"headers": signed(valid)},
        {"params": {"KEY": valid.key}},
    ]
    answers = [await stocked.http.post("/graphql", json=body, **given) for given in requests]
    assert {answer.status_code for answer in answers} == {401}
    assert len({told(answer) for answer in answers}) == 1
    assert answers[0].json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert await stocked.stored() == before


@scoped_field
async def test_a_field_needs_its_scopes(stocked: Whole, field: str) -> None:
    """Other kinds' scopes, none, reading alone for changes, writing alone for what is shown."""
    before = await stocked.stored()
    query, variables = operation(field)
    kind = KIND_OF[field] or "remote_support"
    others = [
        f"{one.name}:{action}"
        for one in VENDORS
        for action in ("read", "write")
        if one.name != kind
    ]
    narrow: list[tuple[str, ...]] = [(), ("pii:read", "introspection"), tuple(others)]
    if query.startswith("mutation"):
        narrow.append((f"{kind}:read", "pii:read"))
    if not field.startswith(("create", "delete")):
        narrow.append((f"{kind}:write", "pii:read"))
    for scopes in narrow:
        answer = await stocked.graphql(await stocked.issue(*scopes), query, **variables)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN", scopes
        assert answer["data"] in (None, {field: None}, {field: [None]})
        assert PII not in str(answer)
    assert await stocked.stored() == before


@scoped_field
async def test_a_field_masks_what_is_personal(stocked: Whole, field: str) -> None:
    """With its own scopes it answers, and shows personal texts with `pii:read` only."""
    query, variables = operation(field)
    own = [f"{KIND_OF[field] or 'remote_support'}:{action}" for action in ("read", "write")]
    masked = await stocked.graphql(await stocked.issue(*own), query, **variables)
    assert "errors" not in masked, masked
    assert PII not in str(masked)
    if not field.startswith(("create", "delete")):
        shown = await stocked.graphql(await stocked.issue(*own, "pii:read"), query, **variables)
        told = PII in str(BY_KIND[KIND_OF[field] or "remote_support"].personal)
        personal = told and not field.endswith(("Summary", "Statistics"))
        answered = not errors_of(shown)
        assert not (personal and answered) or PII in str(shown)


def errors_of(answer: Any) -> list[Any]:
    """The user errors of a mutation."""
    (payload,) = answer["data"].values()
    return list((payload or {}).get("errors", [])) if isinstance(payload, dict) else []


BOT_FIELDS = [field for field, kind in KIND_OF.items() if kind == "bot"]


@pytest.mark.parametrize("field", BOT_FIELDS)
async def test_a_field_shows_its_own_bots(stocked: Whole, field: str) -> None:
    """A credential for another bot finds nothing, counts nothing and changes nothing."""
    before = await stocked.stored()
    query, variables = operation(field)
    issued = await stocked.issue(*EVERYTHING, bots=["st-3"])
    answer = await stocked.graphql(issued, query, **variables)
    assert IDS["bot"] not in str(answer.get("data"))
    assert "st-1" not in str(answer.get("data"))
    if field.endswith("Summary"):
        assert answer["data"][field] == {"count": 0}
    if field.endswith("Statistics"):
        assert answer["data"][field] == {"groupCount": 1, "groups": [{"count": 0}]}
    assert await stocked.stored() == before


async def test_viewer_shows_the_credential_that_asks(stocked: Whole) -> None:
    """Its name, scopes and bots, whatever they are, and nothing of its key."""
    issued = await stocked.issue("chat:read", "bot:write", bots=["st-2", "st-1"], tenants=["acme"])
    answer = await stocked.graphql(issued, operation("viewer")[0])
    assert answer["data"]["viewer"] == {
        "name": issued.credential.name,
        "scopes": ["bot:write", "chat:read"],
        "bots": ["st-1", "st-2"],
        "tenants": ["acme"],
        "seesPersonalData": False,
        "expiresAt": None,
        "isEverybody": False,
    }
    assert issued.key not in str(answer)


WITHIN = "mutation ($input: CreateChatSessionInput!) {{ createChatSession(input: $input) {} }}"


@pytest.mark.parametrize(
    "field", ["viewer", *(f for f in SCOPED if not operation(f)[0].startswith("mut"))]
)
async def test_a_payloads_query_needs_its_scopes(stocked: Whole, field: str) -> None:
    """What is asked below `query` is refused, masked and limited as at the root."""
    query, variables = operation(field)
    call = query[query.index("{") :]
    for argument, given in variables.items():
        call = call.replace(f"${argument}", str(given).replace("'", '"'))
        call = call if isinstance(given, list) else call.replace(f": {given}", f': "{given}"')
    text = WITHIN.format(f"{{ errors {{ code }} query {call} }}")
    refused = await stocked.graphql(await stocked.issue("chat:write"), text, input={})
    payload = refused["data"]["createChatSession"]
    if field == "viewer":
        assert payload["query"]["viewer"]["scopes"] == ["chat:write"]
        return
    assert payload["errors"] == []
    assert payload["query"] in ({field: None}, {field: [None]})
    assert {error["extensions"]["code"] for error in refused["errors"]} == {"FORBIDDEN"}
    masked = await stocked.graphql(await stocked.issue("chat:write", "*:read"), text, input={})
    assert "errors" not in masked
    assert PII not in str(masked)


@pytest.mark.parametrize("kind", [sample.kind for sample in SAMPLES])
async def test_a_taken_id_shows_only_what_may_be_read(stocked: Whole, kind: str) -> None:
    """ALREADY_EXISTS carries the stored session: masked, and only to who may read it."""
    sample = BY_KIND[kind]
    given = {**sample.least, **sample.another, "sessionId": IDS[kind]}
    scopes = {
        (f"{kind}:write",): None,
        (f"{kind}:write", f"{kind}:read"): IDS[kind],
    }
    for held, shown in scopes.items():
        answer = await stocked.graphql(await stocked.issue(*held), sample.create, input=given)
        payload = answer["data"][f"create{sample.type}"]
        assert [error["code"] for error in payload["errors"]] == ["ALREADY_EXISTS"]
        assert (payload["session"] and payload["session"]["sessionId"]) == shown
        assert PII not in str(answer)
