"""How far two distributions are apart, from counts in the same bins or cells.

`a` are the baseline's counts, `b` the window's, in the same order; shares are p = a/Σa and q = b/Σb; logarithms are
natural unless the name says otherwise.
"""

import math
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike

from analysis.profile.cells import Floats, Ints

FLOOR = 1e-4  # least share in a logarithm, on both sides, not renormalised (DEFINITIONS, PSI)
SMALL = 5  # expected count below which categories are pooled


def shares(counts: ArrayLike, floor: float = 0.0) -> Floats:
    """Return counts as shares, each at least `floor`; raise ValueError where nothing was counted."""
    held = np.asarray(counts, np.float64)
    if not held.sum() > 0:
        raise ValueError("nothing was counted")
    floored: Floats = np.maximum(held / held.sum(), floor)
    return floored


def psi(a: ArrayLike, b: ArrayLike) -> float:
    """Return the population stability index, Σ (p − q) ln(p/q), each share floored at 1e-4.

    Parameters
    ----------
    a, b : counts of baseline and window in the same K bins, shape (K,)

    Returns
    -------
    float, ≥ 0, in nats; 0 for equal shares

    Raises
    ------
    ValueError : nothing was counted on one side

    References
    ----------
    Siddiqi, Credit Risk Scorecards, 2006. PSI = KL + its mirror.

    Examples
    --------
    >>> round(psi([50, 50], [60, 40]), 6)
    0.040547
    """
    p, q = shares(a, FLOOR), shares(b, FLOOR)
    return float(((p - q) * np.log(p / q)).sum())


def kl(a: ArrayLike, b: ArrayLike) -> float:
    """Return the Kullback–Leibler divergence of the window from the baseline, Σ q ln(q/p), floored like PSI.

    Unrenormalised floors can make it slightly negative. Reference: Kullback & Leibler, 1951.

    >>> round(kl([50, 50], [60, 40]), 6)
    0.020136
    """
    p, q = shares(a, FLOOR), shares(b, FLOOR)
    return float((q * np.log(q / p)).sum())


def kl_mirror(a: ArrayLike, b: ArrayLike) -> float:
    """Return the divergence of the baseline from the window, Σ p ln(p/q).

    >>> round(kl([50, 50], [60, 40]) + kl_mirror([50, 50], [60, 40]) - psi([50, 50], [60, 40]), 12)
    0.0
    """
    return kl(b, a)


def js_distance_base2(a: ArrayLike, b: ArrayLike) -> float:
    """Return the Jensen–Shannon distance, base 2, no floor: √ of the mean divergence from the mixture, 0…1.

    Reference: Lin, IEEE Trans. Inf. Theory 37 (1991); scipy.spatial.distance.jensenshannon(base=2).

    >>> js_distance_base2([1, 0], [0, 1])
    1.0
    """
    p, q = shares(a), shares(b)
    mixture = (p + q) / 2
    return math.sqrt(max(0.0, (_entropic(p, mixture) + _entropic(q, mixture)) / 2))


def _entropic(p: Floats, mixture: Floats) -> float:
    held = p > 0
    return float((p[held] * np.log2(p[held] / mixture[held])).sum())


def total_variation(a: ArrayLike, b: ArrayLike) -> float:
    """Return half the sum of absolute differences of shares, 0…1.

    >>> total_variation([5, 5], [10, 0])
    0.5
    """
    return float(np.abs(shares(a) - shares(b)).sum() / 2)


class Ks(NamedTuple):
    """A Kolmogorov–Smirnov statistic from cells: the true one lies in [statistic, statistic + error]."""

    statistic: float
    p: float
    error: float


def ks(a: ArrayLike, b: ArrayLike) -> Ks:
    """Return the largest gap of the two step functions at the borders of cells, its p and its error.

    From cells in number order the gap is a lower bound; the largest mass of one cell bounds what is missed. p is that
    of scipy's `ks_2samp(method="asymp")` at the statistic. Reference: Smirnov, 1948.

    >>> ks([1, 1, 2], [2, 1, 1]).statistic
    0.25
    """
    p, q = shares(a), shares(b)
    n, m = float(np.sum(a)), float(np.sum(b))
    gap = float(np.abs(np.cumsum(p) - np.cumsum(q)).max())
    return Ks(gap, float(scipy.stats.kstwo.sf(gap, round(n * m / (n + m)))), float(np.maximum(p, q).max()))


