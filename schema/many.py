"""`createChatSessions` and `deleteChatSessions`: many sessions by one field, each by itself."""

from typing import Any

from strawberry import ID
from strawberry.types.graphql import OperationType

from resolvers import many
from resolvers.errors import BadInput, Invalid, UserError
from resolvers.kind import Kind
from schema.common import DeleteSessionPayload, Payload
from schema.errors import user_error
from schema.execution.run import Run
from schema.fields import Standard
from schema.inputs import create_input
from schema.payloads import SessionRef, deleted
from schema.root_field import Argument, Arguments


async def create_many(
    kind: Kind, run: Run, _wanted: None, arguments: Arguments
) -> list[Payload[Any]]:
    """Store new sessions, each by itself."""
    inputs = arguments["inputs"]
    many.require_few("inputs", inputs)
    outcomes = await many.create(run.context, kind, inputs)
    return [_of_many("inputs", place, one) for place, one in enumerate(outcomes)]


def _of_many(argument: str, place: int, outcome: many.Outcome) -> Payload[Any]:
    if isinstance(outcome, UserError):
        present: Any = outcome.present
        errors = [user_error(outcome.under(argument, str(place)))]
        return Payload(session=present, errors=errors)
    shown: Any = outcome
    return Payload(session=shown, errors=[])


async def delete_many(
    kind: Kind, run: Run, _wanted: None, arguments: Arguments
) -> list[DeleteSessionPayload]:
    """Remove sessions, each by itself."""
    given = [name for name in ("ids", "sessionIds") if arguments.get(name) is not None]
    if len(given) != 1:
        raise BadInput("Give ids or sessionIds: exactly one of them.", argument="ids")
    argument, named = given[0], arguments[given[0]]
    many.require_few(argument, named)
    by_id = argument == "ids"
    refs = [SessionRef(one, None) if by_id else SessionRef(None, one) for one in named]
    asked = [_session_id(kind, ref) for ref in refs]
    ids = [one for one in asked if isinstance(one, str)]
    of_sessions = iter(await many.delete(run.context, kind, ids))
    outcomes = [next(of_sessions) if isinstance(one, str) else one for one in asked]
    for place, outcome in enumerate(outcomes):
        if isinstance(outcome, UserError):
            outcome.field = (argument, str(place))
    return [deleted(kind, one) for one in outcomes]


def _session_id(kind: Kind, ref: SessionRef) -> str | Invalid:
    """The session's own id; why there is none in a global id that is not one of the kind."""
    try:
        return ref.of(kind)
    except BadInput as error:
        return Invalid(error.message)


CREATE_MANY = Standard(
    OperationType.MUTATION,
    f"Store new {{}}s, at most {many.MOST}: a payload for each input, in the same order. One that "
    "is refused costs no other.",
    lambda entry: list[Payload[entry.type]] | None,  # type: ignore[name-defined]  # made at run time
    lambda entry: (
        Argument(
            "inputs",
            list[create_input(entry.type, entry.kind)],  # type: ignore[misc]  # the same
            "The sessions' fields.",
        ),
    ),
    create_many,
)
DELETE_MANY = Standard(
    OperationType.MUTATION,
    f"Remove {{}}s for good, at most {many.MOST}: a payload for each id, in the same order. One "
    "that is refused costs no other.",
    lambda _entry: list[DeleteSessionPayload] | None,
    lambda _entry: (
        Argument("ids", list[ID] | None, "Their global `id`s. Give these or `sessionIds`."),
        Argument("sessionIds", list[str] | None, "Their own ids. Give these or `ids`."),
    ),
    delete_many,
)
