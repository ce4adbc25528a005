"""The command `keys`: what it prints, stores and refuses, and with which exit code."""

import asyncio
import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from app.access.authenticator import Authenticator
from app.access.sealer import sealer
from app.commands import keys
from app.commands.common import plain_failures
from app.commands.keys import parse_expiry
from app.settings import Settings
from resolvers.access import Caller
from resolvers.errors import BadInput
from resolvers.store import credentials as stored
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


def run_on(settings: Settings, columns: str, *arguments: str, given: str = "") -> Result:
    @contextmanager
    def opened() -> Iterator[Settings]:
        with plain_failures():
            yield settings

    with patch.object(keys, "opened", opened):
        return CliRunner().invoke(keys.keys, arguments, given, env={"COLUMNS": columns})


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
    """What create prints a worker accepts, with its scopes, bots and tenants."""
    limits = ("--bot", "a", "--bot", "b", "--tenant", "acme", "--tenant", "globex")
    made = created(run, "--scope", "chat:write", *limits)
    scopes, tenants = frozenset({"bot:read", "chat:write"}), frozenset({"acme", "globex"})
    expected = Caller(made["id"], scopes, frozenset({"a", "b"}), tenants=tenants)
    found = caller_of(settings, made["key"])
    assert dataclasses.replace(found, name="", expires_at=None) == expected
    assert "acme, globex" in " ".join(run("list").output.split())


def test_created_credential_is_described(run: Keys) -> None:
    """Everything but the times, which are now."""
    made = created(run)
    assert {**made, "id": "", "key": "", "signingSecret": "", "createdAt": ""} == {
        "id": "",
        "name": "Shop",
        "state": "valid",
        "scopes": ["bot:read"],
        "bots": None,
        "tenants": None,
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


OLD_KEY = "the-old-key-of-a-client"
OLD_SECRET = "the old secret of a client"


def saved(folder: Path, content: str | bytes, name: str = "old") -> str:
    """A private file with this content."""
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    file.chmod(0o600)
    return str(file)


def stored_row(settings: Settings, credential_id: str) -> Any:
    async def ask() -> Any:
        assert settings.mongodb_uri
        async with opened_store(settings.mongodb_uri, settings.mongodb_database) as store:
            return await stored.by_id(store, credential_id)

    return asyncio.run(ask())


def test_what_a_client_has_is_registered(run: Keys, settings: Settings, tmp_path: Path) -> None:
    """Id, key and secret are the client's: printed nowhere, stored as others are."""
    key, secret = saved(tmp_path, OLD_KEY, "key"), saved(tmp_path, OLD_SECRET, "secret")
    options = ("--id", "cs-1", "--key-from", key, "--secret-from", secret)
    result = run("create", "--name", "Shop", "--scope", "bot:read", "--json", *options)
    made = printed(result)
    assert (made["id"], made["key"], made["signingSecret"]) == ("cs-1", None, None)
    assert caller_of(settings, OLD_KEY).id == "cs-1"
    row, seals = stored_row(settings, "cs-1"), sealer(settings)
    assert seals
    assert seals.open(row["secret"]) == OLD_SECRET
    for shown in (result.output, repr(row)):
        assert OLD_KEY not in shown
        assert OLD_SECRET not in shown


def test_only_what_was_made_is_shown(run: Keys, tmp_path: Path) -> None:
    """A key of the client's own beside a secret that is made for it."""
    options = ("--key-from", saved(tmp_path, OLD_KEY))
    shown = run("create", "--name", "Shop", "--scope", "admin", *options).stdout.splitlines()
    assert shown[1].split() == ["Key:", "as", "given"]
    assert len(shown[2].split()[2]) == 43


@pytest.mark.parametrize(
    "content",
    [OLD_KEY, f"{OLD_KEY}\n", f"{OLD_KEY}\r\n", f"\ufeff{OLD_KEY}\n", f"{OLD_KEY}\n\n"],
)
def test_line_end_is_no_part_of_a_key(
    run: Keys, settings: Settings, tmp_path: Path, content: str
) -> None:
    """As editors of all systems save it, with a byte-order mark or without."""
    created(run, "--key-from", saved(tmp_path, content))
    assert caller_of(settings, OLD_KEY)


def test_key_from_standard_input(settings: Settings) -> None:
    """`-` reads what is piped in."""
    given = f"{OLD_KEY}\n"
    arguments = ("create", "--name", "Shop", "--scope", "admin", "--key-from", "-")
    assert run_on(settings, "240", *arguments, given=given).exit_code == 0
    assert caller_of(settings, OLD_KEY)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "--key-from is empty"),
        ("\n", "--key-from is empty"),
        ("\ufeff\n", "--key-from is empty"),
        ("first-line-of-a-file\nsecond", "--key-from has several lines"),
        (b"\xff\xfe\x00k\x00e\x00y", "--key-from is not text in UTF-8"),
        (bytes(range(256)), "--key-from is not text in UTF-8"),
        ("x" * 5000, "--key-from has more than 4096 bytes"),
        ("a key with spaces in it", "visible ASCII characters"),
        ("schlüssel-der-werkstatt", "visible ASCII characters"),
        ("a-key-with\0-a-zero-byte", "visible ASCII characters"),
        ("short", "fewer than 16 characters"),
    ],
)
def test_file_that_is_no_key_is_refused(
    run: Keys, tmp_path: Path, content: str | bytes, told: str
) -> None:
    """Exit code 2 and one sentence, which does not repeat the file; nothing is stored."""
    result = run(
        "create", "--name", "S", "--scope", "admin", "--key-from", saved(tmp_path, content)
    )
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert printed(run("list", "--json")) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--key-from", "-", "--secret-from", "-"], "Only one of --key-from and --secret-from"),
        (["--key-from", "/nowhere"], "--key-from '/nowhere' cannot be read: No such file"),
        (["--key-from", "/"], "--key-from '/' cannot be read: Is a directory"),
        (["--id", "two words"], "An id has"),
        (["--id", ""], "An id has"),
        (["--id", "demo"], "--id demo is one of the gateway's own"),
        (["--id", "open:knowledge"], "one of the gateway's own"),
        (["--id", "oidc:u-1"], "one of the gateway's own"),
        (["--tenant", "a b"], "'a b' is not a tenant"),
    ],
)
def test_wrong_source_is_refused(run: Keys, options: list[str], told: str) -> None:
    """Exit code 2; the option is named."""
    result = run("create", "--name", "Shop", "--scope", "admin", *options)
    assert result.exit_code == 2
    assert told in result.stderr


