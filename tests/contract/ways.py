"""Every way by which something leaves the gateway, one entry each, and who may not see what.

Each way is asked with the planted sessions in view, and gives the texts that left: bodies of
answers, values of cursors, lines of logs. A new way is one function with `@way`.
"""

import base64
import binascii
import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from graphql import GraphQLEnumType, get_named_type
from prometheus_client import generate_latest

from app.observing.logs import TextLines
from app.rest import VENDORS
from resolvers import customers, sessions
from resolvers.credentials import Issued
from resolvers.identifiers import Identifier, IdentifierType
from resolvers.kind import Column, Document
from resolvers.value_types import TEXT
from tests.app.graphql.sockets import connected
from tests.contract.asked import FIELDS, QUERY, SCHEMA, asked, conditions, everything
from tests.contract.stocked import CUSTOMER, IDS
from tests.contract.test_access_scan import ask, proof
from tests.contract.whole import Whole, bearer
from tests.kinds import SAMPLES
from tests.kinds.sample import PII
from tests.resolvers.followed import from_now

Way = Callable[[Whole, Issued], AsyncIterator[str]]
WAYS: dict[str, Way] = {}
"""By their names."""
WORD = "everywhere"
"""A word in the note of each session: hits are pieces of their own, so it is no planted one."""
AT_ONCE = 15
"""Fields of one request."""
HEADERS = ("location", "link", "etag", "content-disposition")


def way(ask_: Way) -> Way:
    """Enter a way into the table."""
    WAYS[ask_.__name__] = ask_
    return ask_


def slowly(names: Iterable[str]) -> list[Any]:
    """The ways as parameters of a test; those that wait for changes take seconds."""
    slow = pytest.mark.slow
    return [pytest.param(name, marks=slow) if name == "events" else name for name in names]


def planted(kind: str) -> str:
    """How each planted value of a kind begins: of no other kind's, and of nothing that is free."""
    return f"{PII}{kind}-"


async def plant(whole: Whole) -> None:
    """One session of each kind, full of values that are found wherever they show.

    Identifiers have an e-mail address in them, and the session's own kind.
    """
    identifiers = [CUSTOMER]
    for sample in SAMPLES:
        mark = planted(sample.kind)
        given = _marked({**sample.personal, "note": f"{PII} {WORD}"}, mark)
        for column in sample.definition.own_columns:
            if column.identifier and not column.columns:
                given[column.name] = f"{mark}{column.name}@planted.example"[: column.max_length]
        stored = await sessions.create(
            whole.context, sample.definition, {**given, "sessionId": IDS[sample.kind]}
        )
        known = stored.get("customer", {})
        for type_, name in ((IdentifierType.CUSTOMER_ID, "id"), (IdentifierType.EMAIL, "email")):
            identifiers += [Identifier(type_, known[name])] if name in known else []
    await customers.link(whole.context, identifiers)


def _marked(value: Any, mark: str) -> Any:
    """The value with every planted text as one of the kind's own."""
    if isinstance(value, dict):
        return {name: _marked(part, mark) for name, part in value.items()}
    if isinstance(value, list):
        return [_marked(part, mark) for part in value]
    return value.replace(PII, mark) if isinstance(value, str) else value


def told(answer: httpx.Response) -> Iterator[str]:
    """All that an answer says; what is encoded in it, decoded, too."""
    yield answer.text
    yield from (answer.headers.get(name, "") for name in HEADERS)
    for text in re.findall(r'"([A-Za-z0-9_=-]{16,})"', answer.text):
        try:
            yield base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("utf-8", "replace")
        except binascii.Error:
            continue


async def graphql(whole: Whole, issued: Issued, text: str) -> AsyncIterator[str]:
    """What an operation answers."""
    answer = await whole.http.post("/graphql", json={"query": text}, headers=bearer(issued))
    for one in told(answer):
        yield one


async def together(whole: Whole, issued: Issued, calls: list[str]) -> AsyncIterator[str]:
    """What many calls of fields answer."""
    for start in range(0, len(calls), AT_ONCE):
        part = calls[start : start + AT_ONCE]
        text = " ".join(f"c{place}: {call}" for place, call in enumerate(part))
        async for one in graphql(whole, issued, f"{{ {text} }}"):
            yield one


@way
async def fields(whole: Whole, issued: Issued) -> AsyncIterator[str]:
    """Every field of GraphQL with everything selected: customers, searches, groups, highlights."""
    for field in FIELDS:
        for one in asked(field):
            if one.field.startswith(one.type[0].lower() + one.type[1:]) or _across(field):
                async for text in graphql(whole, issued, one.text):
                    yield text


