"""The whole gateway as a process of its own, on a free port, with the demo data.

Import `gateway` into a conftest. It is shared by a worker's tests: they change and count only
sessions that they made themselves, and leave the demo's alone, but for the notes of remote-support
session 12334, which the explorer's tab WriteNotes changes.
"""

import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import DEADLINE
from tests.timing import limit, until
from tests.wire.engine import WireEngine

ROOT = Path(__file__).resolve().parent.parent
KEY = "demo-key-of-the-tests-32-characters"
STOP_SECONDS = limit(20)


@dataclass(frozen=True)
class Gateway:
    """Where it is, and a key that may do everything."""

    origin: str
    key: str = KEY

    @property
    def url(self) -> str:
        """The GraphQL address."""
        return f"{self.origin}/graphql"

    @property
    def headers(self) -> dict[str, str]:
        """What a request needs."""
        return {"Authorization": f"Bearer {self.key}"}

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a client in a process of its own."""
        return {**without_settings(), "GATEWAY_URL": self.url, "GATEWAY_KEY": self.key}

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of an answer without errors."""
        body = {"query": query, "variables": variables}
        answer = httpx.post(self.url, json=body, headers=self.headers, timeout=limit(30)).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def make_bot_sessions(self, number: int) -> str:
        """Store so many sessions of a new bot, `n` of them the number of messages; the bot's id."""
        bot = f"st-{uuid.uuid4()}"
        fields = "botId: $bot, channel: $channel, userId: $user"
        creations = " ".join(
            f"s{n}: createBotSession(input: {{{fields}, noOfMessagesExchanged: {n}}}) "
            "{ errors { message } }"
            for n in range(number)
        )
        mutation = f"mutation ($bot: String!, $channel: String!, $user: String!) {{ {creations} }}"
        made = self.ask(mutation, bot=bot, channel="webchat", user="user-1")
        assert all(one["errors"] == [] for one in made.values()), made
        return bot


def without_settings() -> dict[str, str]:
    """The environment of this process, without settings of the gateway."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}


@pytest.fixture(scope="session")
def gateway(engine: WireEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The gateway of this worker."""
    log = tmp_path_factory.mktemp("gateway") / "log"
    settings = {
        "GATEWAY_MONGODB_URI": engine.uri,
        "GATEWAY_MONGODB_DATABASE": f"gateway_{uuid.uuid4().hex}",
        "GATEWAY_DEMO_KEY": KEY,
        "GATEWAY_DEADLINE_SECONDS": str(DEADLINE),
    }
    with started(SERVE, log, settings) as origin:
        yield Gateway(origin)


SERVE = (sys.executable, "-m", "app.cli", "serve")


@contextmanager
def started(command: Sequence[str], log: Path, settings: Mapping[str, str]) -> Iterator[str]:
    """Serve on a free port with these settings until the block ends; the origin."""
    environment = {**without_settings(), **settings}
    with (
        log.open("w") as output,
        subprocess.Popen(
            [*command, "--port", "0"], cwd=ROOT, env=environment, stdout=output, stderr=output
        ) as process,
    ):
        try:
            yield _origin(process, log)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _origin(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """Read what is printed until the address stands there: by then it listens."""
    address = re.compile(r"Health +(https?://127\.0\.0\.1:\d+)/readyz")
    until(lambda: bool(address.search(log.read_text())) or process.poll() is not None, 90)
    printed = address.search(log.read_text())
    assert printed, log.read_text()
    return printed[1]
