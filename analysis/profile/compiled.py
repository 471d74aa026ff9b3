"""The inner loops, compiled: what `counting` does, the same bits, at about the cost of reading the values.

Imported only where numba is installed (the extra `fast`).
"""

from functools import cache
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from analysis.profile.cells import CELLS, Ints, coarse, fixed
from analysis.profile.columns import Numbers
from analysis.profile.counting import (
    BINS,
    FIRST,
    MISSING,
    ONE,
    SCRATCH,
    SUM,
    Apart,
    Codes,
    Ends,
    Hours,
    Loop,
    Packed,
    ends,
)
from analysis.spec import Number

BLOCK = 4096  # values converted at a time, so that the conversion vectorises and stays in the first cache
SHORT = 64  # rows of one hour in a row, below which rows are counted one by one
# unsigned places and shifts, for a signed one might count from the end and is looked at twice
UP, LOW, COUNT, LANES = np.uint32(16), np.uint32(0xFFFF), np.uint64(1 << ONE), np.uint64(1)
ORDER, NOTHING = np.int64((1 << 63) - 1), np.zeros(0, np.int64)
NEW = np.uint32(0xFFFFFFFF)
Floats32 = NDArray[np.float32]
Views = tuple[float, Ints, NDArray[np.uint8], NDArray[np.int32]]  # origin, nulls; coarse bin and middle of every cell
Runs = tuple[Codes, Ints, Ints, Ints]  # hour of each row, where a new hour begins; doubles as bits, ends of their order


@nb.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _converted(s: NDArray[Any], origin: float, y: Floats32, nulls: Ints, at: int) -> None:
    """Convert a block that begins at row `at`; what is null becomes NaN."""
    for i in range(len(s)):
        y[i] = np.float32(np.float64(s[i]) - origin) + np.float32(0.0)
    if len(nulls):
        first, end = np.searchsorted(nulls, at), np.searchsorted(nulls, at + len(s))
        for j in range(first, end):
            y[nulls[j] - at] = np.float32(np.nan)


@nb.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _ends(x: NDArray[Any], nulls: Ints) -> Ends:
    """Return the ends of the values between the nulls; a comparison with NaN is false."""
    low, high = np.inf, -np.inf
    begin = 0
    for j in range(len(nulls) + 1):
        end = nulls[j] if j < len(nulls) else len(x)
        for i in range(begin, end):
            v = np.float64(x[i])
            low = v if v < low else low
            high = v if v > high else high
        begin = end + 1
    return low + 0.0, high + 0.0


@nb.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _widen(bits: Ints, span: Ints) -> None:
    """Widen a span of doubles, read as integers of the same order, so that several are compared at a time."""
    low, high = span[0], span[1]
    for i in range(len(bits)):
        v = bits[i] ^ ((bits[i] >> 63) & ORDER)
        low = min(low, v)
        high = max(high, v)
    span[0], span[1] = low, high


@nb.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _by_run(x: NDArray[Any], views: Views, packed: Packed, runs: Runs, out: Ints) -> None:
    origin, nulls, bins, middles = views
    place, starts, bits, span = runs
    y, tally = np.empty(BLOCK, np.float32), np.zeros((2, BINS + 1), np.int64)
    u = y.view(np.uint32)
    for r in range(len(starts) - 1):
        tally[:] = 0
        total = np.int64(0)
        for b in range(starts[r], starts[r + 1], len(y)):
            s = x[b : min(b + len(y), starts[r + 1])]
            _converted(s, origin, y, nulls, b)
            _widen(bits[b : b + len(s)], span)
            for i in range(len(s)):
                k = u[i] >> UP
                packed[k] += np.uint64(u[i] & LOW) | COUNT
                tally[np.uint64(i) & LANES, bins[k]] += 1
                total += middles[k]
        row = out[place[starts[r]]]
        row[MISSING] += tally[0, BINS] + tally[1, BINS]
        row[SUM] += total
        for c in range(BINS):
            row[FIRST + c] += tally[0, c] + tally[1, c]


@nb.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _by_row(x: NDArray[Any], views: Views, packed: Packed, place: Codes, out: Ints) -> None:
    origin, nulls, bins, middles = views
    y = np.empty(BLOCK, np.float32)
    u = y.view(np.uint32)
    for b in range(0, len(x), len(y)):
        s, p = x[b : b + len(y)], place[b : b + len(y)]
        _converted(s, origin, y, nulls, b)
        for i in range(len(s)):
            k = u[i] >> UP
            packed[k] += np.uint64(u[i] & LOW) | COUNT
            out[p[i], MISSING if bins[k] == BINS else FIRST + bins[k]] += 1
            out[p[i], SUM] += middles[k]