def _across(field: str) -> bool:
    return not any(field.startswith(sample.name) for sample in SAMPLES)


@way
async def filters(whole: Whole, issued: Issued) -> AsyncIterator[str]:
    """A condition for each text that can be filtered by: the refusals, and the cursors found."""
    lists = [field for field in FIELDS if field.endswith("essions")]
    calls = [one.call for field in lists for one in conditions(field)]
    async for text in together(whole, issued, calls):
        yield text


@way
async def orderings(whole: Whole, issued: Issued) -> AsyncIterator[str]:
    """Each ordering of each list, with its cursors."""
    calls = []
    for field in FIELDS:
        argument = QUERY.fields[field].args.get("orderBy")
        if argument is None or "edges" not in getattr(_type(field), "fields", {}):
            continue
        column = get_named_type(get_named_type(argument.type).fields["field"].type)
        assert isinstance(column, GraphQLEnumType)
        calls += [
            f"{field}(first: 9, orderBy: [{{field: {name}, direction: DESC}}]) "
            "{ edges { cursor } pageInfo { endCursor } }"
            for name in column.values
        ]
    async for text in together(whole, issued, calls):
        yield text


def _type(field: str) -> Any:
    return get_named_type(QUERY.fields[field].type)


@way
async def searches(whole: Whole, issued: Issued) -> AsyncIterator[str]:
    """Words that are in every session, with what stands around them."""
    call = f'searchSessions(text: "{WORD}") {{ edges {{ cursor matches {{ parts {{ text }} }} }} }}'
    async for text in together(whole, issued, [call]):
        yield text


@way
async def changes(whole: Whole, issued: Issued) -> AsyncIterator[str]:
    """What writing answers: unchanged sessions, taken ids, refused values."""
    for sample in SAMPLES:
        for text, given in (
            (sample.update, {"id": IDS[sample.kind], "input": {}}),
            (sample.update, {"id": IDS[sample.kind], "input": {"labels": ["x" * 101]}}),
            (sample.create, {"input": {**sample.least, "sessionId": IDS[sample.kind]}}),
        ):
            body = {"query": text, "variables": given}
            answer = await whole.http.post("/graphql", json=body, headers=bearer(issued))
            for one in told(answer):
                yield one


@way
async def events(whole: Whole, issued: Issued) -> AsyncIterator[str]:
    """Changes of every session, with everything selected: pulled, and over a WebSocket."""
    place = await from_now(whole.context)
    for sample in SAMPLES:
        kind, session_id = sample.definition, IDS[sample.kind]
        await sessions.update(whole.context, kind, session_id, {"labels": [place[:90]]})
    after = f'after: "{place}"'
    for sample in SAMPLES:
        below = everything(SCHEMA.type_map["SessionChange"], sample.type, ("Subscription",))
        pulled = f"{{ sessionChanges(first: 20, {after}) {{ nodes {below} }} }}"
        answer = await whole.graphql(issued, pulled)
        yield json.dumps(answer)
        pages = (answer.get("data") or {}).get("sessionChanges")
        number = len(pages["nodes"]) if pages else 1
        async for text in followed(
            whole, issued, f"subscription {{ sessionChanged({after}) {below} }}", number
        ):
            yield text


async def followed(whole: Whole, issued: Issued, query: str, number: int) -> AsyncIterator[str]:
    """The first so many messages of a subscription."""
    async with connected(whole.app) as socket:
        await socket.init(issued.key)
        await socket.subscribe(query)
        for _ in range(number):
            yield json.dumps(await socket.get())


@way
async def vendors(whole: Whole, issued: Issued) -> AsyncIterator[str]:
    """Every path of the vendors, and their refusals."""
    for vendor in VENDORS:
        for endpoint in vendor.endpoints:
            given = proof(vendor, issued)
            for one in told(await ask(whole, endpoint, **given)):
                yield one
            if vendor.name == "remote_support":
                for name in ("CUSTOMER_NAME", "CUSTOMER_NUMBER", "TECH_USERNAME"):
                    params = {**given["params"], f"FILTER_{name}": PII}
                    for one in told(await ask(whole, endpoint, params=params)):
                        yield one


@way
async def exports(whole: Whole, issued: Issued) -> AsyncIterator[str]:
    """Every file, with all columns, a filter, and the cursor of each row; one-time links."""
    for sample in SAMPLES:
        columns = ",".join(one.name for one in sample.definition.columns if not one.hidden)
        for path in (f"/export/{sample.kind}.ndjson", f"/export/{sample.kind}.csv"):
            for params in ({}, {"columns": columns}, {"filter": '{"search": "everywhere"}'}):
                answer = await whole.http.get(path, params=params, headers=bearer(issued))
                for one in told(answer):
                    yield one
            link = await whole.http.post(path, headers=bearer(issued))
            for one in told(link):
                yield one
            if link.status_code == 201:
                for one in told(await whole.http.get(link.json()["url"])):
                    yield one


