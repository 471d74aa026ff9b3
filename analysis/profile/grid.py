"""`Grid`: the occupied cells of a column in number order, and what can be read off them: quantiles, mean, bins."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.profile.cells import CELLS, INFINITY, SIGN, Floats, Ints, exact_sum, middle, order
from analysis.profile.table import Table

LOWEST, HIGHEST = CELLS - 1 - (INFINITY | SIGN), INFINITY + SIGN  # ranks of the cells of −inf and +inf
BINS = 10


@dataclass(frozen=True)
class Grid:
    """Cells by rank, their counts, and the mean of the values in each (±inf where that is what they hold)."""

    rank: Ints
    count: Ints
    value: Floats
    table: Table
    origin: float

    @classmethod
    def of(cls, table: Table, origin: float) -> "Grid":
        """Return the grid of a table of cells: count and dropped bits by cell.

        >>> grid = Grid.of(Table.of([0x3F80, 0xBF80], [[3, 0], [1, 0]]), 10.0)
        >>> grid.value.tolist(), grid.mean, grid.n
        ([9.0, 11.0], 10.5, 4)
        """
        rank = order(table.keys)
        by_rank = np.argsort(rank)
        count, low = table.values[by_rank, 0], table.values[by_rank, 1]
        value = origin + middle(table.keys[by_rank], count, low)
        return cls(rank[by_rank], count, value, table, origin)

    @cached_property
    def mean(self) -> float:
        """Return the mean of the finite values, exact but for the last rounding; NaN where there is none."""
        finite = int(self.count[(self.rank > LOWEST) & (self.rank < HIGHEST)].sum())
        total = exact_sum(self.table.keys, self.table.values[:, 0], self.table.values[:, 1])
        return float(self.origin + total / ((1 << 149) * finite)) if finite else float("nan")

    @cached_property
    def cumulative(self) -> Ints:
        """Return how many values lie in each cell or below it."""
        return np.cumsum(self.count)

    @cached_property
    def n(self) -> int:
        """Return how many values there are."""
        return int(self.count.sum())

    @cached_property
    def slow(self) -> int:
        """Return the rank of the cell that holds the value which 95 % of the rows do not exceed."""
        return int(self.edges(20)[-1])

    @property
    def infinite(self) -> int:
        """Return how many values are infinite."""
        return int(self.count[~np.isfinite(self.value)].sum())

    def finite(self) -> "Grid":
        """Return the grid without infinities."""
        kept = np.isfinite(self.value)
        return Grid(self.rank[kept], self.count[kept], self.value[kept], self.table, self.origin)

    def variance(self) -> float:
        """Return the population variance of the finite values, to within the width of a cell."""
        kept = self.finite()
        with np.errstate(over="ignore", invalid="ignore"):
            return float((kept.count * (kept.value - kept.mean) ** 2).sum() / kept.n) if kept.n else float("nan")

    def quantile(self, share: float) -> float:
        """Return the value that a share of the rows does not exceed: the mean of the cell it falls in.

        Its relative error is that of a cell, at most 2⁻⁸ of the distance from the origin.
        """
        if not len(self.count):
            return float("nan")
        at = int(np.searchsorted(self.cumulative, share * self.n, side="left"))
        return float(self.value[min(at, len(self.value) - 1)])

    def edges(self, bins: int = BINS) -> Ints:
        """Return the upper borders (ranks) of the bins: cells at which the cumulative count reaches k·n/bins.

        >>> Grid.of(Table.of([0x3F80, 0x4000], [[9, 0], [1, 0]]), 0.0).edges().tolist()
        [49024]
        """
        if not len(self.count):
            return np.zeros(0, np.int64)
        at = np.searchsorted(self.cumulative * bins, np.arange(1, bins) * self.n, side="left")
        return np.unique(self.rank[at])

    def binned(self, edges: Ints) -> Ints:
        """Return the counts in the bins between right-closed edges, open at both ends."""
        counts = np.bincount(np.searchsorted(edges, self.rank, side="left"), self.count, len(edges) + 1)
        return counts.astype(np.int64)

    def beyond(self, lowest: int, highest: int) -> int:
        """Return how many values lie in cells below the one ranked `lowest` or above the one ranked `highest`."""
        return int(self.count[(self.rank < lowest) | (self.rank > highest)].sum())
