"""Tests and intervals of proportions, the same for every family.

References: Newcombe, Statistics in Medicine 17 (1998) 873–890, method 10; Katz et al., Biometrics 34 (1978) 469–474;
Wilson, JASA 22 (1927) 209–212.
"""

import math
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

SMALL = 5  # expected count below which the normal approximation gives way to Fisher's exact test
TIED = 1 + 1e-7  # tables as improbable as the observed one, rounding included (as R and scipy do)


class Interval(NamedTuple):
    """From where to where."""

    low: float
    high: float


def z_of(confidence: float) -> float:
    """Return the two-sided normal quantile.

    >>> round(z_of(0.95), 4)
    1.96
    """
    return float(scipy.special.ndtri((1 + confidence) / 2))


def p_of(z: float) -> float:
    """Return the two-sided p of a normal deviate."""
    return float(2 * scipy.special.ndtr(-abs(z)))


def two_proportions(x: float, n: float, y: float, m: float) -> float:
    """Return the two-sided p of x/n = y/m: pooled z, or Fisher's exact test where an expected count is below 5.

    >>> round(two_proportions(30, 100, 50, 100), 5)
    0.00389
    >>> two_proportions(0, 100, 0, 100)
    1.0
    """
    if not n or not m:
        raise ValueError("no rows on one side")
    events, total = x + y, n + m
    if min(events, total - events) * min(n, m) < SMALL * total:
        return fisher(int(x), int(n), int(y), int(m))
    rate = events / total
    return p_of((y / m - x / n) / math.sqrt(rate * (1 - rate) * (1 / n + 1 / m)))


def fisher(x: int, n: int, y: int, m: int) -> float:
    """Return the two-sided p of Fisher's exact test of x of n against y of m.

    >>> round(fisher(8, 10, 1, 6), 6)
    0.034965
    """
    events = x + y
    k = np.arange(max(0, events - m), min(events, n) + 1)
    chance = np.exp(_choose(n, k) + _choose(m, events - k) - _choose(n + m, np.array([events]))[0])
    return float(min(1.0, chance[chance <= chance[x - k[0]] * TIED].sum()))


def _choose(n: int, k: NDArray[np.int64]) -> NDArray[np.float64]:
    gammaln = scipy.special.gammaln
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def wilson(x: float, n: float, confidence: float = 0.95) -> Interval:
    """Return Wilson's interval of a proportion.

    >>> [round(side, 4) for side in wilson(5, 10)]
    [0.2366, 0.7634]
    """
    z = z_of(confidence)
    rate, shrink = x / n, 1 + z * z / n
    centre = (rate + z * z / (2 * n)) / shrink
    half = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / shrink
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def newcombe(x: float, n: float, y: float, m: float, confidence: float = 0.95) -> Interval:
    """Return Newcombe's hybrid score interval of y/m − x/n.

    >>> [round(side, 4) for side in newcombe(48, 80, 56, 70)]
    [0.0524, 0.3339]
    """
    a, b = wilson(x, n, confidence), wilson(y, m, confidence)
    p, q = x / n, y / m
    low = q - p - math.hypot(q - b.low, a.high - p)
    return Interval(low, q - p + math.hypot(b.high - q, p - a.low))


def katz(x: float, n: float, y: float, m: float, confidence: float = 0.95) -> Interval:
    """Return Katz's log interval of (y/m) / (x/n); 0.5 is added to every cell where one is 0.

    >>> [round(side, 3) for side in katz(30, 60, 15, 60)]
    [0.301, 0.829]
    """
    if 0 in (x, y) or x == n or y == m:
        x, n, y, m = x + 0.5, n + 1, y + 0.5, m + 1
    ratio = (y / m) / (x / n)
    half = z_of(confidence) * math.sqrt(1 / x - 1 / n + 1 / y - 1 / m)
    return Interval(ratio * math.exp(-half), ratio * math.exp(half))
