"""Exports of Kore.ai XO: answers of getSessions, `{"total","moreAvailable","sessions":[…]}`."""

from collections.abc import Mapping
from typing import Any

from app.rest.bot.layout import SESSION
from app.rest.exports import Export, Note, Options
from app.rest.reading import Given
from resolvers.errors import Invalid


def _finish(
    given: Given, values: dict[str, Any], options: Options, _note: Note
) -> Mapping[str, Any]:
    """An end and `sessionStatus` say the same; older answers lack the containment type."""
    ended, status = values.get("endTime"), given.get("sessionStatus")
    if status is not None:
        right = "closed" if ended else "active"
        if not isinstance(status, str) or status.lower() != right:
            has = "an" if ended else "no"
            raise Invalid(
                f"Expected {right}, as the session has {has} end_time.", ("sessionStatus",)
            )
    if ended and values.get("containmentType") is None and options.containment_type:
        values["containmentType"] = options.containment_type
    return {}


EXPORT = Export(
    name="kore",
    layout=SESSION,
    rows="sessions",
    required=frozenset({"botId", "channel", "userId", "start_time"}),
    unshown=("callId",),
    options=frozenset({"containment_type"}),
    finish=_finish,
    refusal=("errors", 0, "msg"),
    counted=("total", "moreAvailable"),
)
