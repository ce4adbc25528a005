"""Who may come in: every path and method of the route table.

Each is asked without a credential, with wrong, expired and revoked ones, with each that is too
narrow, and in the wrong way: it refuses in its own shape, changes nothing, and shows no row and no
personal text too many.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from app.rest import VENDORS
from app.rest.vendor import Endpoint, Vendor
from resolvers.credentials import Issued
from resolvers.kind import walk
from tests.contract.stocked import IDS, OTHER_BOTS, nobodies, told
from tests.contract.whole import EVERYTHING, Whole, bearer, pair, signed
from tests.kinds.sample import PII

pytestmark = pytest.mark.anyio

ROWS = [
    pytest.param(vendor, endpoint, id=f"{endpoint.method} {endpoint.path}")
    for vendor in VENDORS
    for endpoint in vendor.endpoints
]
every_path = pytest.mark.parametrize(("vendor", "endpoint"), ROWS)

VARS = (
    "ID TECH_NAME CUSTOMER_NAME CUSTOMER_EMAIL PROBLEM_DESCRIPTION NOTES CHAT_INFO "
    "CUSTOM_FIELD_VALUE"
)


async def ask(whole: Whole, endpoint: Endpoint, bot: str = "st-1", **given: Any) -> httpx.Response:
    """A path with the stored session's id; `headers` and `params` are the credential."""
    vendor = next(vendor for vendor in VENDORS if endpoint in vendor.endpoints)
    path = endpoint.path.replace("{BotID}", bot)
    for name in endpoint.names:
        path = path.replace(f"{{{name}}}", IDS[vendor.name])
    options: dict[str, Any] = {"headers": given.get("headers", {})}
    if vendor.name == "remote_support":
        asked = {"VARS": VARS, **given.get("params", {})}
        options |= {"data" if endpoint.method == "POST" else "params": asked}
    else:
        options |= {"params": given.get("params", {})}
    if vendor.name == "bot":
        options |= {"json": {"dateFrom": "2026-01-30", **given.get("body", {})}}
    return await whole.http.request(endpoint.method, path, **options)


def proof(vendor: Vendor, issued: Issued) -> dict[str, Any]:
    """A credential as the vendor's clients send it."""
    match vendor.name:
        case "remote_support":
            return {"params": {"KEY": issued.key}}
        case "chat":
            return {"headers": pair(issued)}
        case "bot":
            return {"headers": signed(issued)}
    return {"headers": bearer(issued)}


UNAUTHENTICATED = {
    "co_browse": (401, "error"),
    "remote_support": (200, "<response><error_msg>Invalid KEY.</error_msg></response>"),
    "knowledge": (401, '"statusCode":401,"errorMessage"'),
    "chat": (401, '{"error":{"code":401,"message":"Authentication is required."}}'),
    "bot": (401, '{"errors":[{"msg":"Invalid SDK credentials","code":4002}]}'),
}
FORBIDDEN = {
    "co_browse": (403, '"error":"This needs the scope co_browse:read'),
    "remote_support": (200, "<error_msg>This needs the scope remote_support:read"),
    "knowledge": (403, '"statusCode":403,"errorMessage":"This needs the scope knowledge:'),
    "chat": (403, '"error":{"code":403,"message":"This needs the scope chat:read'),
    "bot": (401, '"msg":"Permission denied. Scope is incorrect!","code":4002'),
}


"""The vendors' own words; a vendor that is not named here refuses with the plain status."""


def is_nobody(answer: httpx.Response, vendor: Vendor) -> bool:
    """Whether it refuses a caller without a valid credential."""
    return is_refused(answer, UNAUTHENTICATED.get(vendor.name, (401, "")))


def is_forbidden(answer: httpx.Response, vendor: Vendor) -> bool:
    """Whether it refuses a caller who lacks the scope."""
    return is_refused(answer, FORBIDDEN.get(vendor.name, (403, "This needs the scope")))


def is_refused(answer: httpx.Response, expected: tuple[int, str]) -> bool:
    """The vendor's status and words, and nothing of any session."""
    status, text = expected
    return answer.status_code == status and text in answer.text and PII not in answer.text


@every_path
async def test_who_is_nobody_learns_nothing(
    stocked: Whole, vendor: Vendor, endpoint: Endpoint
) -> None:
    """No, a wrong, an expired and a revoked credential get one and the same answer."""
    before = await stocked.stored()
    one, other = await stocked.issue(*EVERYTHING), await stocked.issue(*EVERYTHING)
    wrong = [
        {},
        *[proof(vendor, issued) for issued in await nobodies(stocked)],
        {"headers": {"apiKey": one.credential.id, "token": other.key}},
        {"headers": {"auth": mixed(one, other)}},
    ]
    answers = [await ask(stocked, endpoint, **given) for given in wrong]
    assert all(is_nobody(answer, vendor) for answer in answers)
    assert len({told(answer) for answer in answers}) == 1
    assert await stocked.stored() == before


def mixed(one: Issued, other: Issued) -> str:
    """A token of one client with the secret of another."""
    return jwt.encode({"appId": one.credential.id}, other.signing_secret, "HS256")


