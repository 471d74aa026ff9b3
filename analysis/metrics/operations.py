"""Is the service up: errors and latency."""

from typing import NamedTuple

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
    border = int(baseline.edges(20)[-1])
    x, y = baseline.beyond(-1, border), window.beyond(-1, border)
    p = two_proportions(x, baseline.n, y, window.n)
    return Latency(old, new, new / old if old > 0 else float("inf"), p, y)


def error_rate(x: int, n: int, y: int, m: int) -> tuple[float, float, float]:
    """Return the share of failed requests before and now, and the p of their equality.

    >>> error_rate(3, 1000, 3, 1000)
    (0.003, 0.003, 1.0)
    """
    return x / n, y / m, two_proportions(x, n, y, m)
