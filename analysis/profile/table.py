"""`Table`: integer vectors by an integer key, the one shape in which numbers are counted.

Cells of a column (key = cell), latency by hour (key = hour and cell), hourly bins (key = hour): each is a sorted array
of keys and a row of counts for each. Addition is exact, so any split and any order of rows gives the same table.
"""

from dataclasses import dataclass

import numpy as np

from analysis.profile.cells import Ints


@dataclass(frozen=True, eq=False)
class Table:
    """Sorted distinct keys, and for each a vector of counts.

    >>> a = Table.of([3, 1, 3], [[1], [1], [1]])
    >>> (a + Table.of([2, 3], [[5], [5]])).to_dict()
    {1: [1], 2: [5], 3: [7]}
    """

    keys: Ints
    values: Ints

    @classmethod
    def of(cls, keys: object, values: object) -> "Table":
        """Return the table of these rows; rows of one key are added, rows of nothing but 0 dropped."""
        names, rows = np.asarray(keys, np.int64), np.atleast_2d(np.asarray(values, np.int64))
        if not len(names):
            return cls(names, rows.reshape(0, rows.shape[-1]))
        by_key = np.argsort(names, kind="stable")
        names, rows = names[by_key], rows[by_key]
        first = np.flatnonzero(np.r_[True, names[1:] != names[:-1]])
        if len(first) < len(names):
            names, rows = names[first], np.add.reduceat(rows, first, axis=0)
        return cls._held(names, rows)

    @classmethod
    def dense(cls, values: Ints) -> "Table":
        """Return the table of an array whose row number is the key."""
        keys = np.flatnonzero(values.any(axis=1))
        return cls(keys.astype(np.int64), values[keys])

    @classmethod
    def empty(cls, width: int) -> "Table":
        """Return the table that changes nothing when added."""
        return cls(np.zeros(0, np.int64), np.zeros((0, width), np.int64))

    @classmethod
    def _held(cls, keys: Ints, values: Ints) -> "Table":
        held = values.any(axis=1)
        return cls(keys, values) if held.all() else cls(keys[held], values[held])

    @property
    def width(self) -> int:
        """Return how many counts a key has."""
        return int(self.values.shape[1])

    def __add__(self, other: "Table") -> "Table":
        return Table.of(np.r_[self.keys, other.keys], np.concatenate([self.values, other.values]))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Table)
            and np.array_equal(self.keys, other.keys)
            and np.array_equal(self.values, other.values)
        )

    def __hash__(self) -> int:
        return hash((self.keys.tobytes(), self.values.tobytes()))

    def total(self) -> Ints:
        """Return the sum over all keys."""
        total: Ints = self.values.sum(axis=0, dtype=np.int64)
        return total

    def to_dict(self) -> dict[int, list[int]]:
        """Return keys and vectors as plain Python."""
        return dict(zip(self.keys.tolist(), self.values.tolist(), strict=True))
