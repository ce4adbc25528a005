"""The command line refuses in one plain sentence, and ends in order however it is asked to."""

import gc
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pymongo import MongoClient

from app import cli
from app.commands.common import UsageError, load_settings
from app.database.folder import is_alive
from tests.gateway import without_settings
from tests.timing import limit, until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

# The real command line over a web application that only reports and waits.
GATEWAY = """
import sys, time, types
import app.commands
def serve(settings, *, demo, workers, tend):
    print(settings.mongodb_uri, demo, workers, flush=True)
    while True:
        time.sleep(1)  # not signal.pause(), which misses a signal that comes just before it
app.commands.serve = types.ModuleType("app.commands.serve")
app.commands.serve.serve = serve
sys.modules["app.commands.serve"] = app.commands.serve
from app import cli
cli.main()
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """This process's variables without the gateway's, and a data folder of the test's own."""
    return {**without_settings(), "GATEWAY_DATA_DIR": str(tmp_path / "data"), "GATEWAY_PORT": "0"}


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def serving(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A gateway that has its embedded database and serves; its first line is unread."""
    with subprocess.Popen(
        [sys.executable, "-c", GATEWAY, "serve", "--no-demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_serves_until_told_to_end(
    serving: subprocess.Popen[str], tmp_path: Path, number: signal.Signals
) -> None:
    """Ctrl-C, SIGTERM and a closed terminal stop gateway and database, with code 0 and no trace."""
    assert serving.stdout
    assert serving.stderr
    uri, demo, workers = serving.stdout.readline().split()
    assert "@127.0.0.1:" in uri
    assert (demo, workers) == ("False", "1")
    serving.send_signal(number)
    assert serving.wait(limit(60)) == 0
    assert "Traceback" not in serving.stderr.read()
    assert not (tmp_path / "data" / "mongodb.pid").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise is Linux's")
def test_killed_gateway_takes_its_database_along(
    serving: subprocess.Popen[str], tmp_path: Path
) -> None:
    """After SIGKILL the database process is gone, too."""
    assert serving.stdout
    serving.stdout.readline()
    note = json.loads((tmp_path / "data" / "mongodb.pid").read_text())
    database = psutil.Process(note["pid"])
    serving.kill()
    until(lambda: not is_alive(database))


def test_commands_share_the_database_of_a_gateway(
    serving: subprocess.Popen[str], environment: dict[str, str]
) -> None:
    """A key made and sessions stored beside a running gateway are in its own database."""
    assert serving.stdout
    uri = serving.stdout.readline().split()[0]
    made = run(environment, "keys", "create", "--name", "Shop", "--scope", "bot:read", "--json")
    assert made.returncode == 0, made.stderr
    seeded = run(environment, "seed", "--kind", "BOT", "--count", "2")
    assert seeded.returncode == 0, seeded.stderr
    with MongoClient[dict[str, Any]](uri) as mongo:
        assert [row["_id"] for row in mongo.sessions.credentials.find()] == [
            json.loads(made.stdout)["id"]
        ]
        assert mongo.sessions.bot_sessions.count_documents({}) == 2
    assert serving.poll() is None


def test_keys_without_a_gateway(environment: dict[str, str]) -> None:
    """Where nothing runs, each command has the database to itself, and finds what is stored."""
    made = run(environment, "keys", "create", "--name", "Shop", "--scope", "bot:read", "--json")
    assert made.returncode == 0, made.stderr
    credential = json.loads(made.stdout)["id"]
    revoked = run(environment, "keys", "revoke", credential)
    assert revoked.returncode == 0, revoked.stderr
    listed = json.loads(run(environment, "keys", "list", "--json").stdout)
    assert [(row["id"], row["state"]) for row in listed] == [(credential, "revoked")]


def test_keys_refuse_an_unknown_credential(environment: dict[str, str]) -> None:
    """A refusal of the resolvers is a sentence."""
    ended = run(environment, "keys", "revoke", "nobody")
    assert ended.returncode == 1
    assert "nobody" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_second_gateway_over_a_folder_is_refused(
    serving: subprocess.Popen[str], environment: dict[str, str]
) -> None:
    """Two gateways never share an embedded database: the second names the first."""
    assert serving.stdout
    serving.stdout.readline()
    ended = run(environment, "serve")
    assert ended.returncode == 1
    assert f"Another gateway (process {serving.pid})" in ended.stderr


def test_taken_port_is_a_sentence(environment: dict[str, str]) -> None:
    """A taken port names itself and `--port`, before any database is started."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ended = run(environment, "serve", "--port", str(port))
    assert ended.returncode == 1
    assert f"Port {port} of 127.0.0.1" in ended.stderr
    assert "--port" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_unknown_host_is_a_sentence(environment: dict[str, str]) -> None:
    """An address that is not this machine's is refused by name."""
    ended = run(environment, "serve", "--host", "192.0.2.1")
    assert ended.returncode == 1
    assert "192.0.2.1" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serve", "--port", "65536"], "--port"),
        (["serve", "--prot", "1"], "--prot"),
        (["sevre"], "serve"),
    ],
)
def test_bad_usage_exits_with_2(
    environment: dict[str, str], arguments: list[str], said: str
) -> None:
    """A wrong command or option is named."""
    ended = run(environment, *arguments)
    assert ended.returncode == 2
    assert said in ended.stderr


def test_wrong_variable_exits_with_2(environment: dict[str, str]) -> None:
    """The sentence names the variable and what would be right."""
    ended = run({**environment, "GATEWAY_PORT": "http"}, "serve")
    assert ended.returncode == 2
    assert "GATEWAY_PORT is wrong: Input should be a valid integer" in ended.stderr
    assert "0 picks a free one" in ended.stderr


def test_garbage_is_collected_after_the_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    """By every command: only the imports do without."""
    monkeypatch.setattr(gc, "freeze", lambda: None)  # the suite's heap is another one
    gc.disable()
    try:
        cli.begin()
        assert gc.isenabled()
    finally:
        gc.enable()


def test_unknown_variable_is_refused_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt setting is not ignored."""
    monkeypatch.setenv("GATEWAY_MONGO_URI", "mongodb://user:secret@db")
    with pytest.raises(UsageError, match=r"GATEWAY_MONGO_URI .* GATEWAY_MONGODB_URI") as raised:
        load_settings()
    assert "secret" not in str(raised.value)


def test_value_of_a_wrong_variable_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value may be a secret that slipped into the wrong variable."""
    monkeypatch.setenv("GATEWAY_MAX_BODY_BYTES", "hunter2")
    with pytest.raises(UsageError, match="GATEWAY_MAX_BODY_BYTES") as raised:
        load_settings()
    assert "hunter2" not in str(raised.value)


def test_options_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was typed counts more than what was exported; what was not typed is the latter."""
    monkeypatch.setenv("GATEWAY_PORT", "1234")
    assert load_settings(port=None).port == 1234
    assert load_settings(port=0).port == 0
