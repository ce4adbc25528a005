"""Exports of Agendize: History resources, alone, in a list or in `{"items":[…]}`."""

from collections.abc import Mapping
from typing import Any

from app.rest.chat.layout import SESSION
from app.rest.exports import Export, Note, Options
from app.rest.reading import Given


def _finish(
    _given: Given, values: dict[str, Any], options: Options, note: Note
) -> Mapping[str, Any]:
    """The history has chats that are over; clock times without a zone need one."""
    sent = [message["sent"] for message in values.get("messages") or ()]
    for moment in (values["start"], *sent):
        if moment.get("timeZone"):
            continue
        moment.pop("timeZone", None)
        if options.time_zone:
            moment["timeZone"] = options.time_zone
        else:
            note(
                "A time has no zone: GATEWAY_COMPANY_TIMEZONE is taken, or say --time-zone",
                "",
            )
    return {"status": "CLOSED"}


EXPORT = Export(
    name="agendize",
    layout=SESSION,
    rows="items",
    required=frozenset(
        {
            "start",
            "start.dateTime",
            "messages.id",
            "messages.message",
            "messages.source",
            "messages.sent",
            "messages.sent.dateTime",
        }
    ),
    options=frozenset({"time_zone"}),
    finish=_finish,
    refusal=("error", "message"),
)
