"""What a running server writes down about itself: one line an event, as text or JSON.

Nothing that a person said or is called, and no secret, may stand in a line. So of an error only
its class and its place in the source are written, unless somebody chose words for it; and of other
packages only warnings, in the words that stand in their source.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Any, Final, TextIO

from tailorbird.kernel.errors import TailorbirdError

OURS: Final = "tailorbird"
SELDOM_S: Final = 60.0
"""What anybody can bring about is written once in so long; what is left out is counted."""
_BY_REQUESTS: Final = "tailorbird.server"
_FRAMES: Final = 5
_UNTRUE: Final = "ASGI callable returned without completing handshake."
"""uvicorn says so of every WebSocket that is refused with an answer of HTTP, as it may be."""

_logger = logging.getLogger("tailorbird.failure")


def begin_logging(level: str, form: str, stream: TextIO) -> None:
    """Write down what happens from now on, also what ends a thread or the process."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    handler.addFilter(Seldom())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(OURS).setLevel(level.upper())
    sys.excepthook = _ended_by
    threading.excepthook = lambda args: _ended_by(
        args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )


def _ended_by(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        _logger.critical("this should not happen", exc_info=(kind, error, trace))


class Seldom(logging.Filter):
    """Lets lines that requests bring about pass once in a while; counts those between."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock_s = clock_s
        self._next_s: dict[tuple[str, str], float] = {}
        self._left_out: dict[tuple[str, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written; it is told how many like it were not."""
        if _is_ours(record) and not record.name.startswith(_BY_REQUESTS):
            return True
        if record.msg == _UNTRUE:
            return False
        key, now_s = (record.name, str(record.msg).partition("\n")[0]), self._clock_s()
        if now_s < self._next_s.get(key, now_s):
            self._left_out[key] = self._left_out.get(key, 0) + 1
            return False
        self._next_s[key] = now_s + SELDOM_S
        left_out = self._left_out.pop(key, 0)
        if left_out:
            record.said = {**getattr(record, "said", {}), "left_out": left_out}
        return True


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name == OURS or record.name.startswith(OURS + ".")


def _told(record: logging.LogRecord) -> dict[str, Any]:
    """What a line says."""
    words = record.getMessage() if _is_ours(record) else str(record.msg)
    line: dict[str, Any] = {
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": words.partition("\n")[0],
        **getattr(record, "said", {}),
    }
    if record.exc_info and record.exc_info[0] is not None:
        line["error"] = record.exc_info[0].__name__
        line["where"] = _where(record.exc_info[2])
    return line


def _where(trace: TracebackType | None) -> str:
    """The innermost places of the source, without what they worked on."""
    frames = extract_tb(trace)[-_FRAMES:]
    return " > ".join(f"{Path(one.filename).stem}:{one.lineno} {one.name}" for one in frames)


class JsonLines(logging.Formatter):
    """A line as a JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """When, how grave, from where, what, and details."""
        return json.dumps({"time": round(record.created, 3), **_told(record)}, default=str)


class TextLines(logging.Formatter):
    """A line to be read by people."""

    def format(self, record: logging.LogRecord) -> str:
        """When, how grave, from where, what, and details."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told = _told(record)
        level, logger, message = told.pop("level"), told.pop("logger"), told.pop("message")
        details = "".join(
            f"  {name}={json.dumps(value, default=str)}" for name, value in told.items()
        )
        return f"{when.removesuffix('+00:00')}Z {level:<8} {logger}: {message}{details}"


def reason_of(error: Exception) -> str:
    """What may be told to anybody: messages of others could hold what a person said."""
    if isinstance(error, TailorbirdError):
        return str(error)
    return f"this should not happen ({type(error).__name__}); the server's log says where"
