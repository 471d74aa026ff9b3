"""Does the model still look at the same things: ranks of mean |attribution| by feature."""

import math
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from analysis.metrics.intervals import p_of
from analysis.profile.cells import Floats

LEAST = 0.01  # features below this share of the sum on both sides say nothing about the order
FEWEST = 5


class Strength(NamedTuple):
    """Mean |attribution| of a feature, and the variance of that mean."""

    mean: float
    variance: float


def weighty(a: ArrayLike, b: ArrayLike) -> NDArray[np.bool_]:
    """Return which features have more than 1 % of the sum on either side.

    >>> weighty([98, 1.9, 0.1], [99.8, 0.1, 0.1]).tolist()
    [True, True, False]
    """
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return np.asarray((x > LEAST * x.sum()) | (y > LEAST * y.sum()))


def spearman(a: ArrayLike, b: ArrayLike) -> float:
    """Return the Pearson correlation of the average ranks, −1…1; raise ValueError below 5 features or for all ties.

    Reference: scipy.stats.spearmanr.

    >>> round(spearman([5, 4, 3, 2, 1], [5, 4, 3, 1, 2]), 6)
    0.9
    """
    x, y = _enough(a, b)
    rankdata = scipy.stats.rankdata
    ranks = np.corrcoef(rankdata(x), rankdata(y)) if x.std() > 0 and y.std() > 0 else np.full((2, 2), np.nan)
    if np.isnan(ranks[0, 1]):
        raise ValueError("all features weigh the same")
    return float(ranks[0, 1])


def kendall(a: ArrayLike, b: ArrayLike) -> float:
    """Return Kendall's τ-b, ties corrected.

    >>> round(kendall([5, 4, 3, 2, 1], [5, 4, 3, 1, 2]), 6)
    0.8
    """
    x, y = _enough(a, b)
    tau = float(scipy.stats.kendalltau(x, y, variant="b").statistic)
    if math.isnan(tau):
        raise ValueError("all features weigh the same")
    return tau


def ndcg(a: ArrayLike, b: ArrayLike) -> float:
    """Return nDCG of the window's order, with the baseline's strengths as relevance; ties share their places.

    Reference: sklearn.metrics.ndcg_score.

    >>> ndcg([3, 2, 1, 1, 1], [9, 5, 1, 1, 1])
    1.0
    """
    x, y = _enough(a, b)
    gain = _dcg(x, y)
    return float(gain / _dcg(x, x))


def _dcg(relevance: Floats, score: Floats) -> float:
    discount = 1 / np.log2(np.arange(len(score)) + 2)
    steps = np.cumsum(discount)
    _, place, size = np.unique(-score, return_inverse=True, return_counts=True)
    last = np.cumsum(size) - 1
    shared = np.diff(np.r_[0.0, steps[last]]) / size
    return float((relevance * shared[place]).sum())


def top_overlap(a: ArrayLike, b: ArrayLike, k: int = 5) -> float:
    """Return the share of the baseline's k strongest features that are among the window's k strongest.

    >>> top_overlap([5, 4, 3, 2, 1], [1, 2, 3, 4, 5], 2)
    0.0
    """
    x, y = np.asarray(a), np.asarray(b)
    best = [set(np.argsort(-side, kind="stable")[:k].tolist()) for side in (x, y)]
    return len(best[0] & best[1]) / min(k, len(x))


def welch(a: Strength, b: Strength) -> float:
    """Return the p of equal mean |attribution|: Welch's z.

    >>> welch(Strength(1.0, 0.01), Strength(1.0, 0.02))
    1.0
    """
    error = math.sqrt(a.variance + b.variance)
    return p_of((b.mean - a.mean) / error) if error else float(a.mean == b.mean)


def _enough(a: ArrayLike, b: ArrayLike) -> tuple[Floats, Floats]:
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if len(x) < FEWEST:
        raise ValueError("fewer than 5 features")
    return x, y
