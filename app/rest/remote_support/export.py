"""Exports of N-able Take Control: a session history in XML or JSON, of the VARS that were asked."""

from collections.abc import Mapping
from typing import Any

from app.rest.exports import Export, Note, Options
from app.rest.reading import Given
from app.rest.remote_support.layout import SESSION


def _finish(
    _given: Given, values: dict[str, Any], options: Options, note: Note
) -> Mapping[str, Any]:
    """A custom field has a name and a value; the filters of the call say what no row says."""
    for item in values.get("customFields", ()):
        for part in {"name", "value"} - item.keys():
            item[part] = ""
            note(f"A custom field has no {part}: an empty one is stored", "")
    if options.answered is None:
        note("Whether it was answered is not known, and stored as no: say --answered or not", "")
    else:
        values["answered"] = options.answered
    if options.start_method:
        values["startMethod"] = options.start_method
    return {}


EXPORT = Export(
    name="n-able",
    layout=SESSION,
    rows="requests",
    xml="request",
    required=frozenset({"date_start", "chat_info.date"}),
    options=frozenset({"answered", "start_method", "row"}),
    finish=_finish,
    refusal=("error_msg",),
    counted=("nrequests", ""),
)
