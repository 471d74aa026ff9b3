"""The inner loop: one numeric column of a slice of rows into its cells and its hours.

`numeric` is the reference, in numpy. Where numba is installed, `compiled.numeric` takes its place; a test holds both to
the same bits.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.profile.cells import CELLS, Ints, split
from analysis.spec import Number

BINS = 32  # of the hourly view
FINE = 256.0  # hourly sums are in scale / 256, rounded and held to ± 2**30, so that they are integers
LARGEST = 2.0**30
ONE = 40  # a cell is one integer: its count above this bit, the sum of its dropped bits below
FULL = 1 << 23  # rows after which packed cells must be emptied: 2**16 dropped bits a row, 2**40 of room
MISSING, SUM, FIRST = 0, 1, 2  # columns of an hourly row: missing, sum, then the bins
Packed = NDArray[np.uint64]
PACK = 33  # the same in a double, exact below 2**53, for a slice of at most 2**17 rows


@dataclass(frozen=True)
class Hours:
    """Each row's place among the hours of a slice, how many hours there are, and where a new hour begins."""

    place: Ints
    n: int
    starts: Ints  # first row of each run of one hour, and the number of rows

    @classmethod
    def of(cls, place: Ints, n: int) -> "Hours":
        """Return the hours of these places."""
        ends = [len(place)] if len(place) else []
        return cls(place, n, np.r_[0, np.flatnonzero(np.diff(place)) + 1, ends].astype(np.int64))


ByHour = tuple[Hours, NDArray[np.uint8]] | None  # and the coarse bin of every cell


def numeric(x: NDArray[np.generic], number: Number, held: Packed, by_hour: ByHour) -> Ints:
    """Add the values to the packed cells `held`; return the hourly rows, or none."""
    key, low = split(x, number.origin)
    packed = np.bincount(key, weights=low + float(1 << PACK), minlength=CELLS).astype(np.uint64)
    held += (packed >> np.uint64(PACK)) << np.uint64(ONE)
    held += packed & np.uint64((1 << PACK) - 1)
    if by_hour is None:
        return np.zeros((0, FIRST + BINS), np.int64)
    hours, bins = by_hour
    binned = np.bincount(hours.place * (BINS + 1) + bins[key], minlength=hours.n * (BINS + 1)).reshape(
        hours.n, BINS + 1
    )
    rows: Ints = np.c_[binned[:, BINS], _sums(x, number, hours), binned[:, :BINS]]
    return rows


def _sums(x: NDArray[np.generic], number: Number, hours: Hours) -> Ints:
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        fixed = np.subtract(x, number.origin, dtype=np.float64).astype(np.float32)
        fixed *= np.float32(FINE / number.scale)
        np.rint(fixed, out=fixed)
        np.clip(fixed, -LARGEST, LARGEST, out=fixed)
    if x.dtype.kind == "f" and np.isnan(np.min(fixed, initial=0.0)):
        np.nan_to_num(fixed, copy=False)
    return np.bincount(hours.place, weights=fixed, minlength=hours.n).astype(np.int64)


def unpacked(held: Packed) -> Ints:
    """Return count and dropped bits of every cell."""
    return np.stack([held >> np.uint64(ONE), held & np.uint64((1 << ONE) - 1)], axis=1).astype(np.int64)


def crossed(place: Ints, key: NDArray[np.uint16], n: int) -> tuple[Ints, Ints]:
    """Return the pairs (place, cell) that occur, as place · 65,536 + cell, and how often."""
    there = np.flatnonzero(np.bincount(key, minlength=CELLS))
    rank = np.zeros(CELLS, np.int64)
    rank[there] = np.arange(len(there))
    counts = np.bincount(place * len(there) + rank[key], minlength=n * len(there))
    held = np.flatnonzero(counts)
    return (held // max(len(there), 1)) * CELLS + there[held % max(len(there), 1)], counts[held]