@pytest.mark.parametrize("secret", [" padded at one of its ends", "a\tsecret\x1bwith controls"])
def test_secret_with_invisible_ends_is_refused(run: Keys, tmp_path: Path, secret: str) -> None:
    """A copy that went wrong would sign nothing."""
    options = ("--secret-from", saved(tmp_path, secret))
    result = run("create", "--name", "Shop", "--scope", "admin", *options)
    assert result.exit_code == 2
    assert "A signing secret has" in result.stderr


def test_short_key_is_accepted_when_it_is_called_weak(
    run: Keys, settings: Settings, tmp_path: Path
) -> None:
    """Some vendors' keys are short; the operator decides."""
    created(run, "--weak", "--key-from", saved(tmp_path, "short"))
    assert caller_of(settings, "short")


@pytest.mark.parametrize("revoked", [False, True])
def test_taken_key_is_refused(run: Keys, tmp_path: Path, revoked: bool) -> None:
    """Also a revoked one; whose it is stays untold."""
    key = saved(tmp_path, OLD_KEY)
    first = created(run, "--key-from", key)
    if revoked:
        run("revoke", first["id"])
    result = run("create", "--name", "Other", "--scope", "admin", "--key-from", key)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: There is a credential with this key already.\n"
    assert len(printed(run("list", "--json"))) == 1


def test_taken_id_is_refused(run: Keys, settings: Settings, tmp_path: Path) -> None:
    """The credential that has it stays as it is."""
    created(run, "--id", "cs-1", "--key-from", saved(tmp_path, OLD_KEY))
    before = stored_row(settings, "cs-1")
    result = run("create", "--name", "Other", "--scope", "admin", "--id", "cs-1")
    assert result.exit_code == 1
    assert result.stderr == "Error: There is a credential with the id 'cs-1' already.\n"
    assert stored_row(settings, "cs-1") == before


def test_file_that_strangers_may_read_is_warned_of(run: Keys, tmp_path: Path) -> None:
    """It is used all the same: the client's key stands there already."""
    key = saved(tmp_path, OLD_KEY)
    Path(key).chmod(0o644)
    result = run("create", "--name", "Shop", "--scope", "admin", "--key-from", key)
    assert result.exit_code == 0
    assert "Warning: the file of --key-from" in result.stderr


def test_read_only_settings_issue_no_key(run: Keys, settings: Settings) -> None:
    """Nothing is written; the message names the setting."""
    reader = settings.model_copy(update={"read_only": True})
    for arguments in (["create", "--name", "Shop", "--scope", "bot:read"], ["revoke", "shop"]):
        result = run(*arguments, on=reader)
        assert result.exit_code == 2
        assert "GATEWAY_READ_ONLY" in result.output
    assert run("list", on=reader).exit_code == 0
