"""Log lines: one JSON object each, or for people. Tracebacks never show the values of variables."""

import logging
import sys
from typing import Any

import msgspec
import structlog
from structlog.typing import Processor


def configure_logs(log_format: str, level: str) -> Any:
    """Sets both structlog and the standard library up to write to standard error; returns the server's logger."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if log_format == "json":
        last: list[Processor] = [structlog.processors.format_exc_info, _render_json]
    else:
        last = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[_ThroughStructlog()], force=True)
    return structlog.get_logger("keystead")


def _render_json(_logger: Any, _method: str, event: Any) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


class _ThroughStructlog(logging.Handler):
    """What libraries log through the standard library, in our form."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            log = structlog.get_logger(record.name)
            log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)
        except Exception:  # a line that cannot be written must not stop whoever had something to say
            self.handleError(record)
