"""`scripts/shadow` as an operator runs it; another gateway is a vendor's service."""

import json
import re
import signal
import subprocess
from pathlib import Path

import httpx
import jwt
import pytest

from tests.gateway import KEY, ROOT, Gateway, gateway, without_settings  # noqa: F401  fixture
from tests.timing import limit

pytestmark = pytest.mark.slow

LISTENS = re.compile(r"Shadow at (http://127\.0\.0\.1:\d+), beside the gateway at \S+\n")
BOT = "/api/public/bot/st-dc600cf5-b1c5-581e-a2c3-eb81fe39c927/getSessions"


def shadow(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [ROOT / "scripts/shadow", *arguments],
        env=without_settings(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_gateway_beside_itself(gateway: Gateway, tmp_path: Path) -> None:  # noqa: F811
    """A client's JWT opens both; nothing differs, and Ctrl-C ends with the summary."""
    output = tmp_path / "report.jsonl"
    services = ("--upstream", gateway.origin, "--gateway", gateway.origin)
    options = ("--vendor", "bot", *services, "--port", "0", "--output", str(output))
    with shadow(*options) as process:
        assert process.stderr
        said = iter(process.stderr.readline, "")  # a set-up may come first
        address = next(filter(None, map(LISTENS.match, said)), None)
        assert address
        token = jwt.encode({"appId": "demo"}, KEY.encode().ljust(32, b"\0"), "HS256")
        ids = {"sessionId": ["6465cf6e4769ed4e822b82a1"]}
        for body in (ids, {"limit": -1}):
            url = f"{address[1]}{BOT}"
            answer = httpx.post(url, json=body, headers={"auth": token}, timeout=limit(30))
            direct = httpx.post(f"{gateway.origin}{BOT}", json=body, headers={"auth": token})
            assert (answer.status_code, answer.content) == (direct.status_code, direct.content)
        process.send_signal(signal.SIGINT)
        assert process.wait(limit(30)) == 0
        assert process.stdout
        assert process.stdout.read() == ""
    (line,) = output.read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {"summary": {"requests": {"same": 2}, "differences": []}}
    assert output.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--vendor", "bots", "--upstream", "http://127.0.0.1:1"), "Did you mean bot"),
        (("--vendor", "bot", "--upstream", "bots.example.com"), "--upstream is wrong"),
        (("--vendor", "bot", "--upstream", "https://user:pw@bots.example"), "--upstream is wrong"),
        (("--vendor", "bot", "--upstream", "http://a", "--output", "/"), "--output / cannot be"),
        (("--vendor", "bot"), "--upstream"),
    ],
)
def test_wrong_option_is_a_sentence(options: tuple[str, ...], said: str) -> None:
    """Exit code 2; an address with a password is not repeated."""
    with shadow(*options, "--port", "0") as process:
        output, errors = process.communicate(timeout=limit(60))
    assert (process.returncode, output) == (2, "")
    assert said in errors
    assert "pw" not in errors
