"""What is wrong with the values themselves: missing, never seen before, out of range.

Each is a share; `x of n` is the baseline, `y of m` the window.
"""

from typing import NamedTuple

from analysis.metrics.intervals import Interval, newcombe, two_proportions


class Shares(NamedTuple):
    """A share of the window against the baseline's: the difference, its 95 % interval, its p."""

    baseline: float
    window: float
    difference: float
    interval: Interval
    p: float


def null_increase(x: int, n: int, y: int, m: int) -> Shares:
    """Return the difference of the shares of nulls (NaN counts as missing), Newcombe interval, two proportions.

    >>> null_increase(10, 1000, 60, 1000).difference
    0.05
    """
    return Shares(x / n, y / m, round(y / m - x / n, 15), newcombe(x, n, y, m), two_proportions(x, n, y, m))


def unseen_share(singletons: int, n: int, unseen: int, m: int) -> Shares:
    """Return the mass of values that the baseline never saw.

    A baseline of n rows cannot have seen every rare value: without any change the expected unseen mass is the share of
    values it saw exactly once (Good, Biometrika 40 (1953) 237–264). The window is tested against that share.

    >>> share = unseen_share(5, 1000, 6, 1000)
    >>> share.window, share.p > 0.5
    (0.006, True)
    """
    return null_increase(singletons, n, unseen, m)


def out_of_range_share(n: int, outside: int, m: int) -> Shares:
    """Return the mass outside the baseline's minimum … maximum.

    Of exchangeable rows a new one is beyond the extremes of n others with chance 2/(n + 1); the window is tested
    against 2 of n. Counted by cells: values in the same cell as an extreme are within.

    >>> out_of_range_share(1000, 650, 1000).p < 1e-9
    True
    """
    return null_increase(min(2, n), n, outside, m)
