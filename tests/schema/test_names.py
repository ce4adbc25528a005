"""The names that front ends rely on, written down once more: they change only on purpose."""

from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, build_schema

from tests.kinds import SAMPLES, every_kind
from tests.kinds.sample import SESSION_FIELDS, Sample, table

SCHEMA = build_schema(
    (Path(__file__).resolve().parents[2] / "schema" / "schema.graphql").read_text(encoding="utf-8")
)

TYPES = {
    "Session": SESSION_FIELDS,
    "Node": "id: ID!",
    "RelatedSession": "kind: SessionKind!, sessionId: String!, session: Session",
    "Customer": """identifiers: [CustomerIdentifier!]!, names: [String!]!, firstSeenAt: DateTime,
        lastSeenAt: DateTime, sessions: SessionConnection, statistics: SessionStatistics""",
    "CustomerIdentifier": """type: CustomerIdentifierType!, value: String!, linkedAt: DateTime,
        linkedBy: String""",
    "CustomerLinksPayload": """identifiers: [CustomerIdentifier!]!, errors: [UserError!]!,
        query: Query!""",
    "SessionCustomer": "customerId: String, name: String, email: String",
    "PageInfo": """hasNextPage: Boolean!, hasPreviousPage: Boolean!, startCursor: String,
        endCursor: String""",
    "NumberStatistics": """count: Int!, average: Float, minimum: Float, maximum: Float, sum: Float,
        percentile: Float""",
    "SessionSummary": "count: Int!, averageDurationSeconds: Float",
    "UserError": "code: ErrorCode!, field: [String!], message: String!",
    "DeleteSessionPayload": "deletedId: ID, session: Session, errors: [UserError!]!, query: Query!",
    "Viewer": """name: String!, scopes: [String!]!, bots: [String!], tenants: [String!],
        seesPersonalData: Boolean!, expiresAt: DateTime, isEverybody: Boolean!""",
}
ENUMS = {
    "SessionKind": " ".join(kind.kind.upper() for kind in SAMPLES),
    "SessionStatus": "ACTIVE CLOSED",
    "ErrorCode": "NOT_FOUND ALREADY_EXISTS INVALID CONFLICT FORBIDDEN",
    "OrderDirection": "ASC DESC",
    "TimeBucket": "HOUR DAY WEEK MONTH QUARTER YEAR",
    "StatisticsOrderField": "COUNT KEY PERIOD_START RATE AVERAGE MINIMUM MAXIMUM SUM PERCENTILE",
    "CustomerIdentifierType": "CUSTOMER_ID EMAIL",
}
INPUTS = {
    "CustomerKey": "customerId: String, email: String",
    "CustomerIdentifierInput": "type: CustomerIdentifierType!, value: String!",
    "RelatedSessionInput": "kind: SessionKind!, sessionId: String!",
    "BooleanFilter": "eq: Boolean, ne: Boolean, in: [Boolean!], nin: [Boolean!]",
    "StringFilter": """eq: String, ne: String, in: [String!], nin: [String!], startsWith: String,
        endsWith: String, contains: String, containsIgnoreCase: String, eqIgnoreCase: String""",
    "StringListFilter": "some: StringFilter, none: StringFilter, every: StringFilter",
    "IntFilter": """eq: Int, ne: Int, in: [Int!], nin: [Int!], gt: Int, gte: Int, lt: Int,
        lte: Int""",
    "DateTimeFilter": """eq: DateTime, ne: DateTime, in: [DateTime!], nin: [DateTime!],
        gt: DateTime, gte: DateTime, lt: DateTime, lte: DateTime""",
}
"""What belongs to no single kind; the rest stands in the samples."""

for kind in SAMPLES:
    TYPES |= {kind.type: f"{SESSION_FIELDS}, {kind.fields}", **kind.types, **kind.paged}
    ENUMS |= kind.enums
    INPUTS |= kind.inputs
VERBS = {name: verb.arguments for kind in SAMPLES for name, verb in kind.verbs.items()}


@pytest.mark.parametrize("name", TYPES)
def test_type(name: str) -> None:
    """A type has these fields and no others."""
    fields = SCHEMA.type_map[name].fields  # type: ignore[attr-defined]  # types with fields
    assert {key: str(field.type) for key, field in fields.items()} == table(TYPES[name])


@pytest.mark.parametrize("name", INPUTS)
def test_input(name: str) -> None:
    """An input has these fields and no others."""
    type_ = SCHEMA.type_map[name]
    assert isinstance(type_, GraphQLInputObjectType)
    assert {key: str(field.type) for key, field in type_.fields.items()} == table(INPUTS[name])


@pytest.mark.parametrize("name", ENUMS)
def test_enum(name: str) -> None:
    """An enum has these values and no others."""
    type_ = SCHEMA.type_map[name]
    assert isinstance(type_, GraphQLEnumType)
    assert set(type_.values) == set(ENUMS[name].split())