def wasserstein(value: ArrayLike, a: ArrayLike, b: ArrayLike) -> float:
    """Return the area between the two step functions, in the unit of the values (sorted, finite, one a cell).

    Reference: scipy.stats.wasserstein_distance.

    >>> wasserstein([0.0, 1.0, 3.0], [1, 0, 0], [0, 0, 1])
    3.0
    """
    gap = np.abs(np.cumsum(shares(a)) - np.cumsum(shares(b)))
    return float((gap[:-1] * np.diff(np.asarray(value, np.float64))).sum())


def wasserstein_over_std(value: ArrayLike, a: ArrayLike, b: ArrayLike) -> float:
    """Return Wasserstein-1 in units of the baseline's population standard deviation.

    Raises
    ------
    ValueError : the baseline is constant, or so wide that its deviation has no number

    >>> wasserstein_over_std([0.0, 2.0, 4.0], [1, 1, 0], [0, 1, 1])
    2.0
    """
    x, p = np.asarray(value, np.float64), shares(a)
    with np.errstate(over="ignore", invalid="ignore"):
        std = math.sqrt(max(0.0, float((p * (x - (p * x).sum()) ** 2).sum())))
        moved = wasserstein(x, a, b)
    if not 0 < std < math.inf or not math.isfinite(moved):
        raise ValueError("the baseline is constant")
    return moved / std


def pooled(a: ArrayLike, b: ArrayLike) -> tuple[Ints, Ints]:
    """Return the counts with every bin whose expected count is below 5 on a side put into one, `(small)`, the last.

    >>> [side.tolist() for side in pooled([50, 1, 2], [49, 2, 0])]
    [[50, 3], [49, 2]]
    """
    x, y = np.asarray(a, np.int64), np.asarray(b, np.int64)
    n, m = x.sum(), y.sum()
    small = (x + y) * min(n, m) < SMALL * (n + m)
    if not small.any():
        return x, y
    rest = (x[small].sum(), y[small].sum())
    if not sum(rest):
        return x[~small], y[~small]
    return np.append(x[~small], rest[0]), np.append(y[~small], rest[1])


class Chi2(NamedTuple):
    """A test of homogeneity: statistic, degrees of freedom, p, and the bias-corrected Cramér's V."""

    statistic: float
    freedom: int
    p: float
    v: float


def chi2(a: ArrayLike, b: ArrayLike) -> Chi2:
    """Return the χ² test of the 2 × K table, no Yates correction, small categories pooled, and Cramér's V.

    V = √(max(0, χ²/N − (K−1)/(N−1)) / min(K̃−1, 1̃)) with Bergsma's correction. One bin says nothing: p = 1.

    References
    ----------
    scipy.stats.chi2_contingency(correction=False); Bergsma, J. Korean Stat. Soc. 42 (2013) 323–328.

    >>> round(chi2([50, 50], [60, 40]).p, 6)
    0.155218
    """
    x, y = pooled(a, b)
    held = x + y > 0
    x, y = x[held], y[held]
    n, m = int(x.sum()), int(y.sum())
    k = len(x)
    if k < 2 or not n or not m:
        return Chi2(0.0, 0, 1.0, 0.0)
    expected = (x + y) * (n / (n + m))
    gap = (x - expected) ** 2
    statistic = float((gap / expected).sum() + (gap / (x + y - expected)).sum())
    return Chi2(statistic, k - 1, float(scipy.special.chdtrc(k - 1, statistic)), _cramers_v(statistic, n + m, k))


def _cramers_v(statistic: float, total: int, k: int) -> float:
    phi = max(0.0, statistic / total - (k - 1) / (total - 1))
    rows, columns = 2 - 1 / (total - 1), k - (k - 1) ** 2 / (total - 1)
    smaller = min(rows, columns) - 1
    return math.sqrt(phi / smaller) if smaller > 0 else 0.0


def psi_excess(a: ArrayLike, b: ArrayLike) -> float:
    """Return what PSI of the pooled bins exceeds its expectation without drift: max(0, PSI − (B−1)(1/n + 1/m)).

    Reference: Yurdakul, Statistical properties of the population stability index, 2018: PSI ~ (1/n + 1/m) χ²(B−1).

    >>> psi_excess([500, 500], [510, 490])
    0.0
    """
    x, y = pooled(a, b)
    return max(0.0, psi(x, y) - (len(x) - 1) * (1 / int(x.sum()) + 1 / int(y.sum())))


def kl_excess(a: ArrayLike, b: ArrayLike) -> float:
    """Return the same for KL, whose expectation without drift is half as large.

    >>> kl_excess([500, 500], [510, 490])
    0.0
    """
    x, y = pooled(a, b)
    return max(0.0, kl(x, y) - (len(x) - 1) * (1 / int(x.sum()) + 1 / int(y.sum())) / 2)
