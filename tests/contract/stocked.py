"""What the access scans share: stored sessions full of personal texts, and invalid credentials."""

from dataclasses import replace

import httpx

from resolvers import customers, sessions
from resolvers.credentials import Issued
from resolvers.identifiers import Identifier, IdentifierType
from tests.contract.whole import EVERYTHING, Whole
from tests.kinds import BY_KIND, SAMPLES
from tests.kinds.sample import PII

IDS = {sample.kind: sample.session_id for sample in SAMPLES}
OTHER_BOTS = "another"
"""The id of a session of another bot."""
CUSTOMER = Identifier(IdentifierType.CUSTOMER_ID, "customer-of-all")
"""Linked with whoever was helped in the stored sessions."""


async def stock(whole: Whole, tenant: str | None = None) -> None:
    """Store one session of each kind, and one of another bot, all of one customer.

    They are a tenant's, or nobody's.
    """
    context = whole.context
    if tenant is not None:
        context.caller = replace(context.caller, tenants=frozenset({tenant}))
    identifiers = [CUSTOMER]
    for sample in SAMPLES:
        given = {"sessionId": sample.session_id, "note": PII, **sample.personal}
        stored = await sessions.create(context, sample.definition, given)
        known = stored.get("customer", {})
        for type_, name in ((IdentifierType.CUSTOMER_ID, "id"), (IdentifierType.EMAIL, "email")):
            identifiers += [Identifier(type_, known[name])] if name in known else []
    await customers.link(context, identifiers)
    bot = BY_KIND["bot"]
    other = {**bot.personal, "botId": "st-2", "sessionId": OTHER_BOTS}
    await sessions.create(context, bot.definition, other)


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
