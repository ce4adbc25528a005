"""The page of examples/live in a real browser, against the started gateway."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from tests.gateway import ROOT, Gateway

pytestmark = pytest.mark.browser

PAGE = ROOT / "examples" / "live"


def test_active_chats_come_and_go(
    serve: Callable[[Any], str], visit: Any, gateway: Gateway
) -> None:
    """A chat appears when it is stored, shows its last message, and leaves when it ends."""
    address = serve(Starlette(routes=[Mount("/", StaticFiles(directory=PAGE, html=True))]))
    opened = visit(f"{address}/#{gateway.origin}")
    page, name, session_id = opened.page, f"Visitor {uuid.uuid4()}", f"chat-{uuid.uuid4()}"
    page.locator("#key").fill(gateway.key)
    page.get_by_role("button", name="Follow").click()
    page.get_by_text("live", exact=True).wait_for()
    create = "createChatSession(input: $input) { errors { message } }"
    chat = {"sessionId": session_id, "visitor": {"name": name}}
    gateway.ask(f"mutation ($input: CreateChatSessionInput!) {{ {create} }}", input=chat)
    row = page.get_by_role("row", name=name)
    row.wait_for()
    append = "appendChatMessages(sessionId: $id, messages: $messages) { errors { message } }"
    messages = [{"source": "VISITOR", "message": "Is anybody there?"}]
    gateway.ask(
        f"mutation ($id: String!, $messages: [ChatMessageInput!]!) {{ {append} }}",
        id=session_id,
        messages=messages,
    )
    row.get_by_text("Is anybody there?").wait_for()
    end = "endChatSession(sessionId: $id) { errors { message } }"
    gateway.ask(f"mutation ($id: String!) {{ {end} }}", id=session_id)
    row.wait_for(state="detached")
    opened.outside.clear()  # asking another origin is what it is for
