"""Every operation of the schema and of the vendors' URLs, with the commands that it sends.

    Operation("botSessions", changes=False, limited=[find {"tenant": "acme"}], free=[find {}])

`limited` is what is sent for a credential that is limited to one tenant, `free` for one without a
limit. No database is asked: app.commands.recording answers plausibly. Lists are asked for without
a filter, with the tenant in the filter, and with session ids in it: no other column is in a shard
key that docs/sharding.md compares, but for `startedAt`. A search for two words counts one of them.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from graphql import GraphQLField, GraphQLInputObjectType, get_named_type
from starlette.applications import Starlette

from app import rest
from app.commands.recording import DEADLINE, Command, Recorder, RecordingDatabase
from app.context import State
from app.rest import VENDORS, samples
from app.rest.vendor import Endpoint, Vendor
from app.settings import Settings
from benchmarks.sharding.routing import WRITES
from resolvers.access import Caller
from resolvers.kind import Kind
from resolvers.store.store import Store
from schema.build import root_fields
from schema.kinds import KINDS
from schema.sample_operations import WORD, sample
from schema.strawberry_internals import core_schema

TENANT = "acme"
FILTERS = ((), ("tenant",), ("sessionId",))
"""The columns in the filter of a list."""
SESSIONS = frozenset(entry.kind.collection for entry in KINDS)
"""The collections that grow with the sessions."""
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Operation:
    """A field or a vendor's URL, and its commands by who asks."""

    name: str
    """`botSessions`, `botSessions by tenant`, `GET /history/sessions/{session_history_id}`."""
    general: str
    """The same for every kind that has such a field: `…Sessions`."""
    changes: bool
    limited: Sequence[Command]
    free: Sequence[Command]


def recorded() -> list[Operation]:
    """All operations, in the order of the schema and of the route table."""
    return asyncio.run(_recorded())


async def _recorded() -> list[Operation]:
    free = await Recorder.ready()
    both = free.limited_to(TENANT), free
    found = [
        Operation(*names, changes, *[await _sent(recorder, text) for recorder in both])
        for names, changes, text in _texts(free)
    ]
    for vendor, endpoint in _endpoints():
        name = f"{endpoint.method} {endpoint.path}"
        sent = [await _asked(recorder, vendor, endpoint) for recorder in both]
        found.append(Operation(name, name, any(one.name in WRITES for one in sent[0]), *sent))
    return found


def _texts(recorder: Recorder) -> Iterator[tuple[tuple[str, str], bool, str]]:
    """Each root field with each filter that it takes: names, whether it changes, an operation."""
    schema = core_schema(recorder.schema)
    assert schema.query_type
    for kind, name, _ in root_fields():
        field = schema.query_type.fields.get(name)
        columns = _filtered(field)
        for chosen in FILTERS:
            if columns.issuperset(chosen):
                label = " ".join((name, *(f"by {column}" for column in chosen)))
                names = label, _general(label, kind)
                yield names, field is None, sample(schema, name, chosen)
        if field is not None and "text" in field.args:
            label = f"{name} for two words"
            yield (label, label), False, sample(schema, name).replace(WORD, '"printer paper"')


def _filtered(field: GraphQLField | None) -> set[str]:
    """The columns that a field's filter takes."""
    if field is None or "filter" not in field.args:
        return set()
    type_ = get_named_type(field.args["filter"].type)
    return set(type_.fields) if isinstance(type_, GraphQLInputObjectType) else set()


def _general(label: str, kind: Kind | None) -> str:
    """The label with dots in the place of the kind."""
    if kind is None:
        return label
    name = kind.type_name.removesuffix("Session")
    return label.replace(name, "…").replace(name[0].lower() + name[1:], "…")


async def _sent(recorder: Recorder, text: str) -> list[Command]:
    recording = await recorder.run(text)
    if not recording.ran:
        raise ValueError(f"{text} did not run: {recording.errors}")
    return recording.commands


def _endpoints() -> Iterator[tuple[Vendor, Endpoint]]:
    """Each of the vendors' operations, under its first path."""
    for vendor in VENDORS:
        first: dict[tuple[str, str], Endpoint] = {}
        for endpoint in vendor.endpoints:
            first.setdefault((endpoint.method, endpoint.operation.summary), endpoint)
        for endpoint in first.values():
            yield vendor, endpoint


class _Open:
    """In the place of the authenticator: everybody is the same caller."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def is_open(self, _vendor: str) -> bool:
        """No URL asks for a credential."""
        return True

    def open_caller(self, _vendor: str) -> Caller:
        """Who asks."""
        return self._caller


async def _asked(recorder: Recorder, vendor: Vendor, endpoint: Endpoint) -> list[Command]:
    """The commands of a vendor's URL, asked as its reference says."""
    database, settings = RecordingDatabase(recorder.stored), Settings.model_construct()
    authenticator: Any = _Open(recorder.caller)
    app = Starlette(routes=[rest.routes(settings)])
    app.state.gateway = State(Store(database, DEADLINE), settings, authenticator)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        answer = await client.request(endpoint.method, _path(vendor, endpoint), **_given(endpoint))
    if answer.is_error:
        raise ValueError(f"{endpoint.method} {endpoint.path} is refused: {answer.text}")
    return database.commands


def _path(vendor: Vendor, endpoint: Endpoint) -> str:
    """With the id of the vendor's sample, or the value of the column that a parameter names."""
    row = samples.stored(vendor.kind)[0]
    columns = {name.lower(): row.get(column.path) for name, column in vendor.kind.by_name.items()}
    path = endpoint.path
    for name in endpoint.names:
        value = columns.get(name.lower()) or row["_id"]
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    return path


def _given(endpoint: Endpoint) -> dict[str, Any]:
    """The parameters that are required in the query, and a value for each header; a form where the
    reference has one, and no other body."""
    parameters = endpoint.operation.parameters
    query = {one["name"]: one["example"] for one in parameters if one.get("required")}
    headers = {one["name"]: "a" for one in parameters if one["in"] == "header"}
    content: Mapping[str, Any] = (endpoint.operation.body or {}).get("content", {})
    if FORM in content:
        return {"content": urlencode({"VARS": "ID"}), "headers": {"content-type": FORM}}
    return {"params": query, "headers": headers}
