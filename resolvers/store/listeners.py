"""The driver's events, as plain calls: commands, and the pool of connections.

Listening costs each command as much as 3 % of a small request, so nobody listens for nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pymongo import monitoring

CommandDone = Callable[[str, bool, float], None]
"""Called with the command's name (`find`), whether it succeeded, and its seconds."""


class Commands(monitoring.CommandListener):
    """Passes each command on to `done`.

    The driver calls it where the command was sent: PyMongo in the request's task, Motor in a thread
    that has the task's context variables.
    """

    def __init__(self, *done: CommandDone) -> None:
        self._done = done

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Nothing: what is needed is known at the end."""

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """A command that the database ran."""
        self._end(event.command_name, True, event.duration_micros)

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """A command that it refused; the driver's text, which may quote documents, is not read."""
        self._end(event.command_name, False, event.duration_micros)

    def _end(self, name: str, succeeded: bool, micros: int) -> None:
        for done in self._done:
            done(name, succeeded, micros / 1e6)


@dataclass(slots=True)
class Pool(monitoring.ConnectionPoolListener):
    """How many connections of the driver's pools there are, are in use and are waited for.

    With Motor, threads change the numbers; they may then be off by one until the next change.
    """

    open: int = 0
    in_use: int = 0
    waiting: int = 0

    def connection_created(self, event: monitoring.ConnectionCreatedEvent) -> None:
        """One more is open."""
        self.open += 1

    def connection_closed(self, event: monitoring.ConnectionClosedEvent) -> None:
        """One less is open."""
        self.open -= 1

    def connection_check_out_started(
        self, event: monitoring.ConnectionCheckOutStartedEvent
    ) -> None:
        """An operation waits for one."""
        self.waiting += 1

    def connection_check_out_failed(self, event: monitoring.ConnectionCheckOutFailedEvent) -> None:
        """It waited in vain."""
        self.waiting -= 1

    def connection_checked_out(self, event: monitoring.ConnectionCheckedOutEvent) -> None:
        """It has one."""
        self.waiting -= 1
        self.in_use += 1

    def connection_checked_in(self, event: monitoring.ConnectionCheckedInEvent) -> None:
        """It gave the connection back."""
        self.in_use -= 1

    def pool_created(self, event: monitoring.PoolCreatedEvent) -> None:
        """Nothing."""

    def pool_ready(self, event: monitoring.PoolReadyEvent) -> None:
        """Nothing."""

    def pool_cleared(self, event: monitoring.PoolClearedEvent) -> None:
        """Nothing: each connection is closed by itself."""

    def pool_closed(self, event: monitoring.PoolClosedEvent) -> None:
        """Nothing."""

    def connection_ready(self, event: monitoring.ConnectionReadyEvent) -> None:
        """Nothing."""


Listener = Commands | Pool
