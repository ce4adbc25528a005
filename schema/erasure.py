"""`eraseCustomer`: one customer's sessions and links are removed, or the sessions anonymised."""

import enum
from collections.abc import Sequence

import strawberry

from resolvers import repeats
from resolvers.access import ERASING
from resolvers.erasure import Erased, KindCount, Mode, erase
from resolvers.errors import UserError as Refusal
from resolvers.kind import Kind
from schema.common import OR_NULL, SessionKind
from schema.customers import CustomerKey, identifier_of
from schema.errors import UserError, user_error
from schema.execution.run import Run
from schema.root_field import Argument, Arguments, RootField

ERASE_TEXT = (
    "Erase one customer: the sessions of all kinds that have one of the linked identifiers, those "
    "beside them that name no customer, what is reserved for them, and the links. A request does "
    "as much as fits into its time: repeat it until `complete` is true. Needs the scopes "
    f"`{ERASING}`, `pii:read`, and the `read` and `write` scopes of every kind."
)


@strawberry.enum(description="What becomes of an erased customer's sessions.")
class ErasureMode(enum.Enum):
    """As resolvers.erasure.Mode."""

    DELETE = strawberry.enum_value("DELETE", description="They are removed.")
    ANONYMISE = strawberry.enum_value(
        "ANONYMISE",
        description="Their dates, numbers and enums stay for statistics, and the texts that never "
        "are about a person, such as a channel; all other texts go. A session of which that "
        "cannot be done is removed.",
    )


@strawberry.type(description="How many sessions of one kind.")
class ErasedSessions:
    """As resolvers.erasure.KindCount."""

    kind: SessionKind = strawberry.field(description="Which kind.")
    count: int = strawberry.field(description="Those with one of the customer's identifiers.")
    beside_count: int = strawberry.field(
        description="Those without a customer's identifier that one of these names in its "
        "`relatedSessions`, or that name one of these."
    )


@strawberry.type(
    description=f"What a request erased of a customer, or what would be erased. {OR_NULL}"
)
class EraseCustomerPayload:
    """As resolvers.erasure.Erased."""

    kinds: list[ErasedSessions] = strawberry.field(
        description="How many sessions this request erased, for each kind; with `dryRun`, how many "
        "would be."
    )
    elsewhere: list[ErasedSessions] = strawberry.field(
        description="Sessions of the customer that another application writes, of kinds that are "
        "read-only here: erase them there first. Nothing is erased while there are any."
    )
    search_entry_count: int = strawberry.field(
        description="How many entries of the search index went with the sessions, or would."
    )
    reservation_count: int = strawberry.field(
        description="How many reserved values, such as live session tokens, were freed, or would "
        "be."
    )
    stored_answer_count: int = strawberry.field(
        description="How many stored answers to requests with a key (`Idempotency-Key`) were "
        "forgotten, or would be: those about the sessions, and those that may show any session."
    )
    identifier_count: int = strawberry.field(
        description="How many linked identifiers were forgotten, or would be: the last step."
    )
    complete: bool = strawberry.field(
        description="Whether nothing is left to do. If false, repeat the same mutation; with "
        "`dryRun`, the counts besides those of sessions are then too low."
    )
    remaining_count: int | None = strawberry.field(
        description="How many sessions of the customer are still stored; null if counting them "
        "takes too long."
    )
    limited: bool = strawberry.field(
        description="Whether the credential is limited, or lacks `*:read`: then only sessions that "
        "it sees are erased, and links stay."
    )
    errors: list[UserError] = strawberry.field(
        description="Why nothing was erased; empty if it was not refused."
    )


def erasure_fields(kinds: Sequence[Kind]) -> tuple[RootField, ...]:
    """`eraseCustomer`."""

    async def resolve(run: Run, _wanted: None, arguments: Arguments) -> EraseCustomerPayload:
        try:
            erased = await erase(
                run.context,
                kinds,
                identifier_of(arguments["by"]),
                Mode(arguments["mode"]),
                dry_run=arguments["dryRun"],
                seconds=run.context.store.left,
            )
        except Refusal as error:
            return _shown(Erased([], [], limited=False, remaining=None), [user_error(error)])
        if not erased.complete:
            repeats.unsettle(run.context)
        return _shown(erased, [])

    arguments = (
        Argument("by", CustomerKey, "Whom: a customer's id, or an e-mail address."),
        Argument("mode", ErasureMode, "What becomes of the sessions."),
        Argument("dryRun", bool, "Whether to count only: nothing is changed."),
    )
    return (
        RootField("eraseCustomer", EraseCustomerPayload | None, arguments, ERASE_TEXT, resolve),
    )


def _shown(erased: Erased, errors: list[UserError]) -> EraseCustomerPayload:
    return EraseCustomerPayload(
        kinds=_counts(erased.kinds),
        elsewhere=_counts(erased.elsewhere),
        search_entry_count=erased.search_entries,
        reservation_count=erased.reservations,
        stored_answer_count=erased.answers,
        identifier_count=erased.identifiers,
        complete=erased.complete,
        remaining_count=erased.remaining,
        limited=erased.limited,
        errors=errors,
    )


def _counts(found: Sequence[KindCount]) -> list[ErasedSessions]:
    return [
        ErasedSessions(kind=SessionKind[one.kind.enum_name], count=one.own, beside_count=one.beside)
        for one in found
    ]
