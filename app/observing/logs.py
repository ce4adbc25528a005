"""Lines on standard error, as text or JSON: the gateway's own, uvicorn's and every library's.

    2026-11-27T16:40:00.123Z WARNING gateway.requests slow request_id=7 operation=Mine …
    {"time": "2026-11-27T16:40:00.123Z", "level": "WARNING", "logger": "gateway.requests", …}

Texts of exceptions may quote documents, and with them personal values: a line has the exception's
type, its number if it has one, and the places that it passed, and nothing else of it.
"""

import asyncio
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Any, Final, Literal

from pythonjsonlogger.core import RESERVED_ATTRS, merge_record_extra
from pythonjsonlogger.orjson import OrjsonFormatter

OWN: Final = ("app", "schema", "resolvers", "gateway")
"""Whose level is the setting's; libraries log warnings and errors only."""
PLACES: Final = 12
"""How many of the last places of an exception are named."""
_ROOT: Final = Path(__file__).resolve().parents[2]
_RESERVED: Final = (*RESERVED_ATTRS, "color_message")

log = logging.getLogger(__name__)

Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def configure(form: Literal["text", "json"], level: str) -> None:
    """Write every logger's lines to standard error in this form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.root.handlers = [handler]
    logging.root.setLevel(max(logging.WARNING, _number(level)))
    for name in OWN:
        logging.getLogger(name).setLevel(_number(level))
    logging.captureWarnings(True)


def without_values(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody caught in an event loop; asyncio's own line quotes the exception's text."""
    error = context.get("exception")
    log.error("%s", context.get("message", "unhandled"), exc_info=error)


class TextLines(logging.Formatter):
    """One line: time, level, logger, message, then `name=value` for each further fact."""

    def format(self, record: logging.LogRecord) -> str:
        """Line ends within are escaped, so no value can write a line of its own."""
        facts: dict[str, Any] = {}
        merge_record_extra(record, facts, _RESERVED)
        parts = [moment(record), record.levelname, record.name, record.getMessage()]
        parts += [f"{name}={value}" for name, value in facts.items()]
        if record.exc_info:
            parts.append(described(record.exc_info))
        return " ".join(parts).replace("\r", "\\r").replace("\n", "\\n")


class JsonLines(OrjsonFormatter):
    """One JSON object: `time`, `level`, `logger`, `message`, then the further facts."""

    def __init__(self) -> None:
        super().__init__("%(message)s", reserved_attrs=_RESERVED)

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Time, level and logger stand first."""
        log_data.update(time=moment(record), level=record.levelname, logger=record.name)
        super().add_fields(log_data, record, message_dict)
        log_data.pop("exc_info", None)
        if record.exc_info:
            log_data["error"] = described(record.exc_info)

    def formatException(self, exc_info: Raised) -> str:  # noqa: N802  logging's name
        """Type and places."""
        return described(exc_info)


def moment(record: logging.LogRecord) -> str:
    """UTC, to the millisecond."""
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def described(raised: Raised) -> str:
    """`KeyError at resolvers/store/find.py:31 in rows < …`, with the causes after `from`."""
    error: BaseException | None = raised[1]
    parts: list[str] = []
    while error is not None and len(parts) < PLACES:
        places = [
            f"{_shown(frame.filename)}:{frame.lineno} in {frame.name}"
            for frame in extract_tb(error.__traceback__)[-PLACES:]
        ]
        where = " < ".join(reversed(places))
        parts.append(f"{_named(error)} at {where}" if where else _named(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return " from ".join(parts)


def _named(error: BaseException) -> str:
    """The type, and the number that a database gives its failure, if any."""
    code = getattr(error, "code", None)
    return f"{type(error).__name__}({code})" if isinstance(code, int) else type(error).__name__


def _shown(filename: str) -> str:
    """Within the project, from its root; of a library, the last three parts."""
    path = Path(filename)
    if path.is_relative_to(_ROOT) and ".venv" not in path.parts:
        return path.relative_to(_ROOT).as_posix()
    return "/".join(path.parts[-3:])


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
