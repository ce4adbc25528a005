"""Tokens of a company's identity provider through the whole application: every API, two tenants."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.app.provider import Provider, provider
from tests.contract.whole import Whole, opened
from tests.kinds import BY_KIND
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.anyio

VIEWER = "{ viewer { name scopes bots tenants seesPersonalData isEverybody } }"
CREATE = """mutation ($input: CreateKnowledgeSessionInput!) {
    createKnowledgeSession(input: $input) {
        session { sessionId tenant } errors { code message } } }"""
COUNT = "{ knowledgeSessions { totalCount } }"


@pytest.fixture(scope="module")
async def company() -> AsyncIterator[Provider]:
    with provider() as made:
        yield made


@pytest.fixture(scope="module")
async def whole(engine: WireEngine, company: Provider) -> AsyncIterator[Whole]:
    """Over a database of its own; tokens must name a tenant."""
    settings = company.settings(oidc_tenant_claim="org", oidc_tenants="17=acme;18=globex;0=*")
    given = {name: getattr(settings, name) for name in settings.model_fields_set}
    async with opened(engine, **{n: v for n, v in given.items() if n.startswith("oidc_")}) as made:
        yield made


async def graphql(whole: Whole, token: str, query: str, **variables: Any) -> httpx.Response:
    body = {"query": query, "variables": variables}
    return await whole.http.post("/graphql", json=body, headers=bearing(token))


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_viewer_shows_the_tokens_bearer(whole: Whole, company: Provider) -> None:
    """Whose token it is, and what it may do here."""
    answer = await graphql(whole, company.token(name="Ada", org="17"), VIEWER)
    assert answer.json()["data"]["viewer"] == {
        "name": "Ada",
        "scopes": ["bot:read", "chat:read"],
        "bots": None,
        "tenants": ["acme"],
        "seesPersonalData": False,
        "isEverybody": False,
    }


async def test_tenants_of_tokens_are_apart(whole: Whole, company: Provider) -> None:
    """What one's token creates is its own, in GraphQL and under a vendor's URL."""
    acme, globex, staff = (company.token(groups=["staff"], org=org) for org in ("17", "18", "0"))
    given = BY_KIND["knowledge"].least
    made = (await graphql(whole, acme, CREATE, input=given)).json()["data"]
    session = made["createKnowledgeSession"]["session"]
    assert session["tenant"] == "acme"
    path = f"/sessions/{session['sessionId']}"
    assert (await whole.http.get(path, headers=bearing(acme))).status_code == 200
    assert (await whole.http.get(path, headers=bearing(globex))).status_code == 404
    made_by_url = await whole.http.put("/sessions/new", headers=bearing(globex))
    assert made_by_url.status_code == 200
    counts = [
        (await graphql(whole, one, COUNT)).json()["data"]["knowledgeSessions"]["totalCount"]
        for one in (acme, globex, staff)
    ]
    assert counts == [1, 1, 2]


async def test_of_several_tenants_a_vendors_url_cannot_name_one(
    whole: Whole, company: Provider
) -> None:
    """The refusal says so, in the vendor's shape; reading an unknown id creates nothing."""
    token = company.token(groups=["staff"], org=["17", "18"])
    answer = await whole.http.put("/sessions/new", headers=bearing(token))
    assert (answer.status_code, answer.json()["statusCode"]) == (400, 400)
    assert "limited to several tenants" in answer.json()["errorMessage"]
    unknown = "/sessions/00000000-0000-4000-8000-000000000000"
    assert (await whole.http.get(unknown, headers=bearing(token))).status_code == 404


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"groups": ["others"], "org": "17"}, "mapped to a scope"),
        ({"org": "19"}, "names no tenant"),
        ({}, "names no tenant"),
    ],
)
async def test_a_valid_token_that_allows_nothing(
    whole: Whole, company: Provider, claims: dict[str, Any], told: str
) -> None:
    """403, and what is missing: whoever has it need not sign in again."""
    token = company.token(**claims)
    answer = await graphql(whole, token, VIEWER)
    assert answer.status_code == 403
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert told in error["message"]
    url = await whole.http.get("/history/sessions/1", headers=bearing(token))
    assert url.status_code == 403
    assert told in url.text


async def test_a_token_that_is_not_valid(whole: Whole, company: Provider) -> None:
    """401 as for a wrong key, with the scheme to use."""
    answer = await graphql(whole, company.token(org="17", exp=1), VIEWER)
    wrong = await graphql(whole, "wrong", VIEWER)
    assert answer.status_code == wrong.status_code == 401
    assert answer.content == wrong.content
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge == wrong.headers["WWW-Authenticate"] == 'Bearer realm="gateway"'
