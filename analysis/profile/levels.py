"""`Levels`: integer vectors by a text (a category's value, a group), bounded and still exact.

Past the bound the values with the largest hash lose their own count and go into `other`. A value that is kept in the
end was among the smallest hashes of every part in which it occurred, so its count is exact, and so is the total of the
rest: the bounded table is still a monoid, the same for any split and order (bottom-k sampling: Cohen & Kaplan, 2007).
Pinned values are always kept.
"""

import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from analysis.profile.cells import Ints

Names = Collection[str]


def rank(name: str) -> tuple[int, str]:
    """Return what decides which values keep their own count: a stable hash, then the value itself."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass")), name


@dataclass(frozen=True, eq=False)
class Levels:
    """Vectors of counts by value, for nulls, and for all values past the bound; `bound` and `pinned` decide which.

    >>> a = Levels.of({"x": [2], None: [1]}, bound=8) + Levels.of({"x": [1], "y": [1]}, bound=8)
    >>> a.to_dict(), a.null.tolist(), a.other.tolist()
    ({'x': [3], 'y': [1]}, [1], [0])
    """

    names: tuple[str, ...]
    values: Ints
    null: Ints
    other: Ints
    bound: int
    pinned: frozenset[str]

    @classmethod
    def of(
        cls, counts: Mapping[str | None, object], bound: int, pinned: Collection[str] = (), width: int = 1
    ) -> "Levels":
        """Return the levels of these counts; None is null."""
        width = len(np.atleast_1d(np.asarray(next(iter(counts.values()))))) if counts else width
        null = np.array(counts.get(None, np.zeros(width)), np.int64)
        held = {name: np.asarray(row, np.int64) for name, row in counts.items() if name is not None}
        return cls._bounded(held, null, np.zeros(width, np.int64), bound, frozenset(pinned))

    @classmethod
    def _bounded(cls, held: dict[str, Ints], null: Ints, other: Ints, bound: int, pinned: frozenset[str]) -> "Levels":
        held = {name: row for name, row in held.items() if row.any()}
        loose = [name for name in held if name not in pinned]
        if len(loose) > bound:
            cut = sorted(loose, key=rank)[bound:]
            other = other + np.sum([held.pop(name) for name in cut], axis=0)
        names = tuple(sorted(held))
        values = np.array([held[name] for name in names], np.int64).reshape(len(names), len(null))
        return cls(names, values, null, other, bound, pinned)

    @property
    def width(self) -> int:
        """Return how many counts a value has."""
        return len(self.null)

    @property
    def is_cut(self) -> bool:
        """Return whether some values have lost their own count."""
        return bool(self.other.any())

    def __add__(self, other: "Levels") -> "Levels":
        held = dict(zip(self.names, self.values, strict=True))
        for name, row in zip(other.names, other.values, strict=True):
            held[name] = held[name] + row if name in held else row
        return Levels._bounded(held, self.null + other.null, self.other + other.other, self.bound, self.pinned)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Levels) and self.names == other.names and self._counts() == other._counts()

    def __hash__(self) -> int:
        return hash((self.names, self._counts()))

    def _counts(self) -> tuple[bytes, bytes, bytes]:
        return self.values.tobytes(), self.null.tobytes(), self.other.tobytes()

    def total(self) -> Ints:
        """Return the sum over values, nulls and the rest."""
        total: Ints = self.values.sum(axis=0, dtype=np.int64) + self.null + self.other
        return total

    def get(self, name: str) -> Ints:
        """Return the vector of a value; zeros where it never occurred."""
        return self.values[self.names.index(name)] if name in self.names else np.zeros(self.width, np.int64)

    def to_dict(self) -> dict[str, list[int]]:
        """Return values and vectors as plain Python, nulls and the rest apart."""
        return dict(zip(self.names, self.values.tolist(), strict=True))
