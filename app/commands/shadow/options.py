"""What `shadow` is to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command is to do."""

    vendor: str
    upstream: str
    gateway: str | None
    """None for the one that the settings describe."""
    host: str
    port: int
    writes: bool
    ignored: tuple[str, ...]
    key: str | None
    seconds: float
