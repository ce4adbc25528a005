"""The command `keys`: what it prints, stores and refuses, and with which exit code."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from app.access.authenticator import Authenticator
from app.commands import keys
from app.commands.keys import parse_expiry
from app.settings import Settings
from resolvers.access import Caller
from resolvers.errors import BadInput
from tests.conftest import DEADLINE, NOW, opened_store
from tests.wire.engine import WireEngine

Keys = Callable[..., Result]


@pytest.fixture
def settings(engine: WireEngine, database_name: str) -> Settings:
    """A shared database, with the key that one needs."""
    return Settings(
        mongodb_uri=engine.uri,
        mongodb_database=database_name,
        secret_key=SecretStr(Fernet.generate_key().decode()),
        deadline_seconds=DEADLINE,
    )


@pytest.fixture
def run(settings: Settings) -> Keys:
    """Run a sub-command."""
    return lambda *arguments, on=settings, columns="240": run_on(on, columns, *arguments)


def run_on(settings: Settings, columns: str, *arguments: str) -> Result:
    @contextmanager
    def opened() -> Iterator[Settings]:
        yield settings

    with patch.object(keys, "opened", opened):
        return CliRunner().invoke(keys.keys, arguments, env={"COLUMNS": columns})


def printed(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def created(run: Keys, *more: str) -> Any:
    return printed(run("create", "--name", "Shop", "--scope", "bot:read", "--json", *more))


def caller_of(settings: Settings, key: str) -> Caller:
    """Whom a worker takes the bearer of the key for."""

    async def ask() -> Caller:
        assert settings.mongodb_uri
        async with opened_store(settings.mongodb_uri, settings.mongodb_database) as store:
            return await Authenticator(store, settings).by_key(key)

    return asyncio.run(ask())


def test_created_key_opens_the_gateway(run: Keys, settings: Settings) -> None:
    """What create prints a worker accepts, with its scopes and bots."""
    made = created(run, "--scope", "chat:write", "--bot", "a", "--bot", "b")
    expected = Caller(made["id"], frozenset({"bot:read", "chat:write"}), frozenset({"a", "b"}))
    assert caller_of(settings, made["key"]) == expected


def test_created_credential_is_described(run: Keys) -> None:
    """Everything but the times, which are now."""
    made = created(run)
    assert {**made, "id": "", "key": "", "signingSecret": "", "createdAt": ""} == {
        "id": "",
        "name": "Shop",
        "state": "valid",
        "scopes": ["bot:read"],
        "bots": None,
        "createdAt": "",
        "expiresAt": None,
        "revokedAt": None,
        "uses": 0,
        "lastUsedAt": None,
        "key": "",
        "signingSecret": "",
    }


def test_key_is_shown_once(run: Keys) -> None:
    """Neither list nor revoke knows the key, the signing secret or what is stored of them."""
    made = created(run)
    later = run("list", "--json").output + run("list").output + run("revoke", made["id"]).output
    assert made["id"] in later
    for hidden in (made["key"], made["signingSecret"], "keyHash", "secret"):
        assert hidden not in later


def test_create_prints_for_people_too(run: Keys) -> None:
    """Id, key and signing secret, one a line."""
    shown = run("create", "--name", "Shop", "--scope", "admin").stdout.splitlines()
    assert [line.split(":")[0] for line in shown] == ["Id", "Key", "Signing secret"]


def test_list_shows_the_state_of_each(run: Keys) -> None:
    """Valid and revoked, in the order of their creation."""
    first, second = created(run), created(run)
    printed(run("revoke", first["id"], "--json"))
    rows = printed(run("list", "--json"))
    assert [(row["id"], row["state"]) for row in rows] == [
        (first["id"], "revoked"),
        (second["id"], "valid"),
    ]


def test_list_prints_names_as_they_are(run: Keys) -> None:
    """A name in brackets is no colour."""
    run("create", "--name", "[red]Shop[/red]", "--scope", "admin")
    assert "[red]Shop[/red]" in run("list").stdout


def test_list_shows_whole_ids_on_a_narrow_terminal(run: Keys) -> None:
    """An id that was cut off could not be revoked."""
    made = created(run, "--expires", "30d")
    assert made["id"] in run("list", columns="60").stdout


def test_revoke_tells_when(run: Keys) -> None:
    """The revoked credential is printed with its time."""
    revoked = printed(run("revoke", created(run)["id"], "--json"))
    assert revoked["state"] == "revoked"
    assert revoked["revokedAt"].endswith("Z")


def test_revoking_an_unknown_id_fails(run: Keys) -> None:
    """Exit code 1 and one sentence."""
    result = run("revoke", "nobody")
    assert result.exit_code == 1
    assert result.stderr == "Error: There is no credential with the id 'nobody'.\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--scope", "bot:reed"], "Did you mean bot:read?"),
        (["--scope", "admin", "--expires", "soon"], "--expires 'soon'"),
        (["--scope", "admin", "--expires", "2001-01-01"], "is in the past"),
        (["--scope", "admin", "--name", ""], "A name has"),
        ([], "--scope"),
    ],
)
def test_wrong_option_is_refused(run: Keys, arguments: list[str], told: str) -> None:
    """Exit code 2, a sentence that names what is wrong, and nothing is stored."""
    result = run("create", "--name", "Shop", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert printed(run("list", "--json")) == []


def test_shared_database_needs_the_secret_key(run: Keys, settings: Settings) -> None:
    """Else the signing secret could be read by nobody, or by everybody."""
    bare = settings.model_copy(update={"secret_key": None})
    result = run("create", "--name", "Shop", "--scope", "admin", on=bare)
    assert result.exit_code == 2
    assert "GATEWAY_SECRET_KEY" in result.stderr


def test_missing_database_is_told(run: Keys, settings: Settings) -> None:
    """Exit code 1 and a plain sentence."""
    gone = {"mongodb_uri": "mongodb://127.0.0.1:1", "deadline_seconds": 0.2}
    result = run("list", on=settings.model_copy(update=gone))
    assert result.exit_code == 1
    assert result.stderr == "Error: The database is unreachable. Try again shortly.\n"


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("90m", NOW + timedelta(minutes=90)),
        ("12h", NOW + timedelta(hours=12)),
        ("30d", NOW + timedelta(days=30)),
        ("4w", NOW + timedelta(weeks=4)),
        ("2027-01-02", datetime(2027, 1, 2)),
        ("2027-01-02T03:04:05Z", datetime(2027, 1, 2, 3, 4, 5)),
        ("2027-01-02T03:04:05+02:00", datetime(2027, 1, 2, 1, 4, 5)),
    ],
)
def test_expiry_is_a_span_or_a_time(text: str, until: datetime) -> None:
    """Spans count from now; a time without an offset is UTC."""
    assert parse_expiry(text, NOW) == until


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "1.5d", "30 d", "0d", "999999w", "٣d"])
def test_other_expiry_is_refused(text: str) -> None:
    """Also one that lies beyond the calendar."""
    with pytest.raises(BadInput):
        parse_expiry(text, NOW)
