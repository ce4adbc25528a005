"""The end of a server, as its connections and its readiness see it."""

from typing import Final

NAME: Final = "gateway.ending"
"""Its name in the lifespan's state, and so in `scope["state"]`."""


class Ending:
    """Whether this process is about to end; its server sets it, and requests read it."""

    def __init__(self) -> None:
        self.announced = False
        """`/readyz` answers 503, so that balancers send their requests elsewhere."""
        self.closing = False
        """Each response ends its connection."""
