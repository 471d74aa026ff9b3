"""JSON logs on standard error, secrets masked wherever they turn up."""

import logging
import sys
from typing import TextIO

import structlog

from bot.masking import everything


def masked(_logger: object, _method: str, line: object) -> str:
    """Return the finished line without secrets, however deep in the event they stood.

    >>> masked(None, "info", '{"event": "got xoxb-1-2-abc"}')
    '{"event": "got xox…"}'
    """
    return everything(str(line))


class Masking(logging.Formatter):
    """The same for what libraries log, their tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as it is written, without secrets."""
        return everything(super().format(record))


def configure(*, quiet: bool = False, to: TextIO | None = None) -> None:
    """Send logs to standard error; `quiet` keeps only what a person has to know."""
    level, stream = logging.ERROR if quiet else logging.INFO, to or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Masking("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler])
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
            masked,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
