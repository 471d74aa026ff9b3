"""When did it begin, and is it over: the stretch of hours in which something happened more often than before.

A scan over all stretches of hours for the largest binomial log likelihood ratio against the baseline's rate
(Kulldorff, Communications in Statistics 26 (1997) 1481–1496).
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from analysis.profile.cells import Floats, Ints
from analysis.profile.profile import moment

STEPS = 400  # stretches are cut at no more places; longer windows are looked at in blocks of hours
NEAR = 6.0  # log likelihood by which a stretch must be better than one that reaches the window's edge
HOUR_MS = 3_600_000
FLOOR = 1e-4


@dataclass(frozen=True)
class Stretch:
    """From the first to the last hour (since 1970); open at an end means that it reaches the window's edge."""

    first: int
    last: int
    is_from_start: bool
    is_to_end: bool
    share: float  # how often it happened in there

    @property
    def since(self) -> datetime:
        """Return the beginning of its first hour."""
        return moment(self.first * HOUR_MS)

    @property
    def until(self) -> datetime | None:
        """Return the end of its last hour, or None while it lasts."""
        return None if self.is_to_end else moment((self.last + 1) * HOUR_MS)


def locate(hours: Ints, events: Ints, total: Ints, before: float) -> Stretch | None:
    """Return the stretch of hours in which events were most clearly more frequent than `before`; None if never.

    >>> stretch = locate(np.arange(10), np.array([0, 0, 0, 9, 8, 9, 0, 0, 0, 0]), np.full(10, 10), 0.01)
    >>> stretch.first, stretch.last, stretch.is_to_end
    (3, 5, False)
    """
    kept = (hours >= 0) & (total > 0)
    if not kept.any():
        return None
    hours, events, total = _blocks(hours[kept], events[kept], total[kept])
    likelihood, share = _scan(np.r_[0, np.cumsum(events)], np.r_[0, np.cumsum(total)], max(before, FLOOR))
    i, j = divmod(int(np.argmax(likelihood)), len(hours))
    best = likelihood[i, j]
    if not best > 0:
        return None
    is_from_start = bool(best - likelihood[0, j] < NEAR)
    i = 0 if is_from_start else i
    is_to_end = bool(best - likelihood[i, -1] < NEAR)
    j = len(hours) - 1 if is_to_end else j
    return Stretch(int(hours[i]), int(hours[j]), is_from_start, is_to_end, float(share[i, j]))


def _blocks(hours: Ints, events: Ints, total: Ints) -> tuple[Ints, Ints, Ints]:
    step = -(-len(hours) // STEPS)
    starts = np.arange(0, len(hours), step)
    return hours[starts], np.add.reduceat(events, starts), np.add.reduceat(total, starts)


def _scan(events: Ints, total: Ints, before: float) -> tuple[Floats, Floats]:
    """Return, for the stretch from step i to step j, how much better its own rate explains it, and that rate."""
    k = (events[None, 1:] - events[:-1, None]).astype(np.float64)
    n = (total[None, 1:] - total[:-1, None]).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = k / n
        likelihood = _times_log(k, share / before) + _times_log(n - k, (1 - share) / (1 - min(before, 1 - FLOOR)))
    is_forward = np.triu(np.ones(k.shape, bool))
    return np.where(is_forward & (share > before), likelihood, 0.0), share


def _times_log(k: Floats, ratio: Floats) -> Floats:
    return np.where(k > 0, k * np.log(np.maximum(ratio, 1e-300)), 0.0)
