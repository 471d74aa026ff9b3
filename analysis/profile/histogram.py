"""Counts of a grid between values that a person can read: for pictures, not for metrics."""

import numpy as np

from analysis.profile.cells import Floats, is_nan, lower, unorder
from analysis.profile.grid import Grid

BARS = 32
REACH = (0.005, 0.995)  # shares of the rows between which a picture lies; few values far off would hide the rest


def edges(grids: tuple[Grid, Grid]) -> Floats:
    """Return borders of at most 32 bars that hold nearly all of both; around whole numbers where all are whole."""
    known = [grid for grid in (one.finite() for one in grids) if len(grid.count)]
    if not known:
        return np.zeros(0)
    low = min(grid.quantile(REACH[0]) for grid in known)
    high = max(grid.quantile(REACH[1]) for grid in known)
    if all(np.array_equal(grid.value, np.rint(grid.value)) for grid in known):
        step = max(1.0, np.ceil((high - low + 1) / BARS))
        return np.asarray(np.arange(low - 0.5, high + step, step), np.float64)
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, BARS + 1)


def shares(grid: Grid, origin: float, borders: Floats) -> Floats:
    """Return the share of the values in each bar; what lies beyond the ends is added to the bars there.

    A cell's values are taken as spread evenly over it, so no comb appears where bars and cells are alike in width.

    >>> from analysis.profile.table import Table
    >>> shares(Grid.of(Table.of([0x3F80, 0x4000], [[3, 0], [1, 0]]), 0.0), 0.0, np.array([0.5, 1.5, 2.5])).tolist()
    [0.75, 0.25]
    """
    kept = grid.finite()
    if not kept.n or not len(borders):
        return np.zeros(max(0, len(borders) - 1))
    key = unorder(kept.rank)
    ends = origin + np.stack([lower(key), np.where(is_nan(key + 1), lower(key), lower(key + 1))])
    first, last = ends.min(axis=0), ends.max(axis=0)
    width = np.where(last > first, last - first, 1.0)
    below = np.clip((borders[1:-1, None] - first) / width, 0.0, 1.0) @ kept.count / kept.n
    return np.diff(np.concatenate([[0.0], below, [1.0]]))
