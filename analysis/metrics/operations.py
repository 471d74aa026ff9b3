"""Is the service up: errors and latency."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy

from analysis.metrics.intervals import two_proportions
from analysis.profile.grid import Grid


class Latency(NamedTuple):
    """A latency quantile in ms on both sides, their ratio, and p of more requests above the baseline's p95."""

    baseline: float
    window: float
    ratio: float
    p: float
    above: int  # requests of the window above the baseline's p95


def latency(baseline: Grid, window: Grid, share: float = 0.95) -> Latency:
    """Return a latency quantile, from cells (relative error at most 2⁻⁸ ≈ 0.4 %), and its ratio to the baseline's.

    p: two proportions of the requests above the baseline's p95. Raise ValueError without requests.
    """
    if not baseline.n or not window.n:
        raise ValueError("no requests")
    old, new = baseline.quantile(share), window.quantile(share)
    x, y = baseline.beyond(-1, baseline.slow), window.beyond(-1, baseline.slow)
    p = two_proportions(x, baseline.n, y, window.n)
    return Latency(old, new, new / old if old > 0 else float("inf"), p, y)


def overdispersion(events: Sequence[int], rows: Sequence[int]) -> float:
    """Return how much more a rate varies from block to block than chance alone explains, at least 1.

    Pearson's χ² of a common rate over its degrees of freedom (McCullagh & Nelder, Generalized Linear Models, §4.5):
    errors and slow requests come in bursts, so a block is not as many independent trials as it has requests.

    >>> overdispersion([5, 5, 5], [100, 100, 100]), overdispersion([0, 15, 0], [100, 100, 100]) > 10
    (1.0, True)
    """
    x, n = np.asarray(events, np.float64), np.asarray(rows, np.float64)
    if len(x) < 2 or not 0 < x.sum() < n.sum():
        return 1.0
    rate = x.sum() / n.sum()
    return max(1.0, float((((x - n * rate) ** 2) / (n * rate * (1 - rate))).sum() / (len(x) - 1)))


def widened(p: float, spread: float) -> float:
    """Return the p of the same deviation when the variance is `spread` times as large.

    >>> widened(0.01, 1.0), round(widened(0.01, 4.0), 3)
    (0.01, 0.198)
    """
    if spread == 1.0 or p >= 1.0:
        return p
    return float(2 * scipy.special.ndtr(scipy.special.ndtri(max(p, 1e-300) / 2) / math.sqrt(spread)))


def error_rate(x: int, n: int, y: int, m: int) -> tuple[float, float, float]:
    """Return the share of failed requests before and now, and the p of their equality.

    >>> error_rate(3, 1000, 3, 1000)
    (0.003, 0.003, 1.0)
    """
    return x / n, y / m, two_proportions(x, n, y, m)
