"""`relatedSessions { session { … } }`: the session behind a stored pair of kind and session id.

All that are asked for at the same time are one find a kind, however many rows name them.
"""

from collections.abc import Iterable
from typing import Any

import strawberry
from graphql import GraphQLSchema, is_object_type
from strawberry.types.field import StrawberryField

from resolvers.access import Action
from resolvers.across import found_of_kind
from resolvers.kind import Kind
from schema.columns import KIND, column
from schema.common import Session, SessionKind
from schema.execution import projection
from schema.execution.run import Run
from schema.execution.selections import ByVariables, Selected
from schema.root_field import wanted_at
from schema.strawberry_internals import core_info, definition_of


class RelatedField(StrawberryField):
    """Joins a session through the run's loader; null where the caller finds none."""

    def __init__(self) -> None:
        super().__init__(
            description="The session itself; null if there is none, or none that you may read."
        )

    @property
    def is_basic_field(self) -> bool:
        """Never: it is not stored."""
        return False

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """The session, which is asked for by the call already."""
        run: Run = info.context
        core = core_info(info)
        kinds = run.operation.derive(RelatedField, lambda: _kinds(core.schema))
        kind, session_id = kinds.get(source.get("kind")), source.get("sessionId")
        if kind is None or not isinstance(session_id, str):
            return None  # the fields beside this one say what is wrong with the pair
        if not run.context.caller.may(kind, Action.READ):
            return None
        columns = wanted_at(run, core, lambda selected: _columns(selected, kinds.values()))
        return found_of_kind(kind, run.loader.get(kind, session_id, columns(kind)))


def _joined() -> Any:
    return RelatedField()


@strawberry.type(description="A session that another one names.")
class RelatedSession:
    """A stored pair, and the session that is joined."""

    kind: SessionKind = column("Which kind of session it is.")
    session_id: str = column("Its own id (`sessionId`).", max_length=256)
    session: Session | None = _joined()


def _columns(selected: Selected, kinds: Iterable[Kind]) -> ByVariables:
    """The stored paths to read of a kind, worked out for that of the pair alone."""
    wanted = {kind.name: projection.columns_of(selected, kind) for kind in kinds}
    return lambda variables: lambda kind: wanted[kind.name](variables)


def _kinds(schema: GraphQLSchema) -> dict[str, Kind]:
    """The kinds of a schema by their SessionKind: `BOT`."""
    made = [type_ for type_ in schema.type_map.values() if is_object_type(type_)]
    classes = [definition_of(type_).origin for type_ in made if type_.extensions]
    return {kind.enum_name: kind for class_ in classes if (kind := getattr(class_, KIND, None))}