@every_path
async def test_credentials_belong_in_their_place(
    stocked: Whole, vendor: Vendor, endpoint: Endpoint
) -> None:
    """A valid credential in another vendor's way, or beside a second way, is refused."""
    issued = await stocked.issue(*EVERYTHING)
    key, id_ = issued.key, issued.credential.id
    for given in misplaced(vendor, issued, key, id_):
        answer = await ask(stocked, endpoint, **given)
        assert is_nobody(answer, vendor), given


def misplaced(vendor: Vendor, issued: Issued, key: str, id_: str) -> Iterator[dict[str, Any]]:
    """Requests with a valid credential in the wrong place, or with two."""
    ways: dict[str, dict[str, Any]] = {
        "bearer": {"headers": bearer(issued)},
        "KEY": {"params": {"KEY": key}},
        "pair": {"headers": pair(issued)},
        "pair in the query": {"params": {"apiKey": id_, "token": key}},
        "jwt": {"headers": signed(issued)},
        "bearer in the query": {"params": {"access_token": key, "X-API-Key": key}},
    }
    allowed = {
        "remote_support": {"KEY"},
        "chat": {"bearer", "pair", "pair in the query"},
        "bot": {"jwt"},
    }.get(vendor.name, {"bearer"})
    yield from (way for name, way in ways.items() if name not in allowed)
    second = {"X-API-Key": "another"} if "bearer" in allowed else bearer(issued)
    for name in sorted(allowed):
        way = ways[name]
        yield {**way, "headers": {**way.get("headers", {}), **second}}


@every_path
async def test_narrower_scopes_are_refused(
    stocked: Whole, vendor: Vendor, endpoint: Endpoint
) -> None:
    """Every other kind's scopes, none, personal data alone, and writing without reading."""
    before = await stocked.stored()
    others = [f"{one.name}:{action}" for one in VENDORS for action in ("read", "write")]
    foreign = [scope for scope in others if not scope.startswith(f"{vendor.name}:")]
    narrow: list[tuple[str, ...]] = [(), ("pii:read", "introspection"), tuple(foreign)]
    if endpoint.method != "PUT":
        narrow.append((f"{vendor.name}:write", "pii:read"))
    if vendor.name == "knowledge" and endpoint.method != "GET":
        narrow.append(("knowledge:read", "pii:read"))
    for scopes in narrow:
        answer = await ask(stocked, endpoint, **proof(vendor, await stocked.issue(*scopes)))
        assert is_forbidden(answer, vendor), scopes
    assert await stocked.stored() == before


@every_path
async def test_personal_texts_need_their_scope(
    stocked: Whole, vendor: Vendor, endpoint: Endpoint
) -> None:
    """Masked without it, shown with it."""
    own = (f"{vendor.name}:read", f"{vendor.name}:write")
    masked = await ask(stocked, endpoint, **proof(vendor, await stocked.issue(*own)))
    shown = await ask(stocked, endpoint, **proof(vendor, await stocked.issue(*own, "pii:read")))
    assert (masked.status_code, shown.status_code) == (200, 200)
    assert PII not in masked.text
    if vendor.name == "remote_support" or endpoint.names:  # else nothing of one session is shown
        personal = any(column.personal for _, column in walk(vendor.kind.own_columns))
        assert (PII in shown.text) == personal


BOT_ROWS = [row for row in ROWS if row.values[0].name == "bot"]


@pytest.mark.parametrize(("vendor", "endpoint"), BOT_ROWS)
async def test_a_credential_sees_its_own_bots(
    stocked: Whole, vendor: Vendor, endpoint: Endpoint
) -> None:
    """Another bot's path is nobody's; lists and ids lead to the own bot's sessions only."""
    issued = await stocked.issue("bot:read", bots=["st-1"])
    if endpoint.names:
        answer = await ask(stocked, endpoint, bot="st-2", **proof(vendor, issued))
        assert is_nobody(answer, vendor)
    body = (await ask(stocked, endpoint, **proof(vendor, issued))).json()
    assert (body["total"], [row["sessionId"] for row in body["sessions"]]) == (1, [IDS["bot"]])
    asked = {"body": {"sessionId": [IDS["bot"], OTHER_BOTS]}, **proof(vendor, issued)}
    body = (await ask(stocked, endpoint, **asked)).json()
    assert [row["sessionId"] for row in body["sessions"]] == [IDS["bot"]]
    assert body["invalidSessions"] == [OTHER_BOTS]


@pytest.mark.parametrize(("vendor", "endpoint"), BOT_ROWS)
async def test_a_forged_jwt_is_like_none(
    stocked: Whole, vendor: Vendor, endpoint: Endpoint
) -> None:
    """`none`, another algorithm, another secret, an end a second ago: one answer."""
    issued = await stocked.issue(*EVERYTHING)
    secret, claims = issued.signing_secret, {"appId": issued.credential.id}
    past = datetime.now(UTC) - timedelta(seconds=1)
    tokens = [
        jwt.encode(claims, "", "none"),
        jwt.encode(claims, secret * 2, "HS256"),
        jwt.encode(claims, f"{secret}{secret}", "HS512"),
        jwt.encode({**claims, "exp": past}, secret, "HS256"),
        jwt.encode({"appId": "nobody"}, secret, "HS256"),
        jwt.encode({}, secret, "HS256"),
    ]
    answers = [await ask(stocked, endpoint, headers={"auth": token}) for token in tokens]
    assert all(is_nobody(answer, vendor) for answer in answers)
    assert len({told(answer) for answer in answers}) == 1
