"""The sessions of all kinds together: `sessions`, a list, and `sessionStatistics`."""

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache, partial
from typing import Any, Optional

from resolvers import merged_pages
from resolvers.across import common_kind, readable
from resolvers.common_columns import SESSION_COLUMNS
from resolvers.errors import BadInput
from resolvers.kind import Document, Kind
from resolvers.merged_pages import Across
from resolvers.paging import default_order, with_places
from resolvers.request import DEFAULT_PAGE, EVERYTHING, LARGEST_PAGE, Filter, Order, both
from resolvers.statistics import of_kinds as statistics_of_kinds
from resolvers.value_types import ENUM
from schema import filters, paging, statistics
from schema.columns import SESSION_NAMES, columns_of
from schema.common import Session, SessionConnection, SessionKind
from schema.connection import ConnectionSource
from schema.execution import projection
from schema.execution.projection import PageRead
from schema.execution.run import Run
from schema.execution.selections import ByVariables, Selected
from schema.fields import PAGE, KindType, filter_argument, order_argument
from schema.root_field import Argument, Arguments, RootField
from schema.statistics import StatisticsRead
from schema.statistics_types import StatisticsTypes

KINDS_ARGUMENT = Argument(
    "kinds",
    list[SessionKind] | None,
    "Which kinds; all that you may read if left out. FORBIDDEN if you may not read one of these.",
)
LIST_TEXT = (
    "Sessions of all kinds together, newest first unless `orderBy` says otherwise: those of the "
    "kinds that you may read. Among equal values the kind decides, then the session id. Page with "
    f"`first` and `after`, or `last` and `before`: {DEFAULT_PAGE} sessions a page by default, at "
    f"most {LARGEST_PAGE}. Null, with an error, if it is refused."
)

STATISTICS_TEXT = (
    "Sessions of all kinds in groups: of the kinds that you may read. `groupBy: [KIND]` makes a "
    "group of each kind that occurs. Null, with an error, if it is refused."
)


class AllKinds:
    """What fields over all kinds share: the common filter, ordering, and reading."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self.kinds = tuple(kinds)
        further = (part for part in columns_of(Session) if part.name not in SESSION_NAMES)
        self.common = common_kind(kinds, (*SESSION_COLUMNS, *further))

    @cached_property
    def filter_type(self) -> Any:
        """`SessionFilter`."""
        kind = (
            Optional[filters.condition_input(SessionKind, ENUM)],  # noqa: UP045  # made at run time
            self.common.by_name["kind"].description,
        )
        return filters.filter_input(Session, self.common, {"kind": kind})

    @cached_property
    def page_arguments(self) -> tuple[Argument, ...]:
        """What a list takes."""
        return (
            KINDS_ARGUMENT,
            filter_argument(self.filter_type),
            order_argument(self.common),
            *PAGE,
        )

    def wanted(self, selected: Selected) -> ByVariables:
        """What a page reads of each kind, by its name."""
        pages = {kind.name: projection.of_page(selected, kind) for kind in self.kinds}
        return lambda variables: {name: of(variables) for name, of in pages.items()}

    def where(self, arguments: Arguments) -> Filter:
        """What the `filter` among these arguments means."""
        return filters.where(arguments.get("filter"), self.common)

    def _order(self, arguments: Arguments) -> tuple[Order, ...]:
        """What `orderBy` means; BadInput for columns that could not be obeyed."""
        order = paging.order(arguments.get("orderBy"), self.common) or default_order(self.common)
        if "sessionId" in [part.name for part in order[:-1]]:
            raise BadInput(
                "orderBy: SESSION_ID must be the last column. Among sessions with the same id, "
                "which are of different kinds, the kind decides.",
                argument="orderBy",
            )
        return order

    async def page(
        self,
        run: Run,
        wanted: Mapping[str, PageRead],
        arguments: Arguments,
        where: Filter,
        within: Filter = EVERYTHING,
    ) -> ConnectionSource:
        """One page of the sessions that meet `where`, and `within`, which the gateway sets."""
        order = self._order(arguments)
        read = Across(
            self.common,
            readable(run.context, self.kinds, arguments.get("kinds"), where),
            where,
            within,
            order,
            paging.window(arguments),
            {name: with_places(part.columns, order) for name, part in wanted.items()},
            count=any(part.count for part in wanted.values()),
        )
        page = await merged_pages.list_(run.context, read)
        return ConnectionSource(page, partial(merged_pages.cursors, read))

    @cached_property
    def statistics_types(self) -> StatisticsTypes:
        """`SessionStatistics`, and what belongs to it."""
        return StatisticsTypes(Session, self.common, {"kind": SessionKind})

    @cached_property
    def statistics_arguments(self) -> tuple[Argument, ...]:
        """What statistics take."""
        filter_type = self.filter_type
        own = self.statistics_types.arguments(filter_type)
        return (KINDS_ARGUMENT, filter_argument(filter_type), *own)

    def measured(self, selected: Selected) -> ByVariables:
        """What statistics work out."""
        return statistics.wanted(selected, self.common)

    async def statistics(
        self,
        run: Run,
        wanted: StatisticsRead,
        arguments: Arguments,
        where: Filter,
        within: Filter = EVERYTHING,
    ) -> Document:
        """Groups of the sessions that meet `where`, and `within`, which the gateway sets."""
        asked = statistics.question(self.common, where, wanted, arguments)
        named = where if asked.rate_of is None else both(where, asked.rate_of)
        kinds = readable(run.context, self.kinds, arguments.get("kinds"), named)
        return statistics.document(
            asked, await statistics_of_kinds(run.context, kinds, asked, within)
        )


@lru_cache(100)
def all_kinds(kinds: tuple[Kind, ...]) -> AllKinds:
    """The same object, and so the same types, for the same kinds."""
    return AllKinds(kinds)


def across_fields(entries: Sequence[KindType]) -> tuple[RootField, ...]:
    """`sessions` and `sessionStatistics`."""
    over = all_kinds(tuple(entry.kind for entry in entries))

    async def sessions(
        run: Run, wanted: Mapping[str, PageRead], arguments: Arguments
    ) -> ConnectionSource:
        return await over.page(run, wanted, arguments, over.where(arguments))

    async def measured(run: Run, wanted: StatisticsRead, arguments: Arguments) -> Document:
        return await over.statistics(run, wanted, arguments, over.where(arguments))

    return (
        RootField(
            "sessions",
            SessionConnection[Session] | None,
            over.page_arguments,
            LIST_TEXT,
            sessions,
            over.wanted,
        ),
        RootField(
            "sessionStatistics",
            Optional[over.statistics_types.statistics],  # noqa: UP045  # made at run time
            over.statistics_arguments,
            STATISTICS_TEXT,
            measured,
            over.measured,
        ),
    )
