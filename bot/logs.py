"""JSON logs on standard error, tokens masked wherever they turn up."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

TOKEN = re.compile(r"xox[a-z]-[\w-]+|xapp-[\w-]+")


def masked(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return the event with every Slack token replaced.

    >>> masked(None, "info", {"event": "got xoxb-1-2-abc"})
    {'event': 'got xox…'}
    """
    return {name: TOKEN.sub("xox…", value) if isinstance(value, str) else value for name, value in event.items()}


class Masking(logging.Filter):
    """The same for what libraries log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the message; return True, for it is still logged."""
        record.msg, record.args = TOKEN.sub("xox…", record.getMessage()), ()
        return True


def configure(*, quiet: bool = False) -> None:
    """Send logs to standard error; `quiet` keeps only what a person has to know."""
    level = logging.ERROR if quiet else logging.INFO
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Masking())
    logging.basicConfig(
        level=max(level, logging.WARNING), handlers=[handler], format="%(levelname)s %(name)s %(message)s"
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            masked,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
