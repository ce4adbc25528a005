"""An operation prepared as a whole: its root fields resolved directly, their values rendered.

    query ($id: String!) { botSession(sessionId: $id) { botId } }

becomes one Step: `botSession`'s RootField, what to read (`{"botId"}`), how to get the arguments
from the variables (`{"sessionId": …}`), and the function that renders a session.

Only operations whose every root field is a RootField with a compiled selection become programs;
all others run on graphql-core. A program decides nothing about errors: if anything is amiss, it
leaves what it started in the run, and graphql-core completes it, resolving nothing twice.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableValues,
    is_object_type,
)
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from schema.execution.compiler import Renderer, renderer
from schema.execution.operation import Operation
from schema.execution.operations import OperationCache
from schema.execution.run import Run
from schema.execution.selections import ByVariables, Selected, Selections, inner_type, is_alone
from schema.execution.variables import ArgumentsOf, Variables, arguments_of
from schema.root_field import RootField
from schema.strawberry_internals import definition_of


@dataclass(frozen=True, slots=True)
class Step:
    """One root field: how to get its arguments, its value, and its part of the response."""

    response_name: str
    field: RootField
    wanted: ByVariables
    arguments: ArgumentsOf
    render: Renderer

    async def end(self, run: Run, variables: VariableValues) -> asyncio.Future[Any]:
        """Resolve the field, and leave its value or exception in the run."""
        ended = asyncio.get_running_loop().create_future()
        run.begin_field(self.response_name)
        try:
            given = self.arguments(variables)
            wanted = self.wanted(variables.coerced)
            ended.set_result(await self.field.resolve(run, wanted, given))
        except Exception as error:  # graphql-core reports it
            ended.set_exception(error)
        run.started[self.response_name] = ended
        return ended


@dataclass(frozen=True, slots=True)
class Program:
    """The steps of one operation, under one setting of its switches."""

    operation_type: OperationType
    steps: tuple[Step, ...]

    async def run(self, run: Run, variables: VariableValues) -> dict[str, Any] | None:
        """The response's data; None if graphql-core must complete what is started in the run."""
        left = run.room.left
        try:
            if len(self.steps) > 1 and self.operation_type is OperationType.QUERY:
                await asyncio.gather(*(step.end(run, variables) for step in self.steps))
            else:
                await self._one_by_one(run, variables)
            return {
                step.response_name: step.render(
                    run.started[step.response_name].result(), variables.coerced, run.room
                )
                for step in self.steps
            }
        except Exception:  # a field's own, or an unsound document
            run.room.left = left
            return None

    async def _one_by_one(self, run: Run, variables: VariableValues) -> None:
        for step in self.steps:
            if (await step.end(run, variables)).exception():
                break


class Programs:
    """The programs of a schema's operations."""

    def __init__(self, operations: OperationCache) -> None:
        self._operations = operations

    async def run(
        self,
        schema: GraphQLSchema,
        query: str,
        raw: dict[str, Any],
        run: Run,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> ExecutionResult | None:
        """The result of a known operation; None for what graphql-core must run or complete."""
        operation = self._operations.known(query)
        if operation is None:
            return None
        definition = operation.named(operation_name)
        if definition is None:
            return None
        variables = operation.derive(
            (Variables, operation_name),
            lambda: Variables(schema, operation.document, definition),
        ).read(raw)
        run.operation = operation
        if variables is None or not self._operations.admits(run, operation_name, raw, schema):
            return None
        program = operation.prepared(
            (Program, operation_name, operation.switches(variables.coerced)),
            lambda: prepare(schema, operation, definition, variables),
        )
        if program is None or program.operation_type not in (
            allowed_operation_types or OperationType
        ):
            return None
        data = await program.run(run, variables)
        return None if data is None else ExecutionResult(data=data, errors=None)


def prepare(
    schema: GraphQLSchema,
    operation: Operation,
    definition: OperationDefinitionNode,
    variables: VariableValues,
) -> Program | None:
    """The program of an operation; None if some root field needs graphql-core."""
    parent = schema.get_root_type(definition.operation)
    if parent is None:
        return None
    selections = Selections(schema, operation.fragments, variables.coerced)
    steps: list[Step] = []
    for response_name, nodes in selections.grouped([definition], parent).items():
        field = _field(parent, nodes[0])
        if field is None:
            return None
        type_ = inner_type(parent, nodes[0].name.value)
        if not is_object_type(type_):
            return None
        render = renderer(operation, selections, type_, nodes)
        if render is None:
            return None
        selected = Selected(selections, tuple(nodes), type_, is_alone(definition))
        steps.append(
            Step(
                response_name,
                field,
                field.wanted(selected),
                arguments_of(
                    parent.fields[nodes[0].name.value], nodes[0], variables, field.present
                ),
                render,
            )
        )
    return Program(OperationType(definition.operation.value), tuple(steps))


def _field(parent: GraphQLObjectType, node: FieldNode) -> RootField | None:
    """The RootField behind a node; None for `__typename`, introspection and a kind's own verbs."""
    definition = parent.fields.get(node.name.value)
    field = definition and definition_of(definition)
    return field if isinstance(field, RootField) else None
