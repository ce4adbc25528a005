"""Progress bars of long steps, on standard error and only where somebody may be looking."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

Advance = Callable[[int], object]
"""Called with how much more is done."""


def unseen(_number: int) -> None:
    """Nobody looks at the progress."""


@contextmanager
def bar(label: str, total: int | None, in_bytes: bool = False) -> Iterator[Callable[[int], None]]:
    """A function to call with how much more is done; the bar appears at its first call."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn() if in_bytes else MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=console, disable=not console.is_terminal)
    task = progress.add_task(label, total=total)

    def advance(number: int) -> None:
        if not progress.live.is_started:
            progress.start()
        progress.advance(task, number)

    try:
        yield advance
    finally:
        progress.stop()