def test_root_fields() -> None:
    """Queries and mutations are these and no others."""
    queries = {
        "node",
        "nodes",
        "searchSessions",
        "sessions",
        "sessionStatistics",
        "customer",
        "exportCustomer",
        "sessionChanges",
        "viewer",
    }
    mutations = {*VERBS, "addSessionLabels", "removeSessionLabels"}
    mutations |= {"linkCustomerIdentifiers", "unlinkCustomerIdentifiers", "eraseCustomer"}
    for kind in SAMPLES:
        queries |= {kind.name, *(f"{kind.name}{end}" for end in ("s", "Summary", "Statistics"))}
        mutations |= {f"{verb}{kind.type}" for verb in ("create", "update", "delete")}
        mutations |= {f"{verb}{kind.type}s" for verb in ("create", "delete")}
    assert SCHEMA.query_type is not None
    assert SCHEMA.mutation_type is not None
    assert set(SCHEMA.query_type.fields) == queries
    assert set(SCHEMA.mutation_type.fields) == mutations
    assert SCHEMA.subscription_type is not None
    followed = {"session", *(kind.name for kind in SAMPLES)}
    assert set(SCHEMA.subscription_type.fields) == {f"{name}Changed" for name in followed}


def signature(root: GraphQLObjectType | None, name: str) -> tuple[dict[str, str], str]:
    """Arguments and type of a root field."""
    assert root is not None
    field = root.fields[name]
    return {key: str(value.type) for key, value in field.args.items()}, str(field.type)


@pytest.mark.parametrize("name", VERBS)
def test_verb(name: str) -> None:
    """A kind's own verb takes these arguments and answers with its kind's payload."""
    arguments, answer = signature(SCHEMA.mutation_type, name)
    assert arguments == table(VERBS[name])
    assert answer.endswith("SessionPayload")


@every_kind
def test_kind(kind: Sample) -> None:
    """Every kind's root fields, connection and payload look alike."""
    filtered = {"filter": f"{kind.type}Filter"}
    paging = {"first": "Int", "after": "String", "last": "Int", "before": "String"}
    either = {"id": "ID", "sessionId": "String"}
    changed = {**either, "ifRevision": "Int"}
    query, mutation = SCHEMA.query_type, SCHEMA.mutation_type
    assert signature(query, kind.name) == (either, kind.type)
    assert signature(query, f"{kind.name}s") == (
        {**filtered, "orderBy": f"[{kind.type}Order!]", **paging},
        f"{kind.type}Connection",
    )
    assert signature(query, f"{kind.name}Summary") == (filtered, "SessionSummary")
    assert signature(query, f"{kind.name}Statistics") == (
        {
            **filtered,
            "groupBy": f"[{kind.type}GroupBy!]",
            "every": "TimeBucket",
            "timeZone": "String",
            "rateOf": f"{kind.type}Filter",
            "orderBy": f"[{kind.type}StatisticsOrder!]",
            "first": "Int",
        },
        f"{kind.type}Statistics",
    )
    payload = f"{kind.type}Payload"
    create = {"input": f"Create{kind.type}Input!"}
    update = {**changed, "input": f"Update{kind.type}Input!"}
    assert signature(mutation, f"create{kind.type}") == (create, payload)
    assert signature(mutation, f"update{kind.type}") == (update, payload)
    assert signature(mutation, f"delete{kind.type}") == (changed, "DeleteSessionPayload")
    shapes = {
        f"{kind.type}Connection": f"""edges: [{kind.type}Edge!]!, nodes: [{kind.type}]!,
            pageInfo: PageInfo!, totalCount: Int, totalCountIsEstimate: Boolean!""",
        f"{kind.type}Edge": f"cursor: String!, node: {kind.type}",
        f"{kind.type}Payload": f"session: {kind.type}, errors: [UserError!]!, query: Query!",
        f"{kind.type}Statistics": f"groups: [{kind.type}Group!]!, groupCount: Int!",
        f"{kind.type}StatisticsOrder": f"""field: StatisticsOrderField!, of: {kind.type}Measure,
            p: Float, direction: OrderDirection!""",
        f"{kind.type}Order": f"field: {kind.type}OrderField!, direction: OrderDirection!",
    }
    for name, shape in shapes.items():
        fields = SCHEMA.type_map[name].fields  # type: ignore[attr-defined]  # types with fields
        assert {key: str(field.type) for key, field in fields.items()} == table(shape)


@every_kind
def test_lists_in_pages(kind: Sample) -> None:
    """A list with a connection takes the arguments of every connection."""
    paging = {"first": "Int", "after": "String", "last": "Int", "before": "String"}
    for name, type_ in table(kind.fields).items():
        if type_ in kind.paged:
            assert signature(SCHEMA.type_map[kind.type], name) == (paging, type_)  # type: ignore[arg-type]  # an object type


@every_kind
def test_interfaces(kind: Sample) -> None:
    """Every kind is a Node and a Session."""
    type_ = SCHEMA.type_map[kind.type]
    assert isinstance(type_, GraphQLObjectType)
    assert {interface.name for interface in type_.interfaces} == {"Node", "Session"}
