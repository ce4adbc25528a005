"""Strawberry fields that stand for stored columns, and how a kind follows from its class."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from strawberry.types.base import (
    StrawberryList,
    StrawberryOptional,
    get_object_definition,
)
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.utils.str_converters import to_camel_case

from resolvers import documents
from resolvers.common_columns import COMMON_INDEXES, SESSION_COLUMNS, TENANT, ordering_indexes
from resolvers.kind import (
    NOTHING_KNOWN,
    AtVendor,
    Column,
    Document,
    Growth,
    Index,
    Kind,
    Reservation,
    RowTimes,
    SessionIds,
    no_reservation,
    walk,
)
from resolvers.value_types import ENUM, OBJECT
from schema.value_types import BY_ANNOTATION

NOTE = "column"
"""Where a field's metadata keeps its Column."""
SESSION_IDS: dict[str, SessionIds] = {}
"""How session ids look, by the kind's SessionKind: filled as the kinds are defined."""
KIND = "session_kind"
"""The attribute by which the class of a kind's sessions leads to its Kind."""


class ColumnField(StrawberryField):
    """A field that is read from a document by its column."""

    @property
    def is_basic_field(self) -> bool:
        """Never: the value comes from a dict, not from an attribute."""
        return False

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """The column's value, or CorruptDocument."""
        value = documents.read(self.metadata[NOTE], source)
        if isinstance(value, str | list):
            info.context.room.shown(value)
        return value


def column(description: str, **note: Any) -> Any:
    """A stored field. `note` has what the annotation cannot say: see resolvers.kind.Column."""
    return ColumnField(
        python_name=None,
        description=description,
        metadata={NOTE: note},
    )


def columns_of(type_: type) -> tuple[Column, ...]:
    """The columns of a Strawberry type, in its order, with everything its annotations say."""
    definition = get_object_definition(type_, strict=True)
    found = []
    for field in definition.fields:
        note = field.metadata.get(NOTE)
        if note is None:
            continue
        if not isinstance(note, Column):
            note = _column(definition.name, field, note)
            field.metadata = MappingProxyType({**field.metadata, NOTE: note})
        found.append(note)
    return tuple(found)


def _column(type_name: str, field: StrawberryField, note: dict[str, Any]) -> Column:
    annotation = field.resolve_type()
    nullable = isinstance(annotation, StrawberryOptional)
    inner: Any = annotation.of_type if isinstance(annotation, StrawberryOptional) else annotation
    paged = "count" in note
    return Column(
        name=field.graphql_name or to_camel_case(field.python_name),
        nullable=nullable and not paged,
        many=paged or isinstance(inner, StrawberryList),
        **_value(value_of(field), f"{type_name}.{field.python_name}"),
        **{"description": field.description or "", **note},
    )


def value_of(field: StrawberryField) -> Any:
    """The type of a column's values, without optional, list or connection around it."""
    inner: Any = field.resolve_type()
    while hasattr(inner, "of_type"):
        inner = inner.of_type
    if isinstance(inner, LazyType):
        inner = inner.resolve_type()
    definition = get_object_definition(inner)
    if definition and definition.concrete_of:  # Connection[ChatMessage]
        (inner,) = definition.type_var_map.values()
    return inner


def _value(inner: Any, field: str) -> dict[str, Any]:
    if isinstance(inner, StrawberryEnumDefinition):
        return {"type": ENUM, "values": tuple(value.name for value in inner.values)}
    if get_object_definition(inner):
        return {"type": OBJECT, "columns": columns_of(inner)}
    if inner not in BY_ANNOTATION:
        known = ", ".join(sorted(one.__name__ for one in BY_ANNOTATION))
        raise TypeError(
            f"{field}: a column cannot be of type {getattr(inner, '__name__', inner)}. Known are "
            f"enums, Strawberry types and {known}. docs/add-a-kind.md says how to add a type."
        )
    return {"type": BY_ANNOTATION[inner]}


def kind_of(
    type_: type,
    *,
    name: str,
    collection: str,
    session_ids: SessionIds,
    derive: Callable[[Document], RowTimes],
    ended: str | None = None,
    only_ended: tuple[str, ...] = (),
    spans: bool = True,
    indexes: tuple[Index, ...] = (),
    hidden: tuple[Column, ...] = (),
    reservation: Callable[[Document], Reservation | None] = no_reservation,
    growths: Mapping[str, Growth] = MappingProxyType({}),
    at_vendor: AtVendor = NOTHING_KNOWN,
) -> Kind:
    """The Kind that a Strawberry type describes."""
    definition = get_object_definition(type_, strict=True)
    own = tuple(column_ for column_ in columns_of(type_) if column_.name not in SESSION_NAMES)
    columns = (*SESSION_COLUMNS, *own, *hidden)
    _check_counts(definition.name, columns)
    kind = Kind(
        name=name,
        type_name=definition.name,
        collection=collection,
        description=definition.description or "",
        columns=columns,
        session_ids=session_ids,
        derive=derive,
        ended=ended,
        only_ended=only_ended,
        spans=spans,
        indexes=(*ordering_indexes(columns), *COMMON_INDEXES, *indexes),
        reservation=_of_tenant(reservation),
        growths=growths,
        at_vendor=at_vendor,
    )
    setattr(type_, KIND, kind)
    SESSION_IDS[kind.enum_name] = session_ids
    return kind


def _of_tenant(
    reservation: Callable[[Document], Reservation | None],
) -> Callable[[Document], Reservation | None]:
    """Two tenants may have the same value: a refusal would show the one what the other has."""

    def reserved(document: Document) -> Reservation | None:
        found = reservation(document)
        return replace(found, tenant=document.get(TENANT.path)) if found else None

    return reserved


def tidy_pair(pair: Document) -> Document:
    """A pair of kind and session id as it is stored: a UUID in lower case."""
    ids, session_id = SESSION_IDS.get(pair["kind"]), pair["sessionId"]
    spelled = ids.canonical(session_id) if ids else session_id
    return pair if spelled == session_id else {**pair, "sessionId": spelled}


def _check_counts(type_name: str, columns: tuple[Column, ...]) -> None:
    """TypeError unless the columns beside a list in pages are there, and derived."""
    derived = {column_.name for column_ in columns if column_.derived and not column_.stored}
    for path, column_ in walk(columns):
        if column_.count and (column_ not in columns or column_.type is not OBJECT):
            raise TypeError(f"{type_name}.{path}: only a kind's own list of objects has pages.")
        for name in filter(None, (column_.count, column_.last)):
            if name not in derived:
                raise TypeError(f"{type_name}.{path}: the class lacks the derived column {name}.")


SESSION_NAMES = frozenset(column_.name for column_ in SESSION_COLUMNS)
BY_NAME = {column_.name: column_ for column_ in SESSION_COLUMNS}


def session_column(name: str) -> Any:
    """A field of the Session interface; its column is defined by the core."""
    return _of(BY_NAME[name])


def customer_column(name: str) -> Any:
    """A field of SessionCustomer; its column is defined by the core."""
    return _of(BY_NAME["customer"].column(name))


def _of(known: Column) -> Any:
    return ColumnField(description=known.description, metadata={NOTE: known})
