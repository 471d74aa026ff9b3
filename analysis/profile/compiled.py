"""The inner loop, compiled: what `counting.numeric` does, the same bits, at about the cost of reading the values.

Imported only where numba is installed (the extra `fast`).
"""

import numba as nb
import numpy as np
from numpy.typing import NDArray

from analysis.profile.cells import Floats, Ints
from analysis.profile.counting import BINS, FINE, FIRST, LARGEST, MISSING, ONE, SUM, ByHour, Codes, Ends, Loop, Packed
from analysis.spec import Number

BLOCK = 4096  # values converted at a time, so that the conversion vectorises and stays in the first cache
Shape = tuple[float, np.float32]  # origin, and what the hourly sum is counted in
Into = tuple[Ints, Codes, NDArray[np.uint8], Ints]  # starts of runs, place of each row, bin of each cell, hourly rows
Buffers = tuple[NDArray[np.float32], NDArray[np.float32], Floats]


@nb.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _ends(s: NDArray[np.generic], ends: Floats) -> None:
    """Widen the ends in four lanes, so that one comparison need not wait for the one before."""
    low, high = np.full(4, np.inf), np.full(4, -np.inf)
    for i in range(0, len(s) - 3, 4):
        for j in range(4):
            v = np.float64(s[i + j])
            low[j] = v if v < low[j] else low[j]
            high[j] = v if v > high[j] else high[j]
    for i in range(len(s) - len(s) % 4, len(s)):
        v = np.float64(s[i])
        low[0] = v if v < low[0] else low[0]
        high[0] = v if v > high[0] else high[0]
    ends[0] = min(ends[0], low.min())
    ends[1] = max(ends[1], high.max())


@nb.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _cells(x: NDArray[np.generic], origin: float, packed: Packed, y: NDArray[np.float32], ends: Floats) -> None:
    u = y.view(np.uint32)
    for b in range(0, len(x), len(y)):
        s = x[b : b + len(y)]
        _ends(s, ends)
        for i in range(len(s)):
            y[i] = np.float32(np.float64(s[i]) - origin) + np.float32(0.0)
        for i in range(len(s)):
            packed[u[i] >> 16] += np.uint64(u[i] & 0xFFFF) | np.uint64(1 << ONE)


@nb.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _hourly(x: NDArray[np.generic], shape: Shape, packed: Packed, buffers: Buffers, into: Into) -> None:
    origin, fine = shape
    starts, place, bins, out = into
    y, z, ends = buffers
    u, largest, tally = y.view(np.uint32), np.float32(LARGEST), np.zeros((2, BINS + 1), np.int64)
    for r in range(len(starts) - 1):
        tally[:] = 0
        total = np.int64(0)
        for b in range(starts[r], starts[r + 1], len(y)):
            s = x[b : min(b + len(y), starts[r + 1])]
            _ends(s, ends)
            for i in range(len(s)):
                y[i] = np.float32(np.float64(s[i]) - origin) + np.float32(0.0)
            for i in range(len(s)):
                fixed = np.rint(y[i] * fine)
                fixed = min(max(fixed, -largest), largest)
                z[i] = np.float32(0.0) if np.isnan(fixed) else fixed
            for i in range(len(s)):
                total += np.int64(z[i])
            for i in range(len(s)):
                k = u[i] >> 16
                packed[k] += np.uint64(u[i] & 0xFFFF) | np.uint64(1 << ONE)
                tally[i & 1, bins[k]] += 1
        row = out[place[starts[r]]]
        row[MISSING] += tally[0, BINS] + tally[1, BINS]
        row[SUM] += total
        for c in range(BINS):
            row[FIRST + c] += tally[0, c] + tally[1, c]


def numeric(x: NDArray[np.generic], number: Number, held: Packed, by_hour: ByHour) -> tuple[Ints, Ends]:
    """Do what `counting.numeric` does."""
    y, ends = np.empty(BLOCK, np.float32), np.array([np.inf, -np.inf])
    if by_hour is None:
        _cells(x, number.origin, held, y, ends)
        return np.zeros((0, FIRST + BINS), np.int64), (float(ends[0]), float(ends[1]))
    hours, bins = by_hour
    out = np.zeros((hours.n, FIRST + BINS), np.int64)
    shape = (number.origin, np.float32(FINE / number.scale))
    _hourly(x, shape, held, (y, np.empty(BLOCK, np.float32), ends), (hours.starts, hours.place, bins, out))
    return out, (float(ends[0]), float(ends[1]))


@nb.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _two(a: Codes, b: Codes, out: Ints) -> None:
    for i in range(len(a)):
        out[a[i], b[i]] += 1


@nb.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _three(a: Codes, b: Codes, c: Codes, out: Ints) -> None:
    for i in range(len(a)):
        out[a[i], b[i], c[i]] += 1


def cross(*codes: tuple[Codes, int]) -> Ints:
    """Do what `counting.cross` does."""
    out = np.zeros(tuple(n for _, n in codes), np.int64)
    if len(codes) == 2:
        _two(codes[0][0], codes[1][0], out)
    else:
        _three(codes[0][0], codes[1][0], codes[2][0], out)
    return out


FAST = Loop(numeric, cross)
