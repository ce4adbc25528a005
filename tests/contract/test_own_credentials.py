"""A client keeps the credential that it has: registered from files, it opens the vendor's path."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.app.commands.test_keys import run_on
from tests.contract.whole import Whole

pytestmark = pytest.mark.anyio

OLD_SECRET = "s3cret/of+the=old service, für JWT"
REMOTE = "/get_session_history.php"


@pytest.fixture
def old_key() -> str:
    """A key with every kind of character: workers remember keys, so each test has its own."""
    return f"9F+/x=~!k3y_of.the-old:service-{uuid.uuid4()}"


async def register(whole: Whole, folder: Path, *scopes: str, **old: str) -> None:
    """Run `keys create` with `id` as an option, and `key` and `secret` from files."""
    arguments = ["create", "--name", "Old client"]
    for scope in scopes:
        arguments += ["--scope", scope]
    if "id" in old:
        arguments += ["--id", old["id"]]
    for name in ("key", "secret"):
        if name in old:
            file = folder / name
            file.write_text(f"{old[name]}\n", encoding="utf-8")
            file.chmod(0o600)
            arguments += [f"--{name}-from", str(file)]
    done = await asyncio.to_thread(run_on, whole.settings, "200", *arguments)
    assert done.exit_code == 0, done.output


async def test_key_of_remote_support(whole: Whole, tmp_path: Path, old_key: str) -> None:
    """`KEY` in the URL and in a form, as the vendor's clients send it."""
    await register(whole, tmp_path, "remote_support:read", key=old_key)
    asked = {"KEY": old_key, "VARS": "ID"}
    in_url = await whole.http.get(REMOTE, params=asked)
    in_form = await whole.http.post(REMOTE, data=asked)
    assert "<nrequests>0</nrequests>" in in_url.text
    assert in_form.text == in_url.text
    wrong = await whole.http.get(REMOTE, params={**asked, "KEY": old_key.lower()})
    assert "Invalid KEY." in wrong.text


@pytest.mark.parametrize("place", ["headers", "params", "bearer"])
async def test_pair_of_chat(whole: Whole, tmp_path: Path, old_key: str, place: str) -> None:
    """`apiKey` and `token` as headers and in the query, and the token as a bearer."""
    await register(whole, tmp_path, "chat:read", id=f"desk:{old_key}", key=old_key)
    sent: dict[str, Any] = {place: {"apiKey": f"desk:{old_key}", "token": old_key}}
    if place == "bearer":
        sent = {"headers": {"Authorization": f"Bearer {old_key}"}}
    answer = await whole.http.get("/api/2.0/chat/console/history", **sent)
    assert answer.json() == {"summary": {"averageChatSessionDuration": 0.0, "chatSessions": 0}}


@pytest.mark.parametrize("claim", ["appId", "iss", "clientId"])
async def test_secret_of_a_bot_client(whole: Whole, tmp_path: Path, claim: str) -> None:
    """A JWT that the client signs with its own secret, under its own id."""
    client = f"cs-{uuid.uuid4()}"
    await register(whole, tmp_path, "bot:read", id=client, secret=OLD_SECRET)
    token = jwt.encode({claim: client, "sub": "user"}, OLD_SECRET, "HS256")
    answer = await whole.http.post("/api/public/bot/st-1/getSessions", headers={"auth": token})
    assert answer.json()["sessions"] == []
    forged = jwt.encode({claim: client}, f"{OLD_SECRET}\n", "HS256")
    answer = await whole.http.post("/api/public/bot/st-1/getSessions", headers={"auth": forged})
    assert answer.status_code == 401


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
async def test_key_of_graphql_and_of_vendors_without_a_scheme(
    whole: Whole, tmp_path: Path, old_key: str, header: str
) -> None:
    """One key, on every path that takes keys in headers."""
    await register(whole, tmp_path, "*:read", "*:write", key=old_key)
    headers = {header: f"Bearer {old_key}" if header == "Authorization" else old_key}
    asked = {"query": "{ viewer { name } }"}
    answer = await whole.http.post("/graphql", json=asked, headers=headers)
    assert answer.json()["data"] == {"viewer": {"name": "Old client"}}
    assert (await whole.http.put("/sessions/new", headers=headers)).status_code == 200
    gone = await whole.http.get("/history/sessions/unknown", headers=headers)
    assert gone.status_code == 404
