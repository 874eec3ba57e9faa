"""Log lines: one JSON object each, or for people. Tracebacks never show the values of variables."""

import asyncio
import atexit
import logging
import sys
from collections import deque
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import structlog
from structlog.typing import Processor

_encode: Final = msgspec.json.Encoder(enc_hook=repr).encode


def configure_logs(log_format: str, level: str) -> Any:
    """Sets both structlog and the standard library up to write to standard error; returns the server's logger."""
    number = logging.getLevelNamesMapping()[level.upper()]
    if log_format == "json":
        processors: list[Processor] = [structlog.processors.format_exc_info, _json_line]
        factory: Any = _Lines
    else:
        processors = [
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ]
        factory = structlog.PrintLoggerFactory(sys.stderr)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[_ThroughStructlog()], force=True)
    return structlog.get_logger("keystead")


def _json_line(_logger: Any, method: str, event: Any) -> bytes:
    """The whole line: every request writes one, so level and time are no steps of their own."""
    event["level"] = "error" if method == "exception" else method
    event["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return _encode(event) + b"\n"


class _Lines:
    """Writes lines to standard error: those of one turn of the event loop together, errors at once."""

    _waiting: Final[deque[bytes]] = deque()

    def __init__(self, *_names: str) -> None:
        pass

    def info(self, line: bytes) -> None:
        is_first = not self._waiting
        self._waiting.append(line)
        if is_first:
            try:
                asyncio.get_running_loop().call_soon(self.flush)
            except RuntimeError:  # outside of a loop nobody comes back for it
                self.flush()

    def error(self, line: bytes) -> None:
        self._waiting.append(line)
        self.flush()

    debug = msg = info
    warning = warn = fatal = critical = exception = failure = err = error

    @classmethod
    def flush(cls) -> None:
        lines = []
        while cls._waiting:
            lines.append(cls._waiting.popleft())
        if lines:
            sys.stderr.buffer.write(b"".join(lines))
            sys.stderr.buffer.flush()


atexit.register(_Lines.flush)


class _ThroughStructlog(logging.Handler):
    """What libraries log through the standard library, in our form."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            log = structlog.get_logger(record.name)
            log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)
        except Exception:  # a line that cannot be written must not stop whoever had something to say
            self.handleError(record)
