"""`addSessionLabels` and `removeSessionLabels`: one pair of verbs for sessions of every kind."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from strawberry import ID

from resolvers import sessions
from resolvers.across import found_of_kind
from resolvers.kind import Document, Kind
from resolvers.values import clean
from schema.common import Payload, Session, not_a_global_id, parse_global_id
from schema.execution.run import Run
from schema.payloads import IF_REVISION, payload
from schema.root_field import Argument, Arguments, RootField

Combine = Callable[[list[str], list[str]], list[str]]
"""The labels that follow from the stored and the given ones."""
ARGUMENTS = (
    Argument("id", ID, "The session's `id`."),
    Argument("labels", list[str], "The labels, at most 100 characters each."),
    Argument("ifRevision", int | None, IF_REVISION),
)


def label_fields(kinds: Sequence[Kind]) -> tuple[RootField, ...]:
    """The two mutations; each answers with the session, whatever its kind."""
    by_type = {kind.type_name: kind for kind in kinds}
    add = "Add labels to a session of any kind; labels that it already has are not repeated."
    remove = "Remove labels from a session of any kind; those that it does not have change nothing."
    return (
        _field("addSessionLabels", add, by_type, _united),
        _field("removeSessionLabels", remove, by_type, _without),
    )


def _field(name: str, text: str, kinds: Mapping[str, Kind], combine: Combine) -> RootField:
    async def resolve(run: Run, _wanted: None, arguments: Arguments) -> Payload[Any]:
        kind, session_id = _place(kinds, arguments["id"])

        def change(document: Document) -> None:
            given = clean(run.context, kind.columns, {"labels": arguments["labels"]})
            document["labels"] = combine(document["labels"], given["labels"])

        revision = arguments.get("ifRevision")
        work = sessions.act(run.context, kind, session_id, change, if_revision=revision)
        return await payload(found_of_kind(kind, work), arguments={"sessionId": "id"})

    return RootField(name, Payload[Session] | None, ARGUMENTS, text, resolve)


def _united(stored: list[str], given: list[str]) -> list[str]:
    return [*stored, *given]  # each is stored once, as of every list of labels


def _without(stored: list[str], given: list[str]) -> list[str]:
    return [label for label in stored if label not in given]


def _place(kinds: Mapping[str, Kind], text: str) -> tuple[Kind, str]:
    type_name, session_id = parse_global_id(text) or ("", "")
    if type_name not in kinds:
        raise not_a_global_id("id", text)
    return kinds[type_name], session_id
