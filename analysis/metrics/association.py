"""How much one column tells of another: a feature of a protected attribute, which makes it a proxy."""

import math
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike

from analysis.profile.cells import Floats

EXPECTED = 5  # count below which a level is pooled with other small ones


class Association(NamedTuple):
    """χ² of a table, its degrees of freedom and p, and Cramér's V without its bias."""

    statistic: float
    freedom: int
    p: float
    v: float


def association(table: ArrayLike) -> Association:
    """Return how much the columns of a table of counts tell of its rows; 0 where either has one value only.

    Columns that expect fewer than 5 in some row are pooled. V = √(φ / min(r̃−1, k̃−1)) with φ = max(0, χ²/N −
    (r−1)(k−1)/(N−1)), r̃ = r − (r−1)²/(N−1), k̃ = k − (k−1)²/(N−1).

    References
    ----------
    scipy.stats.chi2_contingency(correction=False); Bergsma, J. Korean Stat. Soc. 42 (2013) 323–328.

    >>> association([[50, 0], [0, 50]]).v
    1.0
    >>> association([[50, 50], [50, 50]])
    Association(statistic=0.0, freedom=1, p=1.0, v=0.0)
    """
    held = pooled(table)
    r, k = held.shape
    total = held.sum()
    if min(r, k) < 2:
        return Association(0.0, 0, 1.0, 0.0)
    expected = held.sum(axis=1, keepdims=True) * held.sum(axis=0, keepdims=True) / total
    statistic, freedom = float(((held - expected) ** 2 / expected).sum()), (r - 1) * (k - 1)
    phi = max(0.0, statistic / total - freedom / (total - 1))
    smaller = min(side - (side - 1) ** 2 / (total - 1) for side in (r, k)) - 1
    v = min(1.0, math.sqrt(phi / smaller)) if smaller > 0 else 0.0
    return Association(statistic, freedom, float(scipy.special.chdtrc(freedom, statistic)), v)


def pooled(table: ArrayLike) -> Floats:
    """Return the table without empty rows and columns, the columns that expect too few put together as the last.

    >>> pooled([[60, 2, 0, 1], [40, 1, 0, 2]]).tolist()
    [[60.0, 3.0], [40.0, 3.0]]
    """
    held = np.asarray(table, np.float64)
    held = held[held.any(axis=1)][:, held.any(axis=0)]
    if not held.size:
        return held
    share = held.sum(axis=1).min() / held.sum()
    is_small = held.sum(axis=0) * share < EXPECTED
    rest = held[:, is_small].sum(axis=1, keepdims=True)
    return np.concatenate([held[:, ~is_small], rest], axis=1) if is_small.any() else held
