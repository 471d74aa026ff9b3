"""The inner loops: one numeric column of a slice of rows into its cells, its hours, or its cells apart; crossed codes.

These are the reference, in numpy. Where numba is installed, `compiled` takes their place; a test holds both to the
same bits.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.profile.cells import CELLS, Ints, coarse, fixed
from analysis.profile.columns import Numbers
from analysis.spec import Number

BINS = 32  # of the hourly view
ONE = 40  # a cell is one integer: its count above this bit, the sum of its dropped bits below
FULL = 1 << 23  # rows after which packed cells must be emptied: 2**16 dropped bits a row, 2**40 of room
SLICE = 1 << 18  # rows counted at a time, at most
PACK = 34  # the same in a double, exact below 2**53 for a slice
MISSING, SUM, FIRST = 0, 1, 2  # columns of an hourly row: missing, sum, then the bins
Packed = NDArray[np.uint64]
Codes = NDArray[np.unsignedinteger]  # unsigned: a compiled loop need not ask whether they count from the end
Ends = tuple[float, float]
Apart = tuple[Ints, Packed]  # the cells that occur, in order, and for each part a row of packed cells


@dataclass(frozen=True)
class Hours:
    """Each row's place among the hours of a slice, how many hours there are, and where a new hour begins."""

    place: Codes
    n: int
    starts: Ints  # first row of each run of one hour, and the number of rows

    @cached_property
    def binned(self) -> NDArray[np.intp]:
        """Return where each row's coarse bins begin, with those of all hours in a row."""
        return np.multiply(self.place, BINS + 1, dtype=np.intp)

    @classmethod
    def of(cls, place: Codes, n: int) -> "Hours":
        """Return the hours of these places."""
        ends = [len(place)] if len(place) else []
        return cls(place, n, np.r_[0, np.flatnonzero(np.diff(place)) + 1, ends].astype(np.int64))


class Scratch(threading.local):
    """Room for one slice: memory that is already there is several times cheaper than new memory."""

    def __init__(self) -> None:
        self.rank = np.zeros(CELLS, np.intp)
        self.single = np.empty(SLICE, np.float32)
        self.wide = np.empty((2, SLICE), np.intp)
        self.double = np.empty(SLICE, np.float64)


SCRATCH = Scratch()


def numeric(raw: Numbers, number: Number, held: Packed, hours: Hours) -> tuple[Ints, Ends]:
    """Add the values to the packed cells `held`; return the hourly rows, and the ends of the values."""
    x = raw.filled()
    key, low = _split(x, number.origin)
    counted = np.bincount(key, weights=low, minlength=CELLS)
    there = np.flatnonzero(counted)
    held[there] += _packed(counted[there])
    middles = np.take(fixed(number.scale), key, out=low, mode="clip")
    sums = np.zeros(hours.n, np.int64)
    if len(x):
        np.add.at(sums, hours.place[hours.starts[:-1]], np.add.reduceat(middles, hours.starts[:-1]).astype(np.int64))
    bins = np.take(coarse(number.scale), key, out=SCRATCH.wide[1, : len(x)], mode="clip")
    bins += hours.binned
    binned = np.bincount(bins, minlength=hours.n * (BINS + 1)).reshape(hours.n, BINS + 1)
    return np.column_stack([binned[:, BINS], sums, binned[:, :BINS]]), ends(x)


def apart(x: NDArray[Any], origin: float, place: Codes, parts: int) -> Apart:
    """Return the packed cells of each part, where `place` says which part a value belongs to."""
    key, low = _split(x, origin)
    cells = np.flatnonzero(np.bincount(key, minlength=CELLS))
    SCRATCH.rank[cells] = np.arange(len(cells))
    together = np.take(SCRATCH.rank, key, out=SCRATCH.wide[1, : len(x)], mode="clip")
    together += np.multiply(place, len(cells), out=key, dtype=np.intp)
    counted = np.bincount(together, weights=low, minlength=parts * len(cells))
    return cells, _packed(counted).reshape(parts, len(cells))


