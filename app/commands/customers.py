"""The command `customer`: everything that is stored about one person is exported, or erased."""

from math import inf
from pathlib import Path
from typing import Annotated

import typer

from app.commands.common import UsageError
from app.commands.data import BY_ENUM, plain_data_failures, run
from app.commands.private_files import output_or_file, read_line
from app.commands.progress import Advance, bar, unseen
from app.errors import StartError
from resolvers.context import Context
from resolvers.erasure import Erased, KindCount, Mode, erase
from resolvers.identifiers import Identifier, IdentifierType
from schema.customer_export import lines

ATTEMPTS = 10
"""How often an erasure begins again because somebody linked an identifier meanwhile."""

CustomerId = Annotated[
    str | None, typer.Option("--customer-id", help="The customer's id, compared exactly.")
]
Email = Annotated[str | None, typer.Option("--email", help="An e-mail address of the customer.")]
EmailFrom = Annotated[
    str | None,
    typer.Option(
        "--email-from",
        metavar="FILE",
        help="A file with the address, or - for input: other users see what a command line has.",
    ),
]

customer = typer.Typer(
    help="Export or erase everything that is stored about one person.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@customer.command("export")
def export_command(
    customer_id: CustomerId = None,
    email: Email = None,
    email_from: EmailFrom = None,
    output: Annotated[
        Path | None, typer.Option(dir_okay=False, help="The file; standard output if not given.")
    ] = None,
) -> None:
    """Write everything about one person as JSON Lines, into a file that only you may read."""

    async def work(context: Context) -> str:
        written = 0
        with output_or_file(output) as file, bar("Exporting", None) as advance:
            async for part in lines(context, list(BY_ENUM.values()), whom):
                file.writelines(line.encode() + b"\n" for line in part.lines)
                written += len(part.lines)
                advance(len(part.lines))
        return f"{written - 1:,} sessions exported."

    with plain_data_failures():
        whom = _identifier(customer_id, email, email_from)
        run(work)


@customer.command("erase")
def erase_command(
    mode: Annotated[Mode, typer.Option(help="What becomes of the sessions.")],
    customer_id: CustomerId = None,
    email: Email = None,
    email_from: EmailFrom = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it begins.")] = False,
) -> None:
    """Erase everything about one person, after it was counted; repeat it if it was ended early."""

    async def work(context: Context) -> str:
        counted = await _erase(context, whom, mode, dry_run=True)
        _show(context, counted)
        if dry_run:
            return "Nothing was changed."
        if not counted.elsewhere and not yes:
            typer.confirm(f"{mode} all of this?", abort=True, err=True)
        return await _all(context, whom, mode, counted)

    with plain_data_failures():
        whom = _identifier(customer_id, email, email_from)
        run(work)


async def _all(context: Context, whom: Identifier, mode: Mode, counted: Erased) -> str:
    """Erase until nothing is left."""
    done = 0

    def went(number: int) -> None:
        nonlocal done
        done += number
        advance(number)

    with bar("Erasing", sum(one.own + one.beside for one in counted.kinds)) as advance:
        for _ in range(ATTEMPTS):
            erased = await _erase(context, whom, mode, advance=went)
            if erased.complete:
                forgotten = f"{erased.identifiers} linked identifiers forgotten"
                return f"{done:,} sessions erased, {forgotten}."
    raise StartError("Others keep linking identifiers of this customer. Repeat this.")


async def _erase(
    context: Context,
    whom: Identifier,
    mode: Mode,
    dry_run: bool = False,
    advance: Advance = unseen,
) -> Erased:
    return await erase(
        context, list(BY_ENUM.values()), whom, mode, dry_run=dry_run, seconds=inf, advance=advance
    )


def _show(context: Context, counted: Erased) -> None:
    """Print what would go."""
    for one in counted.kinds:
        typer.echo(f"{_sessions(one)}, and {one.beside:,} beside them")
    for one in counted.elsewhere:
        collection = context.store.name(one.kind)
        typer.echo(f"{_sessions(one)} of another application, in the collection {collection}")
    typer.echo(f"{counted.search_entries:,} entries of the search index")
    typer.echo(f"{counted.reservations:,} reserved values")
    typer.echo(f"{counted.answers:,} stored answers to requests with a key")
    typer.echo(f"{counted.identifiers:,} linked identifiers")


def _sessions(count: KindCount) -> str:
    return f"{count.own:,} {count.kind.label} sessions"


def _identifier(customer_id: str | None, email: str | None, email_from: str | None) -> Identifier:
    """Who is meant; UsageError unless exactly one option says so."""
    if sum(one is not None for one in (customer_id, email, email_from)) != 1:
        raise UsageError("Give --customer-id, --email or --email-from: exactly one of them.")
    if customer_id is not None:
        return Identifier(IdentifierType.CUSTOMER_ID, customer_id)
    address = email if email_from is None else read_line("--email-from", email_from)
    return Identifier(IdentifierType.EMAIL, str(address))
