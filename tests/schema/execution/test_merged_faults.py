"""A page over several kinds, of which one cannot be read."""

import pytest
from pymongo.errors import AutoReconnect, ExecutionTimeout

from tests.schema.execution.database import Database
from tests.schema.execution.support import Asker
from tests.schema.test_damaged_records import bot


@pytest.mark.parametrize("fault", [ExecutionTimeout("slow"), AutoReconnect("gone")])
def test_a_kind_that_cannot_be_read_costs_the_page(asker: Asker, fault: Exception) -> None:
    """It is refused whole, says which kind it was, and costs no other field."""
    faults = {("chat_sessions", "find"): fault}
    asker.database = Database({"bot_sessions": [bot("a")]}, faults)
    result = asker('{ sessions { nodes { id } } botSession(sessionId: "a") { botId } }')
    assert result.data["sessions"] is None
    assert result.data["botSession"]
    (error,) = result.errors
    assert "chat sessions could not be read" in error.message
    assert error.path == ["sessions"]
