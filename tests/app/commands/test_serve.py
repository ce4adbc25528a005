"""Starting: what is prepared, what is printed, and why a start is refused; several workers."""

import gc
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from pydantic import SecretStr
from pymongo import MongoClient

from app.access.one_time_codes import OneTimeCodes
from app.commands import serve, workers
from app.errors import StartError
from app.main import settled_heap
from app.settings import Settings
from resolvers import sessions
from resolvers.context import Context
from tests.conftest import KINDS_BY_NAME, opened_store
from tests.gateway import without_settings
from tests.kinds import EXAMPLES
from tests.timing import limit, until
from tests.wire.engine import WireEngine, reserve_port

ROOT = Path(__file__).parents[3]
PATIENCE = limit(60)
"""Seconds for a start."""
KEY = "a-key-of-the-tests-of-the-start-1"
ADDRESS = re.compile(r"Session Gateway at http://127\.0\.0\.1:(\d+)/#code=(\S+)")


def settings_for(engine: WireEngine, database_name: str, folder: Path) -> Settings:
    return Settings(mongodb_uri=engine.uri, mongodb_database=database_name, data_dir=folder)


@pytest.mark.anyio
async def test_database_of_somebody_gets_no_demo(
    engine: WireEngine, database_name: str, tmp_path: Path
) -> None:
    """Sessions that are there already are left alone, and no demo credential is made."""
    settings = settings_for(engine, database_name, tmp_path)
    async with opened_store(engine.uri, database_name) as store:
        await store.database["bot_sessions"].insert_one({"_id": "theirs"})
        assert await serve.prepare(settings, demo=True) == (settings, None)
        assert await store.database["bot_sessions"].count_documents({}) == 1
        assert await store.database["credentials"].count_documents({}) == 0


