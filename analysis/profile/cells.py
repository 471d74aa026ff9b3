"""The grid: a number's cell is the top 16 bits of float32(x − origin), so 65,536 cells of relative width 2⁻⁷.

A shift instead of a search; NaN and the infinities are cells too. The 16 dropped bits are added up beside the count,
so the sum of float32(x − origin) over a cell is an exact integer. Nothing here takes a logarithm: last bits of
transcendental functions differ between processors, shifts do not.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

CELLS = 65_536
SIGN, INFINITY = 0x8000, 0x7F80
FINE, LARGEST = 256.0, 2.0**30  # hourly sums are in scale / 256, so that they are integers
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def split(x: NDArray[np.generic], origin: float) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Return each value's cell and its dropped bits.

    The difference is taken in double precision whatever the column's type, so a column that is int32 in one file and
    double in the next counts alike; + 0.0 turns −0.0 into 0.0.

    >>> key, low = split(np.array([1.0, -0.0, 1.00390625]), 0.0)
    >>> [hex(k) for k in key], low.tolist()
    (['0x3f80', '0x0', '0x3f80'], [0, 0, 32768])
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        d = np.subtract(x, origin, dtype=np.float64).astype(np.float32)
    d += np.float32(0.0)
    halves = d.view("<u2" if np.little_endian else ">u2").reshape(-1, 2)
    return (halves[:, 1], halves[:, 0]) if np.little_endian else (halves[:, 0], halves[:, 1])


def order(key: NDArray[np.integer]) -> Ints:
    """Return the rank of a cell in number order, 0 … 65,535.

    >>> order(np.array([0xFF80, 0x8000, 0x0000, 0x7F80])).tolist()
    [127, 32767, 32768, 65408]
    """
    wide = key.astype(np.int64)
    return np.where(wide & SIGN, CELLS - 1 - wide, wide + SIGN)


def unorder(rank: Ints) -> Ints:
    """Return the cell of a rank; the inverse of `order`."""
    return np.where(rank >= SIGN, rank - SIGN, CELLS - 1 - rank)


def is_nan(key: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return which cells hold NaN."""
    return (key.astype(np.int64) & 0x7FFF) > INFINITY


def lower(key: NDArray[np.integer]) -> Floats:
    """Return the border of a cell that is nearest to the origin, relative to the origin."""
    bits = (key.astype(np.uint32) << np.uint32(16)).astype(np.uint32)
    return bits.view(np.float32).astype(np.float64)


def unit(key: NDArray[np.integer]) -> Floats:
    """Return what one dropped bit is worth in a cell: 2 to the (exponent − 150), signed."""
    wide = key.astype(np.int64)
    exponent = np.maximum((wide >> 7) & 0xFF, 1)
    size: Floats = np.where(wide & SIGN, -1.0, 1.0) * np.ldexp(1.0, exponent - 150)
    return size


def middle(key: NDArray[np.integer], count: Ints, low: Ints) -> Floats:
    """Return the mean of the values in each cell, relative to the origin; exact but for the last rounding.

    >>> middle(np.array([0x3F80]), np.array([2]), np.array([32768])).tolist()
    [1.001953125]
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return lower(key) + unit(key) * (low / np.maximum(count, 1))


def exact_sum(key: Ints, count: Ints, low: Ints) -> int:
    """Return Σ float32(x − origin) over finite cells in units of 2⁻¹⁴⁹: an integer, so the same for any split.

    >>> exact_sum(np.array([0x3F80]), np.array([3]), np.array([0])) == 3 * 2**149
    True
    """
    exponent = (key >> 7) & 0xFF
    mantissa = (key & 0x7F) + np.where(exponent > 0, 128, 0)
    sums = np.zeros((2, 256), np.int64)
    np.add.at(sums, (key >> 15, exponent), count * (mantissa << 16) + low)
    up, down = sums.tolist()
    return sum((up[e] - down[e]) << (max(e, 1) - 1) for e in range(255))


STEPS = np.array([0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0, 16.0, 64.0, 1024.0])


@cache
def coarse(scale: float) -> Ints:
    """Return the coarse bin of every cell: 16 on each side of the origin, cut at multiples of a scale; NaN is bin 32.

    >>> coarse(1.0)[[0x3F80, 0xBF80, 0x7FC0]].tolist()
    [20, 11, 32]
    """
    keys = np.arange(CELLS)
    with np.errstate(invalid="ignore", over="ignore"):
        side = np.searchsorted(STEPS, np.abs(lower(keys)) / scale, side="right")
    bins = np.where(keys & SIGN, 15 - side, 16 + side)
    bins[is_nan(keys)] = 32
    return bins


@cache
def fixed(scale: float) -> Floats:
    """Return the middle of every cell in scale / 256, held to ± 2**30; NaN is 0. What an hourly sum adds up.

    >>> fixed(1.0)[[0x3F80, 0xBF80, 0x7FC0, 0x7F80]].tolist()
    [257.0, -257.0, 0.0, 1073741824.0]
    """
    keys = np.arange(CELLS)
    with np.errstate(invalid="ignore", over="ignore"):
        middles = (lower(keys) + unit(keys) * (1 << 15)) * (FINE / scale)
    middles[is_nan(keys)] = 0.0
    return np.asarray(np.rint(np.clip(middles, -LARGEST, LARGEST)))
