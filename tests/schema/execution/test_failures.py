"""When compiling or resolving fails: one log entry, one execution, the answer of graphql-core."""

import logging

import pytest
from pymongo.errors import OperationFailure

from resolvers.errors import Timeout
from schema.execution import compiler
from tests.schema.execution.database import Database
from tests.schema.execution.support import Asker
from tests.schema.test_damaged_records import bot

ONE = '{ botSession(sessionId: "a") { botId tags { userTags { name } } } }'
LIST = "{ botSessions { nodes { botId } } }"


def test_compiler_failure(
    fresh: Asker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An operation that the compiler fails on is logged once and answered field by field."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("a bug in the compiler")

    monkeypatch.setattr(compiler, "collect", fail)
    fresh.database = Database({"bot_sessions": [bot("a")]})
    expected = {"botSession": {"botId": "st", "tags": {"userTags": []}}}
    with caplog.at_level(logging.ERROR):
        for _ in range(4):
            assert fresh(ONE).data == expected
        assert len(caplog.records) == 1
        fresh(LIST, LIST)
    assert len(caplog.records) == 2


def test_failure_of_the_generated_function(fresh: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a compiled function raises, graphql-core completes what was read, once."""

    def broken(_value: object) -> None:
        raise RecursionError

    monkeypatch.setattr(compiler, "compile_selection", lambda _tree: broken)
    fresh.database = Database({"bot_sessions": [bot("a")]})
    for _ in range(3):
        assert fresh(ONE).data["botSession"]["botId"] == "st"
        assert len(fresh.sent()) == 1


@pytest.mark.parametrize("text", [ONE, LIST])
def test_damaged_session_is_read_once(fresh: Asker, text: str) -> None:
    """A value that needs graphql-core is not read a second time for it."""
    fresh.database = Database({"bot_sessions": [bot("a", botId=5)]})
    for _ in range(3):
        assert fresh(text).errors[0].original_error.details["field"] == "botId"
        assert len(fresh.sent()) == 1


@pytest.mark.parametrize("fault", [OperationFailure("broken"), RuntimeError("a bug")])
def test_error_in_a_root_field(fresh: Asker, fault: Exception) -> None:
    """A root field that fails is not tried again, nor are those beside it."""
    fresh.database = Database({}, {("bot_sessions", "find"): fault})
    for _ in range(3):
        result = fresh(
            '{ botSession(sessionId: "a") { botId } chatSession(sessionId: "a") { id } }'
        )
        assert [error.original_error for error in result.errors] == [fault]
        assert len(fresh.sent()) == 2


def test_failed_mutation_is_not_repeated(fresh: Asker) -> None:
    """A write that failed is sent once, and so is the one that follows it."""
    fault = OperationFailure("broken")
    fresh.database = Database({}, {("bot_sessions", "insert"): fault})
    create = 'createBotSession(input: {botId: "b", channel: "c", userId: "u"}) { errors { code } }'
    for _ in range(3):
        result = fresh(f"mutation {{ a: {create} b: {create} }}")
        assert result.data == {"a": None, "b": None}
        assert [error.path for error in result.errors] == [["a"], ["b"]]
        assert len(fresh.sent()) == 2


def test_write_with_a_damaged_answer_is_not_repeated(fresh: Asker) -> None:
    """A write whose session cannot be shown has happened all the same, and only once."""
    fresh.database = Database({"bot_sessions": [bot("a", isDeveloper=5)]})
    text = (
        'mutation { updateBotSession(sessionId: "a", input: {channel: "web"})'
        " { session { isDeveloper } } }"
    )
    for _ in range(3):
        assert fresh(text).errors
    updates = [command for command in fresh.sent() if "'update'" in command]
    assert len(updates) <= 3


def test_deadline_is_not_doubled(fresh: Asker) -> None:
    """A read that ran into its deadline is not started again, on any way."""
    fresh.database = Database({}, {("bot_sessions", "find"): TimeoutError()})
    for _ in range(3):
        (error,) = fresh(LIST).errors
        assert isinstance(error.original_error, Timeout)
        assert len(fresh.sent()) == 1
