"""An operation prepared as a whole: its root fields resolved directly, their values rendered.

Only operations whose every root field is a Root with a compiled selection become programs; all
others run on graphql-core. A program decides nothing about errors: when anything is amiss, it
leaves what was resolved in the context, and graphql-core completes it, resolving nothing twice.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLSchema, get_named_type, is_non_null_type, is_object_type
from graphql.execution.collect_fields import collect_fields
from graphql.pyutils import Path, gather_with_cancel
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from resolvers.context import Context
from schema.execution.compiler import DEFINITION, Renderer
from schema.execution.executor import CompiledExecutor
from schema.execution.operations import Operation, OperationCache
from schema.execution.variables import ArgumentsOf, Variables, arguments_of
from schema.root import OUTCOMES, ROOT, Outcome, Root


@dataclass(frozen=True, slots=True)
class Step:
    """One root field: how to get its arguments, its value, and its part of the response."""

    response_name: str
    root: Root
    wanted: Any
    arguments: ArgumentsOf
    render: Renderer
    required: bool = True
    """Whether there is no data at all without it."""

    async def outcome(self, context: Context, variables: Any) -> Outcome:
        """What the field ends with, be it an exception."""
        try:
            value = await self.root.resolve(context, self.wanted, self.arguments(variables))
        except Exception as error:  # graphql-core tells the client
            return Outcome(error)
        return Outcome(value)


class Race:
    """Steps that run at the same time: their outcomes, in the order in which they end.

    Those that never wait are all the first.
    """

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.turn = 0
        self._waiting = False

    async def run(self, steps: Sequence[Step], context: Context, variables: Any) -> None:
        """Run them until all have ended, or one without which there is no data has failed."""
        tasks = [asyncio.ensure_future(self._end(step, context, variables)) for step in steps]
        asyncio.get_running_loop().call_soon(self._wait)  # after the first round of each
        await gather_with_cancel(*tasks)

    def _wait(self) -> None:
        self._waiting = True

    async def _end(self, step: Step, context: Context, variables: Any) -> None:
        found = await step.outcome(context, variables)
        if self._waiting:
            self.turn += 1
            found = Outcome(found.value, self.turn)
        self.outcomes[step.response_name] = found
        if step.required and isinstance(found.value, Exception):
            raise found.value


@dataclass(frozen=True, slots=True)
class Program:
    """The steps of one operation, under one setting of its switches."""

    operation_type: OperationType
    steps: tuple[Step, ...]

    async def run(self, context: Context, variables: Any) -> dict[str, Any] | None:
        """The response's data; None if graphql-core must complete what is in the context now."""
        outcomes = await self._resolve(context, variables)
        try:
            return {
                step.response_name: step.render(_sound(outcome.value))
                for step, outcome in zip(self.steps, outcomes, strict=True)
            }
        except Exception:  # an unsound document, an exception in place of a value, a missing one
            context.cache[OUTCOMES] = {
                step.response_name: outcome
                for step, outcome in zip(self.steps, outcomes, strict=False)
            }
            return None

    async def _resolve(self, context: Context, variables: Any) -> list[Outcome]:
        if len(self.steps) == 1:
            return [await self.steps[0].outcome(context, variables)]
        if self.operation_type is OperationType.QUERY:
            return await self._together(context, variables)
        outcomes = []
        for step in self.steps:
            outcomes.append(await step.outcome(context, variables))
            if isinstance(outcomes[-1].value, Exception):
                break
        return outcomes

    async def _together(self, context: Context, variables: Any) -> list[Outcome]:
        race = Race()
        never = Outcome(None)
        try:
            await race.run(self.steps, context, variables)
        except Exception as error:  # whoever has not ended yet is too late to be heard
            never = Outcome(error, race.turn + 1)
        return [race.outcomes.get(step.response_name, never) for step in self.steps]


def _sound(value: Any) -> Any:
    if isinstance(value, Exception):
        raise value
    return value


class Programs:
    """The programs of a schema's operations."""

    def __init__(self, operations: OperationCache) -> None:
        self._operations = operations

    async def run(
        self,
        schema: GraphQLSchema,
        query: str,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        **_others: Any,
    ) -> ExecutionResult | None:
        """The result of a known operation; None for what graphql-core must run or complete."""
        operation = self._operations.known(query)
        if operation is None:
            return None
        raw = variable_values or {}
        reader = operation.derive(
            (Variables, operation_name), lambda: _variables(schema, operation, operation_name)
        )
        variables = reader and reader.read(raw)
        if not variables or not self._operations.admits(
            operation, operation_name, raw, schema, context_value
        ):
            return None
        context_value.cache[Operation] = operation
        program = operation.prepared(
            (Program, operation_name, operation.switches(variables.coerced)),
            lambda: prepare(schema, operation, operation_name, raw, context_value),
        )
        if program is None or program.operation_type not in (
            allowed_operation_types or OperationType
        ):
            return None
        data = await program.run(context_value, variables)
        return None if data is None else ExecutionResult(data=data, errors=None)


def _variables(schema: GraphQLSchema, operation: Operation, name: str | None) -> Variables | None:
    definition = operation.named(name)
    return Variables(schema, operation.document, definition) if definition else None


def prepare(
    schema: GraphQLSchema,
    operation: Operation,
    operation_name: str | None,
    raw_variables: dict[str, Any],
    context: Context,
) -> Program | None:
    """The program of an operation; None if some root field needs graphql-core."""
    executor = CompiledExecutor.build(
        schema, operation.document, None, context, raw_variables, operation_name
    )
    if not isinstance(executor, CompiledExecutor):
        return None
    definition = executor.operation
    root_type = schema.get_root_type(definition.operation)
    if root_type is None:
        return None
    fields = collect_fields(
        schema, executor.fragments, executor.variable_values, root_type, definition, False
    )[0]
    steps: list[Step] = []
    for response_name, details in fields.items():
        step = _step(executor, root_type, response_name, details)
        if step is None:
            return None
        steps.append(step)
    return Program(OperationType(definition.operation.value), tuple(steps))


def _step(executor: CompiledExecutor, parent: Any, response_name: str, details: Any) -> Step | None:
    """One root field's step; None if it is no Root, or its selection is not compiled."""
    node: FieldNode = details[0].node
    definition = parent.fields.get(node.name.value)
    root: Root | None = definition and definition.extensions[DEFINITION].metadata.get(ROOT)
    type_ = definition and get_named_type(definition.type)
    if root is None or not is_object_type(type_):
        return None
    render = executor.renderer(type_, details)
    if render is None:
        return None
    nodes = [detail.node for detail in details]
    path = Path(None, response_name, parent.name)
    info = executor.build_resolve_info(definition, nodes, parent, path)
    arguments = arguments_of(definition, node, executor.variable_values)
    required = is_non_null_type(definition.type)
    return Step(response_name, root, root.wanted(info), arguments, render, required)
