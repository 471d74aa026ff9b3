"""The inner loop: one numeric column of a slice of rows into its cells and its hours.

`numeric` is the reference, in numpy. Where numba is installed, `compiled.numeric` takes its place; a test holds both to
the same bits.
"""

from collections.abc import Callable
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
Codes = NDArray[np.int32]
Ends = tuple[float, float]
PACK = 33  # the same in a double, exact below 2**53, for a slice of at most 2**17 rows


@dataclass(frozen=True)
class Hours:
    """Each row's place among the hours of a slice, how many hours there are, and where a new hour begins."""

    place: Codes
    n: int
    starts: Ints  # first row of each run of one hour, and the number of rows

    @classmethod
    def of(cls, place: Codes, n: int) -> "Hours":
        """Return the hours of these places."""
        ends = [len(place)] if len(place) else []
        return cls(place, n, np.r_[0, np.flatnonzero(np.diff(place)) + 1, ends].astype(np.int64))


ByHour = tuple[Hours, NDArray[np.uint8]] | None  # and the coarse bin of every cell


def numeric(x: NDArray[np.generic], number: Number, held: Packed, by_hour: ByHour) -> tuple[Ints, Ends]:
    """Add the values to the packed cells `held`; return the hourly rows, or none, and the ends of the values."""
    key, low = split(x, number.origin)
    packed = np.bincount(key, weights=low + float(1 << PACK), minlength=CELLS).astype(np.uint64)
    held += (packed >> np.uint64(PACK)) << np.uint64(ONE)
    held += packed & np.uint64((1 << PACK) - 1)
    if by_hour is None:
        return np.zeros((0, FIRST + BINS), np.int64), ends(x)
    hours, bins = by_hour
    binned = np.bincount(hours.place * (BINS + 1) + bins[key], minlength=hours.n * (BINS + 1)).reshape(
        hours.n, BINS + 1
    )
    return np.c_[binned[:, BINS], _sums(x, number, hours), binned[:, :BINS]], ends(x)


def ends(x: NDArray[np.generic]) -> Ends:
    """Return the smallest and the largest value, NaN left out; (inf, −inf) where there is none.

    The plain minimum is faster, and is NaN where one is.
    """
    if not len(x):
        return np.inf, -np.inf
    low, high = float(np.min(x)), float(np.max(x))
    if low != low:  # noqa: PLR0124
        low, high = float(np.fmin.reduce(x)), float(np.fmax.reduce(x))
    return (np.inf, -np.inf) if low != low else (low, high)  # noqa: PLR0124


def cross(*codes: tuple[Codes, int]) -> Ints:
    """Return the counts of every combination of two or three codes, one axis each."""
    together = codes[0][0].astype(np.int64)
    for code, n in codes[1:]:
        together *= n
        together += code
    shape = tuple(n for _, n in codes)
    return np.bincount(together, minlength=int(np.prod(shape))).reshape(shape)


@dataclass(frozen=True)
class Loop:
    """The two loops in which nearly all time is spent."""

    numeric: Callable[[NDArray[np.generic], Number, Packed, ByHour], tuple[Ints, Ends]]
    cross: Callable[..., Ints]


PLAIN = Loop(numeric, cross)


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


def crossed(place: Codes, key: NDArray[np.uint16], n: int) -> tuple[Ints, Ints]:
    """Return the pairs (place, cell) that occur, as place · 65,536 + cell, and how often."""
    there = np.flatnonzero(np.bincount(key, minlength=CELLS))
    rank = np.zeros(CELLS, np.int64)
    rank[there] = np.arange(len(there))
    counts = np.bincount(place * len(there) + rank[key], minlength=n * len(there))
    held = np.flatnonzero(counts)
    return (held // max(len(there), 1)) * CELLS + there[held % max(len(there), 1)], counts[held]
