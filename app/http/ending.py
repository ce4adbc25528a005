"""The end of a server: announced first, then drained.

    SIGTERM ── begun: /readyz 503, `Connection: close` ── due: no new connections, drain ── end
"""

from typing import ClassVar


class Ending:
    """Whether this process is to end; a server puts it into the state that requests see."""

    NAME: ClassVar = "gateway.ending"
    """Its name in the lifespan's state, and so in `scope["state"]`."""

    def __init__(self) -> None:
        self.begun = False
        """Balancers shall send their requests elsewhere, and connections end with an answer."""