def pile(x: NDArray[np.generic], origin: float, place: Codes, held: Packed) -> None:
    """Add the values to the packed cells of their part."""
    parts = len(held) // CELLS
    cells, packed = apart(x, origin, place, parts)
    held.reshape(parts, CELLS)[:, cells] += packed


def _split(x: NDArray[np.generic], origin: float) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return what `cells.split` does, in the scratch: each cell, and the dropped bits with a count of one above."""
    n = len(x)
    single, key, low = SCRATCH.single[:n], SCRATCH.wide[0, :n], SCRATCH.double[:n]
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        np.subtract(x, origin, out=low, dtype=np.float64)
        np.copyto(single, low, casting="unsafe")
    single += np.float32(0)
    bits = single.view(np.uint32)
    np.right_shift(bits, np.uint32(16), out=key)
    np.bitwise_and(bits, np.uint32(0xFFFF), out=bits)
    return key, np.add(bits, float(1 << PACK), out=low)


def _packed(counted: NDArray[Any]) -> Packed:
    packed = counted.astype(np.uint64)
    return ((packed >> np.uint64(PACK)) << np.uint64(ONE)) | (packed & np.uint64((1 << PACK) - 1))


def folded(counts: Ints, bins: NDArray[np.integer], n: int) -> Ints:
    """Return the sums of the columns that share one of n bins."""
    sums = np.zeros((len(counts), n), np.int64)
    order = np.argsort(bins, kind="stable")
    first = np.flatnonzero(np.r_[True, bins[order][1:] != bins[order][:-1]])
    if len(order):
        sums[:, bins[order][first]] = np.add.reduceat(counts[:, order], first, axis=1)
    return sums


def ends(x: NDArray[np.generic], *, has_nan: bool = False) -> Ends:
    """Return the smallest and the largest value, NaN left out and −0.0 as 0.0; (inf, −inf) where there is none.

    The plain minimum is faster, and is NaN where one is.
    """
    if not len(x):
        return np.inf, -np.inf
    low, high = (np.nan, np.nan) if has_nan else (float(np.min(x)), float(np.max(x)))
    if low != low:  # noqa: PLR0124
        low, high = float(np.fmin.reduce(x)), float(np.fmax.reduce(x))
    return (np.inf, -np.inf) if low != low else (low + 0.0, high + 0.0)  # noqa: PLR0124


def count(codes: Codes, n: int) -> Ints:
    """Return how often each of n codes occurs."""
    return np.bincount(codes.astype(np.intp), minlength=n)


def cross(a: Codes, n: int, b: Codes, m: int) -> Ints:
    """Return how often each of n codes meets each of m."""
    room = SCRATCH.wide[0, : len(a)] if len(a) <= SLICE else None
    together = np.multiply(a, m, out=room, dtype=np.intp)
    together += b
    return np.bincount(together, minlength=n * m).reshape(n, m)


def look(table: NDArray[Any], codes: Codes) -> NDArray[Any]:
    """Return the table's entry for each code."""
    return table[codes]


@dataclass(frozen=True)
class Loop:
    """The loops in which nearly all time is spent."""

    numeric: Callable[[Numbers, Number, Packed, Hours], tuple[Ints, Ends]]
    apart: Callable[[NDArray[Any], float, Codes, int], Apart]
    pile: Callable[[NDArray[np.generic], float, Codes, Packed], None]
    count: Callable[[Codes, int], Ints]
    cross: Callable[[Codes, int, Codes, int], Ints]
    look: Callable[[NDArray[Any], Codes], NDArray[Any]]


PLAIN = Loop(numeric, apart, pile, count, cross, look)


def unpacked(held: Packed) -> Ints:
    """Return count and dropped bits of every cell."""
    return np.stack([held >> np.uint64(ONE), held & np.uint64((1 << ONE) - 1)], axis=1).astype(np.int64)
