"""What the senders of a process know of the line to Slack: what has to rest until when, and what is wrong with it."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

EDITS = "edits"
LONGEST_S = 30.0  # an hour without Slack costs at most so much when it is back


@dataclass
class Line:
    """Shared by the senders; a rate limit or a broken line met by one is a rest for all."""

    trouble: str | None = None  # Slack's word for why nothing goes through; None: all well
    _until: dict[str, datetime] = field(default_factory=dict)
    _closed_until: datetime | None = None
    _failures: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def rest(self, lane: str, until: datetime) -> None:
        """Let a channel, or edits, rest: Slack's Retry-After."""
        with self._lock:
            self._until[lane] = max(until, self._until.get(lane, until))

    def resting(self, now: datetime) -> frozenset[str]:
        """Return the channels (and EDITS) that have to rest."""
        with self._lock:
            self._until = {lane: until for lane, until in self._until.items() if until > now}
            return frozenset(self._until)

    def is_closed(self, now: datetime) -> bool:
        """Return whether nothing is to be tried for now."""
        return self._closed_until is not None and now < self._closed_until

    def broke(self, says: str, now: datetime, at_least: float = 0.0) -> None:
        """Close the line for a while, longer with each failure in a row."""
        with self._lock:
            pause = max(at_least, min(LONGEST_S, 0.5 * 2**self._failures))
            self._failures, self.trouble = self._failures + 1, says
            self._closed_until = now + timedelta(seconds=pause)

    def holds(self) -> None:
        """Note that Slack answered."""
        with self._lock:
            self._failures, self.trouble, self._closed_until = 0, None, None
