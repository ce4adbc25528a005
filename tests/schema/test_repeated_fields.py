"""A repeated mutation of several fields makes what is left of it, each field once."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import pytest

from resolvers import repeats
from resolvers.errors import Unavailable
from resolvers.store.write_locks import WriteLocks
from schema.common import global_id
from tests.schema.conftest import Client

LIFETIME = 10 * 365 * 86_400
"""Seconds: the clock of tests stands."""
LINE = '[{source: VISITOR, message: "%s"}]'
CHAT = global_id("ChatSession", "a")
LABEL = f'addSessionLabels(id: "{CHAT}", labels: ["%s"]) {{ session {{ revision }} }}'
APPEND = f'appendChatMessages(sessionId: "a", messages: {LINE}) {{ session {{ revision }} }}'
KINDS_OF_FIELDS = {"compiled": LABEL, "verbs": APPEND}


def carried_out(client: Client, text: str) -> dict[str, Any]:
    """The answer to a request with a key, which is not stored: as of a process that was killed."""
    once = replace(client, context=replace(client.context, repeat=None))

    async def begin() -> None:
        assert await repeats.begin(once.context, "key", text, LIFETIME) is None

    client.runner.run(begin())
    response = once(text)
    client.runner.run(repeats.finish(once.context, None, ()))
    return response


@pytest.mark.parametrize("kind", sorted(KINDS_OF_FIELDS))
def test_a_field_before_it_was_refused_without_a_write(
    client: Client, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The second is refused while its session is busy, the third is made; then each is there."""
    client.data('mutation { createChatSession(input: {sessionId: "a"}) { errors { code } } }')
    field = KINDS_OF_FIELDS[kind]
    text = f"mutation {{ one: {field % 1} two: {field % 2} three: {field % 3} }}"
    hold, asked = WriteLocks.hold, 0

    def busy(self: WriteLocks, *arguments: Any) -> AbstractAsyncContextManager[None]:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise Unavailable("busy")
        return hold(self, *arguments)

    monkeypatch.setattr(WriteLocks, "hold", busy)
    first = carried_out(client, text)
    assert [one["path"] for one in first["errors"]] == [["two"]]
    again = carried_out(client, text)
    assert "errors" not in again
    stored = client.stored("chat", "a")
    assert stored
    assert stored["revision"] == 4
    found = {"compiled": stored["labels"], "verbs": [m["message"] for m in stored["messages"]]}
    assert found[kind] == ["1", "3", "2"]