@cache
def _narrow(scale: float) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return coarse bin and middle of every cell in little room."""
    return coarse(scale).astype(np.uint8), fixed(scale).astype(np.int32)


def numeric(raw: Numbers, number: Number, held: Packed, hours: Hours) -> tuple[Ints, Ends]:
    """Do what `counting.numeric` does."""
    x, nulls = raw
    out = np.zeros((hours.n, FIRST + BINS), np.int64)
    views = (number.origin, nulls, *_narrow(number.scale))
    if len(hours.starts) * SHORT > len(x):
        _by_row(x, views, held, hours.place, out)
    else:
        bits = x.view(np.int64) if x.dtype == np.float64 else NOTHING
        span = np.array([ORDER, ~ORDER])
        _by_run(x, views, held, (hours.place, hours.starts, bits, span), out)
        if len(bits) and not out[:, MISSING].any():
            low, high = (span ^ ((span >> 63) & ORDER)).view(np.float64) + 0.0
            return out, (float(low), float(high))
    return out, ends(x) if not out[:, MISSING].any() else _ends(x, nulls)


@nb.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _ranked(x: NDArray[np.generic], origin: float, y: Floats32, rank: NDArray[np.uint32], cells: Ints) -> int:
    """Convert the values and number their cells as they come; return how many cells there are."""
    u, seen = y.view(np.uint32), 0
    for i in range(len(x)):
        y[i] = np.float32(np.float64(x[i]) - origin) + np.float32(0.0)
    for i in range(len(x)):
        k = u[i] >> UP
        if rank[k] == NEW:
            rank[k], cells[seen] = seen, k
            seen += 1
    return seen


@nb.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _apart(y: Floats32, rank: NDArray[np.uint32], place: Codes, out: NDArray[np.uint64]) -> None:
    u = y.view(np.uint32)
    for i in range(len(y)):
        out[place[i], rank[u[i] >> UP]] += np.uint64(u[i] & LOW) | COUNT


def apart(x: NDArray[np.generic], origin: float, place: Codes, parts: int) -> Apart:
    """Do what `counting.apart` does."""
    y, rank, cells = SCRATCH.single[: len(x)], np.full(CELLS, NEW), SCRATCH.wide[0]
    n = _ranked(x, origin, y, rank, cells)
    out = np.zeros((parts, n), np.uint64)
    _apart(y, rank, place, out)
    order = np.argsort(cells[:n])
    return cells[:n][order], out[:, order]


@nb.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _pile(x: NDArray[np.generic], origin: float, place: Codes, held: Packed, y: Floats32) -> None:
    u = y.view(np.uint32)
    for b in range(0, len(x), len(y)):
        s, p = x[b : b + len(y)], place[b : b + len(y)]
        for i in range(len(s)):
            y[i] = np.float32(np.float64(s[i]) - origin) + np.float32(0.0)
        for i in range(len(s)):
            held[(np.uint32(p[i]) << UP) | (u[i] >> UP)] += np.uint64(u[i] & LOW) | COUNT


def pile(x: NDArray[np.generic], origin: float, place: Codes, held: Packed) -> None:
    """Do what `counting.pile` does."""
    _pile(x, origin, place, held, SCRATCH.single[:BLOCK])


@nb.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _count(codes: Codes, out: Ints) -> None:
    """Count in four lanes, so that a code need not wait for the same one before it."""
    for i in range(len(codes)):
        out[np.uint64(i) & np.uint64(3), codes[i]] += 1


def count(codes: Codes, n: int) -> Ints:
    """Do what `counting.count` does."""
    out = np.zeros((4, n), np.int64)
    _count(codes, out)
    return np.asarray(out.sum(axis=0))


@nb.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _cross(a: Codes, b: Codes, out: Ints) -> None:
    for i in range(len(a)):
        out[a[i], b[i]] += 1


def cross(a: Codes, n: int, b: Codes, m: int) -> Ints:
    """Do what `counting.cross` does."""
    out = np.zeros((n, m), np.int64)
    _cross(a, b, out)
    return out


@nb.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _look(table: NDArray[Any], codes: Codes, out: NDArray[Any]) -> None:
    for i in range(len(codes)):
        out[i] = table[codes[i]]


def look(table: NDArray[Any], codes: Codes) -> NDArray[Any]:
    """Do what `counting.look` does."""
    out = np.empty(len(codes), table.dtype)
    _look(table, codes, out)
    return out


FAST = Loop(numeric, apart, pile, count, cross, look)
