"""Checks Slack's signature on the raw bytes, before anything reads them.

Bolt parses the body first, so that unsigned junk would end in errors of its parser.
"""

import hmac
from datetime import datetime

from bot.signing import signed

OLDEST_S = 300
SLACK = "v0"


def is_genuine(secret: str, timestamp: str, signature: str, body: bytes, now: datetime, *, scheme: str = SLACK) -> bool:
    """Return whether these bytes were signed within five minutes of now, with one of the secrets.

    Several, separated by commas, hold while a secret is changed. An empty one signs nothing: anybody knows it.

    >>> from datetime import UTC
    >>> is_genuine("s", "x", "v0=", b"", datetime(2026, 1, 1, tzinfo=UTC))
    False
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if abs(now.timestamp() - int(timestamp)) > OLDEST_S:
        return False
    given = signature.encode("utf-8", "replace")
    known = [one.strip() for one in secret.split(",") if one.strip()]
    return any(hmac.compare_digest(signed(one, timestamp, body, scheme).encode(), given) for one in known)
