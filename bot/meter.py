"""How far a worker has come: rows read of rows in all, as lines on standard output; nothing where nobody asked."""

import sys
import threading
import time
from typing import TYPE_CHECKING

from storage import predictions
from storage.predictions import Log

if TYPE_CHECKING:
    from bot.worker import Job

EVERY_S = 0.1


class Meter:
    """Adds up rows, from any thread, and says so ten times a second at most."""

    def __init__(self, expected: int) -> None:
        self._rows, self._expected, self._said = 0, expected, 0.0
        self._lock = threading.Lock()

    @classmethod
    def of(cls, job: "Job", *logs: Log) -> "Meter | None":
        """Return a meter for all these logs; None where nobody wants to know."""
        return cls(sum(map(predictions.expected, logs))) if job.tells else None

    def add(self, rows: int) -> None:
        """Count rows that were read."""
        with self._lock:
            self._rows += rows
            now = time.monotonic()
            if now - self._said >= EVERY_S:
                self._said = now
                most = max(self._rows, self._expected) if self._expected else 0  # 0: nobody knows
                sys.stdout.write(f"{self._rows} {most}\n")
                sys.stdout.flush()
