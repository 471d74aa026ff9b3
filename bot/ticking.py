"""The tick of each second: it wakes the loops, and notes when the wall clock jumped.

What is due is told by the wall clock alone. A jump fires nothing twice, for what fired is a row; it can make work late
or early, so it is written down for whoever reads the times later.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from bot.services import SYSTEM, Services
from storage import audit
from storage.database import Busy

log = structlog.get_logger(__name__)

JUMP_S = 5.0  # time servers slew what is less


@dataclass
class Tick:
    """Called each second by the scheduler."""

    services: Services
    monotonic: Callable[[], float] = time.monotonic
    _last: float = field(init=False)
    _compared: tuple[float, datetime] = field(init=False)

    def __post_init__(self) -> None:
        """Begin to count."""
        self._last = self.monotonic()
        self._compared = self._last, self.services.clock()

    def __call__(self) -> None:
        """Wake the loops, and compare the clocks."""
        self._last = self.monotonic()
        self.services.wake.set()
        try:
            self._compare()
        except Busy as error:  # the next tick sees the same jump
            log.warning("the database is busy", loop="tick", error=str(error))

    @property
    def age_s(self) -> float:
        """Return the seconds since the last tick."""
        return self.monotonic() - self._last

    def _compare(self) -> None:
        now = self.services.clock()
        then, was = self._compared
        jump = (now - was).total_seconds() - (self._last - then)
        if abs(jump) > JUMP_S:
            log.warning("the clock jumped", seconds=round(jump, 1))
            with self.services.transaction() as session:
                audit.append(session, audit.Entry(SYSTEM, "clock_jumped", "clock", data={"seconds": round(jump)}), now)
        self._compared = self._last, now