@way
async def trails(whole: Whole, issued: Issued) -> AsyncIterator[str]:
    """What the audit trail shows of each session, after it was changed and refused to be."""
    selection = "{ changes(first: 50) { nodes { action fields code credentialName } } }"
    for sample in SAMPLES:
        body = {"query": sample.update, "variables": {"id": IDS[sample.kind], "input": {}}}
        await whole.http.post("/graphql", json=body, headers=bearer(issued))
        call = f'{sample.name}(sessionId: "{IDS[sample.kind]}") {selection}'
        async for text in together(whole, issued, [call]):
            yield text


@way
async def documents(whole: Whole, issued: Issued) -> AsyncIterator[str]:
    """What describes the API, the pages for people, and what monitors ask."""
    paths = ("/", "/openapi.json", "/schema.graphql", "/graphiql/examples.json", "/docs", "/guide")
    for path in (*paths, "/healthz", "/readyz", "/.well-known/security.txt", "/nowhere"):
        for one in told(await whole.http.get(path, headers=bearer(issued))):
            yield one


@way
async def logs(whole: Whole, issued: Issued) -> AsyncIterator[str]:
    """Each line that is logged while keys and personal values are in queries, paths and bodies."""
    lines: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Lines()
    handler.setFormatter(TextLines())
    names = ("", "gateway")
    for name in names:
        logging.getLogger(name).addHandler(handler)
    logging.getLogger("gateway").setLevel(logging.DEBUG)
    try:
        query = {"VARS": "ID", "FILTER_CUSTOMER_NAME": f"{PII}asked", "KEY": issued.key}
        await whole.http.get("/get_session_history.php", params=query)
        await whole.http.get("/history/sessions/x", params={"a": f"{PII}asked"})
        asked_for = f'{{ botSession(sessionId: "{PII}asked") {{ id }} }}'
        assert [text async for text in graphql(whole, issued, asked_for)]
    finally:
        for name in names:
            logging.getLogger(name).removeHandler(handler)
        logging.getLogger("gateway").setLevel(logging.NOTSET)
    assert len(lines) >= 3
    for line in lines:
        assert issued.key not in line
        assert f"{PII}asked" not in line
        yield line


@way
async def metrics(whole: Whole, _issued: Issued) -> AsyncIterator[str]:
    """Everything that is counted, after all that the other ways have asked."""
    measured = whole.app.entrance._metrics
    assert measured
    yield generate_latest(measured.collectors).decode()


@dataclass(frozen=True)
class Narrow:
    """A credential, and the beginnings of what it may not see."""

    scopes: tuple[str, ...]
    hidden: tuple[str, ...]
    bots: tuple[str, ...] | None = None


KINDS = [sample.kind for sample in SAMPLES]
NARROW = {
    "without pii:read": Narrow(("*:read", "*:write", "customer:write"), (PII,)),
    "read-only": Narrow(("*:read",), (PII,)),
    "nothing to read": Narrow(("*:write", "pii:read", "introspection"), (PII,)),
    "other bots": Narrow(("*:read", "*:write", "pii:read"), (planted("bot"),), ("st-2",)),
    **{
        f"{kind} alone": Narrow(
            (f"{kind}:read", "pii:read"), tuple(planted(one) for one in KINDS if one != kind)
        )
        for kind in KINDS
    },
}
"""Each narrower credential, by what it lacks."""
WIDE = ("fields", "filters", "orderings", "documents")
"""Ways with many requests: asked with some of these, as test_leak_scan asks with all."""
SOME = ("without pii:read", "other bots")


def personal_columns(columns: tuple[Column, ...], document: Document) -> set[str]:
    """The names of the columns in which something is planted."""
    found: set[str] = set()
    for column in columns:
        value = document.get(column.path)
        for part in value if isinstance(value, list) else [value]:
            if column.columns and isinstance(part, dict):
                found |= personal_columns(column.columns, part)
            elif isinstance(part, str) and PII in part:
                found.add(column.name)
    return found


def marked_columns(columns: tuple[Column, ...]) -> set[str]:
    """The names of the columns in which something has to be."""
    found: set[str] = set()
    for column in columns:
        found |= marked_columns(column.columns)
        if (column.personal or column.identifier) and column.type is TEXT and not column.hidden:
            found.add(column.name)
    return found
