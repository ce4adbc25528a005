"""The worked example of `schema/execution/__init__.py` is what really happens."""

import json
import logging
import re
import textwrap
from pathlib import Path

import orjson
import pytest

from schema import execution
from tests.schema.execution.database import Database
from tests.schema.execution.support import Asker

TEXT = execution.__doc__ or ""


def blocks() -> list[str]:
    """The indented blocks of the example."""
    found = re.findall(r"(?:^ {4}.*\n)+", TEXT.split("An example", 1)[1], re.MULTILINE)
    return [textwrap.dedent(block).strip() for block in found]


def test_the_example(fresh: Asker, caplog: pytest.LogCaptureFixture) -> None:
    """Text, command, function, document and bytes follow from each other as the page says."""
    text, variables, command, function, document, data = blocks()
    fresh.database = Database({"bot_sessions": [json.loads(document)]})
    with caplog.at_level(logging.DEBUG, logger="schema.execution.compiler"):
        result = fresh(text, text, **json.loads(variables))
    assert orjson.dumps(result.data).decode() == data
    assert caplog.messages == [f"BotSession:\n{function}\n"]
    sent = json.loads(command)
    for one in fresh.sent():
        assert f"{sent['filter']}, {sent['projection']}" in one
        assert f"'{sent['find']}', 'find'" in one


def test_the_reading_order() -> None:
    """Every file of the folder is in it, and no other."""
    order = TEXT.split("Reading order:", 1)[1]
    files = {path.name for path in Path(execution.__path__[0]).glob("*.py")} - {"__init__.py"}
    assert re.findall(r"\w+\.py", order) == sorted(files, key=order.index)
