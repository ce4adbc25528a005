"""The command `keys`: credentials are created, listed and revoked here and nowhere else.

Exit codes as everywhere: 1 when something failed, 2 when an option or a setting is wrong.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.access.sealer import sealer
from app.commands.common import opened
from app.database.connect import open_store
from app.settings import Settings
from resolvers import credentials
from resolvers.context import utc_now
from resolvers.credentials import Credential, Issued, Sealer
from resolvers.errors import BadInput, GatewayError
from resolvers.store import credentials as stored
from resolvers.store.store import Store

T = TypeVar("T")

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


keys = typer.Typer(
    help="Create, list and revoke credentials.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@keys.command()
def create(
    name: Annotated[str, typer.Option(help="Whose credential it is.")],
    scope: Annotated[list[str], typer.Option(help="A scope, such as bot:read; repeatable.")],
    bot: Annotated[
        list[str] | None, typer.Option(help="A bot it may see, instead of all; repeatable.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="A duration such as 30d or 12h, or an ISO 8601 time.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create a credential and print its key, which is not shown again."""
    with _refusals():
        now = utc_now()
        until = parse_expiry(expires, now) if expires else None
        credentials.check_scopes(scope, credentials.known_scopes(_kinds()))
        with opened() as settings:
            issue = _issuing(name, scope, bot or None, until, _required_sealer(settings))
            _show_issued(_run(settings, issue), as_json)


@keys.command("list")
def list_(as_json: AsJson = False) -> None:
    """List all credentials, without their keys."""
    with _refusals(), opened() as settings:
        _show_all(_run(settings, credentials.listed), as_json)


@keys.command()
def revoke(
    credential_id: Annotated[str, typer.Argument(metavar="ID", help="As in `keys list`.")],
    as_json: AsJson = False,
) -> None:
    """Revoke a credential; every worker refuses it within 5 seconds."""
    with _refusals(), opened() as settings:
        found = _run(settings, lambda store: credentials.revoke(store, credential_id, utc_now()))
        told = f"Revoked {found.id} ({found.name}). It is refused within 5 seconds."
        typer.echo(_dumped(described(found)) if as_json else told)


def parse_expiry(text: str, now: datetime) -> datetime:
    """The UTC time, without an offset, that a span or an ISO 8601 time means; BadInput else."""
    span = re.fullmatch(r"([0-9]{1,6})([mhdw])", text)
    try:
        if span:
            until = now + timedelta(**{UNITS[span[2]]: int(span[1])})
        else:
            until = datetime.fromisoformat(text)
            until = until.astimezone(UTC).replace(tzinfo=None) if until.tzinfo else until
    except (ValueError, OverflowError):
        raise BadInput(
            f"--expires {text!r} is neither a duration (90m, 12h, 30d, 4w) nor an ISO 8601 time."
        ) from None
    if until <= now:
        raise BadInput(f"--expires {text!r} is in the past.")
    return until


def described(credential: Credential) -> dict[str, Any]:
    """A credential as JSON shows it: no key, no secret, times in UTC."""
    return {
        "id": credential.id,
        "name": credential.name,
        "state": _state(credential),
        "scopes": list(credential.scopes),
        "bots": None if credential.bots is None else list(credential.bots),
        "createdAt": _time(credential.created_at),
        "expiresAt": _time(credential.expires_at),
        "revokedAt": _time(credential.revoked_at),
        "uses": credential.uses,
        "lastUsedAt": _time(credential.last_used_at),
    }


def _issuing(
    name: str, scopes: list[str], bots: list[str] | None, until: datetime | None, seals: Sealer
) -> Callable[[Store], Awaitable[Issued]]:
    async def issue(store: Store) -> Issued:
        await stored.prepare(store)
        return await credentials.issue(
            store, seals, name=name, scopes=scopes, bots=bots, now=utc_now(), expires_at=until
        )

    return issue


def _required_sealer(settings: Settings) -> Sealer:
    found = sealer(settings)
    if found is None:
        raise BadInput(
            "A database of several gateways needs GATEWAY_SECRET_KEY, the same on each: signing "
            "secrets are encrypted with it. Make one with: "
            "openssl rand -base64 32 | tr '+/' '-_'"
        )
    return found


def _kinds() -> list[str]:
    from schema.kinds import KINDS  # late: the help needs no schema

    return [entry.kind.name for entry in KINDS]


def _run(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    return asyncio.run(_on_store(settings, work))


async def _on_store(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    async with open_store(settings, settings.deadline_seconds) as store:
        return await work(store)


def _show_issued(issued: Issued, as_json: bool) -> None:
    shown = {"key": issued.key, "signingSecret": issued.signing_secret}
    if as_json:
        typer.echo(_dumped({**described(issued.credential), **shown}))
        return
    typer.echo(f"Id:             {issued.credential.id}")
    typer.echo(f"Key:            {issued.key}")
    typer.echo(f"Signing secret: {issued.signing_secret} (of bot JWTs)")
    typer.echo("Keep them now: they are not shown again.", err=True)


def _show_all(found: list[Credential], as_json: bool) -> None:
    rows = [described(credential) for credential in found]
    if as_json:
        typer.echo(_dumped(rows))
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Id", no_wrap=True, min_width=16)  # whole: it is what revoke takes
    for heading in ("Name", "State", "Scopes", "Bots", "Expires", "Uses", "Last use"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        bots = "all" if row["bots"] is None else ", ".join(row["bots"])
        expires, last = row["expiresAt"] or "never", row["lastUsedAt"] or "never"
        cells = [row["id"], row["name"], row["state"], ", ".join(row["scopes"]), bots, expires]
        table.add_row(*map(escape, cells), str(row["uses"]), last)
    Console().print(table)


def _state(credential: Credential) -> str:
    if credential.revoked_at is not None:
        return "revoked"
    return "valid" if credential.valid_at(utc_now()) else "expired"


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat(timespec="milliseconds") + "Z"


def _dumped(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except GatewayError as error:
        typer.echo(f"Error: {error.message}", err=True)
        raise typer.Exit(2 if isinstance(error, BadInput) else 1) from None
