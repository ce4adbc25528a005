"""What the access scans share: stored sessions full of personal texts, and invalid credentials."""

import httpx

from resolvers import sessions
from resolvers.credentials import Issued
from tests.contract.whole import EVERYTHING, Whole
from tests.kinds import BY_KIND, SAMPLES
from tests.kinds.sample import PII

IDS = {sample.kind: sample.session_id for sample in SAMPLES}
OTHER_BOTS = "another"
"""The id of a session of another bot."""


async def stock(whole: Whole) -> None:
    """Store one session of each kind, and one of another bot."""
    for sample in SAMPLES:
        given = {"sessionId": sample.session_id, "note": PII, **sample.personal}
        await sessions.create(whole.context, sample.definition, given)
    bot = BY_KIND["bot"]
    other = {**bot.personal, "botId": "st-2", "sessionId": OTHER_BOTS}
    await sessions.create(whole.context, bot.definition, other)


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
