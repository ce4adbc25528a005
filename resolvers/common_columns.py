"""What every kind of session has: the columns that the write path keeps, and their indexes."""

from collections.abc import Sequence

from resolvers.kind import Column, Index, Searched
from resolvers.value_types import DATETIME, ENUM, FLOAT, INTEGER, OBJECT, TEXT

SEARCH_KEYS = Column(
    name="search",
    stored="searchKeys",
    type=TEXT,
    many=True,
    derived=True,
    hidden=True,
    personal=True,
    description="The keys that the search looks for.",
)
SEARCH_TEXTS = Column(
    name="searchTexts",
    type=TEXT,
    many=True,
    derived=True,
    hidden=True,
    personal=True,
    description="The plain words of each text that the search finds.",
)
SEARCH_ROOM = Column(
    name="searchRoom",
    type=INTEGER,
    derived=True,
    hidden=True,
    filterable=False,
    description="How many more characters the search takes of the session.",
)
"""See `resolvers.search`."""

TENANT_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
TENANT = Column(
    name="tenant",
    type=TEXT,
    max_length=64,
    pattern=TENANT_PATTERN,
    create_only=True,
    description="The company or department that the session belongs to, such as `acme`: letters, "
    "digits, `.`, `_` and `-`.",
)
"""See `resolvers.tenants`."""

REVISION = Column(
    name="revision",
    type=INTEGER,
    nullable=False,
    absent=0,
    derived=True,
    filterable=False,
    description="How often the record was written: it rises by one with each change. Pass it as "
    "`ifRevision`, and a change is made only if nobody else made one meanwhile.",
)
"""Guards every write of a session: docs/adr/0003-guarded-updates.md."""

SESSION_COLUMNS: tuple[Column, ...] = (
    Column(
        name="sessionId",
        stored="_id",
        type=TEXT,
        nullable=False,
        orderable=True,
        derived=True,
        description="The session's own id, unique within its kind.",
    ),
    Column(
        name="status",
        type=ENUM,
        values=("ACTIVE", "CLOSED"),
        derived=True,
        description="Whether the session goes on; null for a kind without an end.",
    ),
    Column(
        name="startedAt",
        type=DATETIME,
        nullable=False,
        derived=True,
        orderable=True,
        description="When the session started.",
    ),
    Column(
        name="endedAt",
        type=DATETIME,
        derived=True,
        orderable=True,
        description="When the session ended; null while it is active.",
    ),
    Column(
        name="durationSeconds",
        type=FLOAT,
        derived=True,
        orderable=True,
        description="Seconds from start to end, with milliseconds; null while it is active.",
    ),
    Column(
        name="customer",
        type=OBJECT,
        derived=True,
        description="What is known of the person helped.",
        columns=(
            Column(
                name="customerId",
                stored="id",
                type=TEXT,
                searched=Searched(),
                identifier=True,
                description="The customer's id or number.",
            ),
            Column(
                name="name",
                type=TEXT,
                personal=True,
                searched=Searched(),
                description="The customer's name.",
            ),
            Column(
                name="email",
                type=TEXT,
                personal=True,
                folded=True,
                searched=Searched(),
                description="The customer's e-mail address.",
            ),
        ),
    ),
    Column(
        name="labels",
        type=TEXT,
        nullable=False,
        many=True,
        max_length=100,
        max_items=50,
        description="Labels that your team put on the session, each once.",
        element="label",
    ),
    Column(
        name="note",
        type=TEXT,
        max_length=4000,
        personal=True,
        searched=Searched(),
        description="What your team noted about the session.",
    ),
    Column(
        name="assignee",
        type=TEXT,
        max_length=200,
        identifier=True,
        description="Who takes care of the session, such as a login or a team.",
    ),
    TENANT,
    Column(
        name="createdAt",
        type=DATETIME,
        nullable=False,
        derived=True,
        orderable=True,
        description="When this record was stored here.",
    ),
    Column(
        name="updatedAt",
        type=DATETIME,
        nullable=False,
        derived=True,
        orderable=True,
        description="When this record was last changed here.",
    ),
    REVISION,
    SEARCH_KEYS,
    SEARCH_TEXTS,
    SEARCH_ROOM,
)

COMMON_INDEXES = (
    Index(("status", "startedAt", "_id")),
    Index(("customer.id", "startedAt", "_id")),
    Index(("customer.folded.email", "startedAt", "_id")),
    Index(("labels", "startedAt", "_id")),
    Index(("assignee", "startedAt", "_id")),
    Index((TENANT.path, "startedAt", "_id")),
    Index(("relatedSessions.sessionId", "startedAt", "_id")),
    Index((SEARCH_KEYS.path, "startedAt", "_id")),
)
"""What every kind has besides an index for each ordering."""


def ordering_indexes(columns: Sequence[Column]) -> tuple[Index, ...]:
    """One index for each column that sessions can be ordered by; it serves both directions.

    All keys ascend: SecantusDB misplaces a text before the texts that go on from it ("1", "12")
    in descending keys, and walking an index backwards costs the same.
    """
    return tuple(
        Index((column.path, "_id"))
        for column in columns
        if column.orderable and column.path != "_id"
    )
