"""The command `keys`: credentials are created, listed and revoked here and nowhere else.

Exit codes as everywhere: 1 when something failed, 2 when an option or a setting is wrong.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app import auditing
from app.access.authenticator import OPEN
from app.access.grants import PREFIX
from app.access.own_keys import DEMO_ID
from app.access.sealer import sealer
from app.commands.common import UsageError, opened, plain_failures, require_writable
from app.commands.private_files import STANDARD_INPUT, read_line
from app.database.connect import open_store
from app.settings import Settings
from resolvers import credentials, tenants
from resolvers.context import utc_now
from resolvers.credentials import Credential, Issued, Own, Sealer
from resolvers.errors import BadInput
from resolvers.moments import print_datetime
from resolvers.store import credentials as stored
from resolvers.store.store import Store
from schema.kinds import KINDS

T = TypeVar("T")

AS_GIVEN = "as given"
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Bots = Annotated[
    list[str] | None, typer.Option(help="A bot it may see, instead of all; repeatable.")
]
Tenants = Annotated[
    list[str] | None, typer.Option(help="A tenant it may see, instead of all; repeatable.")
]
Expires = Annotated[
    str | None, typer.Option(help="A duration such as 30d or 12h, or an ISO 8601 time.")
]
OwnId = Annotated[
    str | None, typer.Option("--id", help="The id that the client has, instead of a random one.")
]
KeyFrom = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="A file with the key that the client has, or - for input."),
]
SecretFrom = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="The same for the secret that it signs its JWTs with."),
]
Weak = Annotated[bool, typer.Option("--weak", help="Allow fewer than 16 characters in them.")]


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
    bot: Bots = None,
    tenant: Tenants = None,
    expires: Expires = None,
    own_id: OwnId = None,
    key_from: KeyFrom = None,
    secret_from: SecretFrom = None,
    weak: Weak = False,
    as_json: AsJson = False,
) -> None:
    """Create a credential; a key that is made for it is printed, and not shown again."""

    async def issue(store: Store) -> Issued:
        await stored.prepare(store)
        return await credentials.issue(
            store,
            seals,
            name=name,
            scopes=scope,
            bots=bot or None,
            tenants=tenant or None,
            now=now,
            expires_at=until,
            own=own,
        )

    with plain_failures():
        now = utc_now()
        until = parse_expiry(expires, now) if expires else None
        kinds = [entry.kind.name for entry in KINDS]
        credentials.check_scopes(scope, credentials.known_scopes(kinds))
        tenants.checked(tenant or ())
        own = read_own(own_id, key_from, secret_from)
        credentials.check_own(own, weak)
        with opened() as settings:
            seals = _required_sealer(settings)
            _show_issued(_change(settings, issue), own, as_json)


@keys.command("list")
def list_(as_json: AsJson = False) -> None:
    """List all credentials, without their keys."""
    with opened() as settings:
        _show_all(_run(settings, credentials.listed), as_json)


@keys.command()
def revoke(
    credential_id: Annotated[str, typer.Argument(metavar="ID", help="As in `keys list`.")],
    as_json: AsJson = False,
) -> None:
    """Revoke a credential; every worker refuses it within 5 seconds."""
    with opened() as settings:
        found = _change(settings, lambda store: credentials.revoke(store, credential_id, utc_now()))
        done = f"Revoked {found.id} ({found.name}). It is refused within 5 seconds."
        typer.echo(_dumped(described(found)) if as_json else done)


def read_own(own_id: str | None, key_from: str | None, secret_from: str | None) -> Own:
    """What the client has already; UsageError for a file that cannot be meant, or a reserved id."""
    if own_id is not None and (own_id == DEMO_ID or own_id.startswith((OPEN, PREFIX))):
        raise UsageError(f"--id {own_id} is one of the gateway's own: choose another.")
    if key_from == secret_from == STANDARD_INPUT:
        raise UsageError("Only one of --key-from and --secret-from can be standard input.")
    key = read_line("--key-from", key_from) if key_from is not None else None
    secret = read_line("--secret-from", secret_from) if secret_from is not None else None
    return Own(id=own_id, key=key, signing_secret=secret)


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
    """A credential as JSON shows it: no key, no secret."""
    return {
        "id": credential.id,
        "name": credential.name,
        "state": _state(credential),
        "scopes": credential.scopes,
        "bots": credential.bots,
        "tenants": credential.tenants,
        "createdAt": credential.created_at,
        "expiresAt": credential.expires_at,
        "revokedAt": credential.revoked_at,
        "uses": credential.uses,
        "lastUsedAt": credential.last_used_at,
    }


def _required_sealer(settings: Settings) -> Sealer:
    found = sealer(settings)
    if found is None:
        raise UsageError(
            "A database of several gateways needs GATEWAY_SECRET_KEY, the same on each: signing "
            "secrets are encrypted with it. Make one with: "
            "openssl rand -base64 32 | tr '+/' '-_'"
        )
    return found


def _change(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    require_writable(settings)
    return _run(settings, work)


def _run(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    async def on_store() -> T:
        async with (
            open_store(settings, settings.deadline_seconds) as store,
            auditing.command(settings, store) as witnessed,
        ):
            return await work(witnessed)

    return asyncio.run(on_store())


def _show_issued(issued: Issued, own: Own, as_json: bool) -> None:
    """What was made is shown once; what the client has already, never."""
    key = None if own.key else issued.key
    secret = None if own.signing_secret else issued.signing_secret
    if as_json:
        shown = {"key": key, "signingSecret": secret}
        typer.echo(_dumped({**described(issued.credential), **shown}))
        return
    typer.echo(f"Id:             {issued.credential.id}")
    typer.echo(f"Key:            {key or AS_GIVEN}")
    typer.echo(f"Signing secret: {secret or AS_GIVEN} (of bot JWTs)")
    if key or secret:
        typer.echo("Keep what was made now: it is not shown again.", err=True)


def _show_all(found: list[Credential], as_json: bool) -> None:
    if as_json:
        typer.echo(_dumped([described(credential) for credential in found]))
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Id", no_wrap=True, min_width=16)  # whole: it is what revoke takes
    for heading in ("Name", "State", "Scopes", "Bots", "Tenants", "Expires", "Uses", "Last use"):
        table.add_column(heading, overflow="fold")
    for one in found:
        limits = ("all" if limit is None else ", ".join(limit) for limit in (one.bots, one.tenants))
        names = map(escape, (one.id, one.name, _state(one), ", ".join(one.scopes), *limits))
        table.add_row(*names, _time(one.expires_at), str(one.uses), _time(one.last_used_at))
    Console().print(table)


def _state(credential: Credential) -> str:
    if credential.revoked_at is not None:
        return "revoked"
    return "valid" if credential.valid_at(utc_now()) else "expired"


def _time(value: datetime | None) -> str:
    return print_datetime(value) if value else "never"


def _dumped(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=print_datetime)
