"""A small operation for a root field, made from the schema.

    sample(schema, "deleteChatSession")   is

    mutation deleteChatSession { deleteChatSession(sessionId: "https://delete.example/")
      { deletedId errors { message } } }

Queries get the arguments that they require; mutations all of theirs, so that something changes.
Of `id` and `sessionId`, a field gets the second. Moments lie an hour from now: after the start of
any session, and near enough for an end.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    is_required_argument,
    is_required_input_field,
)

from resolvers.moments import print_datetime
from schema.common import KIND_BY_TYPE, global_id

VALUES = {
    "ID": f'"{global_id(next(iter(KIND_BY_TYPE)), "a")}"',
    "Int": "1",
    "Float": "1.5",
    "Boolean": "true",
    "LocalDateTime": '"2100-01-01T00:00:00"',
}
WORD = '"printer"'
"""What is searched for."""


LISTS = {
    "CustomerIdentifierInput": '[{type: CUSTOMER_ID, value: "17"}, {type: EMAIL, value: "a@b.c"}]',
}
"""Where one element would not be enough."""


def sample(schema: GraphQLSchema, name: str, filtered: Iterable[str] = ()) -> str:
    """An operation with this one root field, filtered by these columns if it has a filter."""
    assert schema.query_type
    assert schema.mutation_type
    mutation = name in schema.mutation_type.fields
    root = schema.mutation_type if mutation else schema.query_type
    field = root.fields[name]
    # An address, as some columns require; another one for a change than for the creation before.
    text = f'"https://{re.split("[A-Z]", name)[0]}.example/"'
    arguments = [
        f"{argument}: {WORD if argument == 'text' else _value(given.type, text)}"
        for argument, given in field.args.items()
        if _is_given(field, argument, mutation)
    ]
    conditions = [f'{column}: {{eq: "a"}}' for column in filtered]
    if conditions and "filter" in field.args:
        arguments.append(f"filter: {{{', '.join(conditions)}}}")
    shown = ", ".join(arguments)
    head = "mutation" if mutation else "query"
    return f"{head} {name} {{ {name}{f'({shown})' if shown else ''}{_selection(field)} }}"


def _is_given(field: GraphQLField, argument: str, mutation: bool) -> bool:
    """Of the two ids that a session has, its own; and no revision, which it may not have."""
    if "sessionId" in field.args and argument in ("id", "sessionId"):
        return argument == "sessionId"
    if argument in ("ids", "ifRevision"):
        return is_required_argument(field.args[argument])
    return mutation or is_required_argument(field.args[argument])


def _value(type_: GraphQLInputType, text: str) -> str:
    match type_:
        case GraphQLNonNull():
            return _value(type_.of_type, text)
        case GraphQLList() if (name := get_named_type(type_).name) in LISTS:
            return LISTS[name]
        case GraphQLList():
            return f"[{_value(type_.of_type, text)}]"
        case GraphQLInputObjectType():
            fields = type_.fields
            required = [name for name in fields if is_required_input_field(fields[name])]
            given = {name: _value(fields[name].type, text) for name in required or [*fields][-1:]}
            return f"{{{', '.join(f'{name}: {value}' for name, value in given.items())}}}"
        case GraphQLEnumType():
            return str(next(iter(type_.values)))
        case _ if str(type_) == "DateTime":
            soon = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=1)
            return f'"{print_datetime(soon)}"'
        case _:
            return VALUES.get(str(type_), text)


def _selection(field: GraphQLField) -> str:
    """The first field of the type, and of the types below; a payload's errors as well."""
    type_: GraphQLNamedType = get_named_type(field.type)
    if not is_composite_type(type_):
        return ""
    fields = getattr(type_, "fields", {})
    first = next(iter(fields))
    errors = " errors { message }" if "errors" in fields else ""
    return f" {{ {first}{_selection(fields[first])}{errors} }}"