@pytest.mark.anyio
async def test_outdated_sessions_are_told_of(
    engine: WireEngine, database_name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where sessions may lack computed values, the start names the kinds and the command."""
    settings = settings_for(engine, database_name, tmp_path)
    async with opened_store(engine.uri, database_name) as store:
        await serve.prepare(settings, demo=False)
        assert "rebuild" not in capsys.readouterr().err
        bot = KINDS_BY_NAME["bot"]
        await sessions.create(Context(store=store), bot, EXAMPLES["bot"].values)
        await store.database["marks"].delete_many({})
        await serve.prepare(settings, demo=False)
    assert re.search("Sessions of BOT .* scripts/rebuild", capsys.readouterr().err)


@pytest.mark.anyio
async def test_demo_key_of_the_settings(
    engine: WireEngine, database_name: str, tmp_path: Path
) -> None:
    """A fixed demo key is stored and told, also where no demo data is wanted."""
    settings = settings_for(engine, database_name, tmp_path).model_copy(
        update={"demo_key": SecretStr(KEY)}
    )
    assert await serve.prepare(settings, demo=False) == (
        settings,
        KEY,
    )


@pytest.mark.anyio
async def test_silent_database_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody answers, the start says what to check, and shows no password."""
    monkeypatch.setattr(serve, "REACH", 0.1)
    with reserve_port() as held:
        uri = f"mongodb://user:hunter2@127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(StartError, match=r"does not answer.*GATEWAY_MONGODB_URI") as raised:
            await serve.prepare(Settings(mongodb_uri=uri), demo=False)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.anyio
@pytest.mark.parametrize("uri", ["mongodb://user:hunter/2@db/", "http://hunter2", "mongodb://"])
async def test_broken_address_is_a_sentence(uri: str) -> None:
    """What is no connection string is refused with an example, and not repeated."""
    with pytest.raises(StartError, match=r"GATEWAY_MONGODB_URI.*mongodb://user") as raised:
        await serve.prepare(Settings(mongodb_uri=uri), demo=False)
    assert "hunter" not in str(raised.value)


@pytest.mark.anyio
async def test_refusal_of_the_server_is_told(
    engine: WireEngine, database_name: str, engine_client: MongoClient[dict[str, object]]
) -> None:
    """A wrong password or a missing right is told in the server's own words."""
    settings = Settings(mongodb_uri=engine.uri, mongodb_database=database_name)
    engine_client.admin.command(
        "configureFailPoint",
        "failCommand",
        mode="alwaysOn",
        data={"failCommands": ["createIndexes"], "errorCode": 13},
    )
    with pytest.raises(StartError, match=r"The database refuses: .+"):
        await serve.prepare(settings, demo=False)


@pytest.mark.parametrize(
    ("settings", "key", "said"),
    [
        (
            Settings(),
            "the-key",
            ["Demo key, with every scope:  the-key", "signs a browser in once"],
        ),
        (Settings(), None, ["Make a key:", "keys create"]),
        (Settings(auth="off"), None, ["Access is off"]),
        (Settings(auth="off"), "the-key", ["Access is off"]),
    ],
)
def test_announcement(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    settings: Settings,
    key: str | None,
    said: list[str],
) -> None:
    """The start ends with every address, and how to be let in; no address has the key."""
    monkeypatch.setattr(serve, "missing_files", list)
    serve.announce(settings, "http://localhost:8000", key, OneTimeCodes(tmp_path))
    printed = capsys.readouterr().out
    paths = ["/graphql\n", "/graphiql", "/docs\n", "/guide\n", "/readyz\n"]
    for text in [f"http://localhost:8000{path}" for path in paths] + said:
        assert text in printed
    assert not re.search(r"http\S*the-key", printed)
    has_codes = key is not None and settings.auth == "required"
    assert ("#code=" in printed) == has_codes


def test_announced_codes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The two pages have a code each, which works once."""
    monkeypatch.setattr(serve, "missing_files", list)
    codes = OneTimeCodes(tmp_path)
    serve.announce(Settings(), "http://localhost:8000", "the-key", codes)
    printed = dict(re.findall(r"http://localhost:8000/(\w*)#code=(\S+)", capsys.readouterr().out))
    assert set(printed) == {"", "graphiql"}
    assert [codes.redeem(code) for code in printed.values()] == [True, True]
    assert [codes.redeem(code) for code in printed.values()] == [False, False]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("192.0.2.7", "http://192.0.2.7:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
    ],
)
def test_printed_addresses_can_be_opened(host: str, address: str) -> None:
    """No browser opens "all addresses"."""
    assert serve.origin(host, 8000) == address


def test_missing_pages_are_not_announced(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without npm's packages one line says how to get the pages, in place of their addresses."""
    monkeypatch.setattr(serve, "missing_files", lambda: ["graphiql/graphiql.min.js"])
    serve.announce(Settings(), "http://localhost:8000", "the-key")
    printed = capsys.readouterr().out
    assert "not installed; run scripts/setup with npm on the PATH\n" in printed
    assert "http://localhost:8000/graphql\n" in printed
    assert "/graphiql" not in printed
    assert "/docs" not in printed


def test_worker_has_the_settings_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Options and what the embedded database gave reach the workers; nothing is lost or masked."""
    key = "b3BlbiBzZXNhbWUsIHNheXMgdGhlIHRlc3QgdG8gaXQ="
    settings = Settings(
        host="::1",
        port=0,
        mongodb_uri="mongodb://u:p%40@db/",
        demo_key=SecretStr(KEY),
        secret_key=SecretStr(key),
    )
    for name, value in workers.environment(settings).items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


def test_heap_settles_and_thaws() -> None:
    """While the gateway serves, the collector passes over what lives as long; afterwards not."""
    before = gc.get_threshold()
    gc.disable()  # as a worker begins
    with settled_heap():
        assert gc.isenabled()
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold() > before
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


class Started(NamedTuple):
    """A gateway in a process of its own: its port, and the code of its first address."""

    process: "subprocess.Popen[str]"
    port: int
    code: str


@pytest.fixture
def two_workers(tmp_path: Path) -> Iterator[Started]:
    """A gateway of two workers on an embedded database."""
    with subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", "--port=0", "--workers=2", "--no-demo"],
        cwd=ROOT,
        env={
            **without_settings(),
            "GATEWAY_DATA_DIR": str(tmp_path / "data"),
            "PYTHONUNBUFFERED": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # as in a terminal of its own
    ) as process:
        try:
            assert process.stdout
            found = ADDRESS.match(process.stdout.readline())
            assert found, process.stderr and process.stderr.read()
            yield Started(process, int(found[1]), found[2])
        finally:
            process.kill()


def ready(port: int) -> bool:
    """Whether a worker answers, with its database."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE) as answer:
            return bool(json.load(answer) == {"status": "ok"})
    except (urllib.error.URLError, OSError):
        return False


def sign_in(port: int, code: str) -> int:
    """The status that answers this code."""
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/sign-in", json.dumps({"code": code}).encode(), method="POST"
    )
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=limit(5)).close()
    except OSError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_workers_end_with_their_gateway(
    two_workers: Started, tmp_path: Path, number: signal.Signals
) -> None:
    """However it is asked to, everything ends in order: workers, socket and database."""
    process, port, _ = two_workers
    until(lambda: ready(port))
    process.send_signal(number)
    assert process.wait(PATIENCE) == 0
    assert process.stderr
    assert "Traceback" not in process.stderr.read()
    assert not listens(port)
    assert not (tmp_path / "data" / "mongodb.pid").exists()


@pytest.mark.slow
def test_workers_share_the_printed_code(two_workers: Started) -> None:
    """Of many requests, which the workers divide among themselves, one is answered with the key."""
    until(lambda: ready(two_workers.port))
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(sign_in, two_workers.port, two_workers.code) for _ in range(8)]
    assert sorted(one.result() for one in asked) == [200] + [403] * 7


@pytest.mark.slow
def test_interrupt_while_workers_start(two_workers: Started) -> None:
    """A terminal sends Ctrl-C to the workers, too: while they still import, it leaves no trace."""
    process = two_workers.process
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    assert process.stderr
    assert "Traceback" not in process.stderr.read()


@pytest.mark.slow
def test_workers_of_a_killed_gateway_end(
    two_workers: Started,
) -> None:
    """A gateway that dies at once leaves no worker behind that keeps the port."""
    process, port, _ = two_workers
    until(lambda: ready(port))
    process.kill()
    until(lambda: not listens(port))
