"""What the clients of this process wrote to their engines, so that only that is put back."""

from typing import Any

from pymongo import monitoring

READS = frozenset(
    {
        *("aggregate", "count", "dbStats", "distinct", "explain", "find", "getMore"),
        *("listCollections", "listDatabases", "listIndexes", "serverStatus"),
        *("endSessions", "hello", "killCursors", "ping"),
    }
)
WRITES = frozenset({"delete", "findAndModify", "insert", "update"})
"""These name their collection, and change its documents alone."""


class Written(monitoring.CommandListener):
    """Notes writes by database; what other processes write is not noted."""

    def __init__(self) -> None:
        self._rows: dict[str, set[str]] = {}
        self._forms: set[str] = set()
        self._failing = True

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Note a command that is not known to change nothing."""
        name = event.command_name
        if name in READS:
            return
        if name in WRITES:
            self._rows.setdefault(event.database_name, set()).add(event.command[name])
        elif name == "configureFailPoint":
            self._failing = True
        else:
            self._forms.add(event.database_name)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to note: it may have done a part."""

    def rows(self, database: str) -> set[str]:
        """The collections whose documents were written since the database was forgotten."""
        return set(self._rows.get(database, ()))

    def form(self, database: str) -> bool:
        """Whether a collection, rule or index may have changed since."""
        return database in self._forms

    def forget(self, database: str) -> None:
        """Note from now on."""
        self._rows.pop(database, None)
        self._forms.discard(database)

    def failing_off(self, client: Any) -> None:
        """No command fails any longer because a test asked for it."""
        if self._failing:
            client.admin.command("configureFailPoint", "failCommand", mode="off")
            self._failing = False


WRITTEN = Written()
monitoring.register(WRITTEN)  # with clients that are made from now on
