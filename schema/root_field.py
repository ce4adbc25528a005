"""Root fields whose work is a plain function: of a run, what to read, and plain arguments.

    RootField("botSession", BotSession | None, [Argument("sessionId", str, …)], "One …", resolve)

Strawberry calls it like any field. A program (schema.execution.program) calls `resolve` directly,
with nothing in between.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import FieldNode, GraphQLResolveInfo, get_named_type
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from schema.execution.run import Run
from schema.execution.selections import ByVariables, Selected, Selections, is_alone
from schema.filters import ABSENT, present
from schema.inputs import plain
from schema.strawberry_internals import core_info

Arguments = Mapping[str, Any]
"""Those that were given, by their GraphQL names; see schema.inputs.plain."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument's GraphQL name, annotation and description; a nullable one may be left out."""

    name: str
    annotation: Any
    description: str
    conditions: bool = False
    """Whether it is a filter: conditions that wait for an absent variable are absent too."""


NOTHING_WANTED: ByVariables = lambda _variables: None  # noqa: E731  # a default value


class RootField(StrawberryField):
    """A field of Query or Mutation."""

    def __init__(
        self,
        name: str,
        returns: Any,
        arguments: Iterable[Argument],
        description: str,
        resolve: Callable[..., Awaitable[Any]],
        wanted: Callable[[Selected], ByVariables] = lambda _selected: NOTHING_WANTED,
    ) -> None:
        """`resolve` takes a Run, what is wanted, and Arguments.

        `wanted` says what the selection needs: a function of the variables, for every run.
        """
        arguments = tuple(arguments)
        super().__init__(
            python_name=name,
            graphql_name=name,
            type_annotation=StrawberryAnnotation(returns),
            description=description,
        )
        self.arguments = [
            StrawberryArgument(
                python_name=argument.name,
                graphql_name=argument.name,
                type_annotation=StrawberryAnnotation(argument.annotation),
                description=argument.description,
            )
            for argument in arguments
        ]
        self.resolve = resolve
        self.wanted = wanted
        self._filters = frozenset(argument.name for argument in arguments if argument.conditions)

    @property
    def is_basic_field(self) -> bool:
        """Never: it is not an attribute of the root value."""
        return False

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Awaitable[Any]:
        """Called by Strawberry; `kwargs` are the arguments that were given."""
        return self._result(info, kwargs)

    async def _result(self, info: strawberry.Info, given: Mapping[str, Any]) -> Any:
        """What a program started already, or a new answer."""
        run: Run = info.context
        outermost = core_info(info).path.prev is None
        started = run.started.pop(str(info.path.key), None) if outermost else None
        if started is not None:
            return await started
        core = core_info(info)
        arguments = self._given(core, given)
        return await self.resolve(run, wanted_at(run, core, self.wanted), arguments)

    def _given(self, info: GraphQLResolveInfo[Any], given: Mapping[str, Any]) -> dict[str, Any]:
        arguments = {name: plain(value) for name, value in given.items()}
        return self.present(info.field_nodes[0], arguments)

    def present(self, node: FieldNode, arguments: Arguments) -> dict[str, Any]:
        """The arguments at `node` without conditions whose variables are absent."""
        values = {argument.name.value: argument.value for argument in node.arguments or ()}
        given = {
            name: present(values[name], value) if name in self._filters else value
            for name, value in arguments.items()
        }
        return {name: value for name, value in given.items() if value is not ABSENT}


class NestedField(RootField):
    """The same below an object: `resolve` is given the object's source value first."""

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Awaitable[Any]:
        """Called by Strawberry; `kwargs` are the arguments that were given."""
        run: Run = info.context
        core = core_info(info)
        wanted = wanted_at(run, core, self.wanted)
        return self.resolve(source, run, wanted, self._given(core, kwargs))


def wanted_at(
    run: Run, info: GraphQLResolveInfo[Any], wanted: Callable[[Selected], ByVariables]
) -> Any:
    """What a field reads for its selection; worked out once but for the variables' values."""
    operation = run.operation
    variables: Any = info.variable_values
    nodes = list(info.field_nodes)
    selected = Selected(
        Selections(info.schema, operation.fragments, variables),
        tuple(nodes),
        get_named_type(info.return_type),
        is_alone(info.operation),
    )
    key = ("wanted", operation.place(nodes, variables))
    return operation.derive(key, lambda: wanted(selected))(variables)
