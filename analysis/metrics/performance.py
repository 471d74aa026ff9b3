"""How good the model is, and how its outputs moved: accuracy, AUC, entropy, estimates without labels."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from analysis.metrics.intervals import Interval, newcombe, p_of, two_proportions, z_of
from analysis.profile.cells import Floats


class Drop(NamedTuple):
    """A figure that should stay: before, now, the drop relative to before, its 95 % interval, p."""

    baseline: float
    window: float
    relative: float
    interval: Interval
    p: float


def accuracy_drop(x: int, n: int, y: int, m: int) -> Drop:
    """Return the loss of accuracy from x of n right to y of m right, relative to the baseline.

    The interval is Newcombe's of the difference over the baseline's accuracy; p of two proportions.

    >>> round(accuracy_drop(80, 100, 60, 100).relative, 3)
    0.25
    """
    if not x:
        raise ValueError("the baseline was never right")
    old, new = x / n, y / m
    low, high = newcombe(y, m, x, n)
    return Drop(old, new, (old - new) / old, Interval(low / old, high / old), two_proportions(x, n, y, m))


class Auc(NamedTuple):
    """Area under the ROC curve, DeLong's variance, and the most that ties inside cells may hide."""

    value: float
    variance: float
    error: float


def auc(negative: ArrayLike, positive: ArrayLike) -> Auc:
    """Return the chance that a positive row scores higher than a negative one, ties half.

    Parameters
    ----------
    negative, positive : counts of both labels in the score's cells, in number order, shape (K,)

    Raises
    ------
    ValueError : only one class has labels

    References
    ----------
    DeLong et al., Biometrics 44 (1988) 837–845; sklearn.metrics.roc_auc_score.

    >>> round(auc([2, 1, 0], [0, 1, 2]).value, 6)
    0.944444
    """
    n, p = np.asarray(negative, np.float64), np.asarray(positive, np.float64)
    N, P = n.sum(), p.sum()
    if not N or not P:
        raise ValueError("labels of one class only")
    of_positive = (np.cumsum(n) - n / 2) / N
    of_negative = (P - np.cumsum(p) + p / 2) / P
    value = float((p * of_positive).sum() / P)
    variance = _spread(of_positive, p, value) / P + _spread(of_negative, n, value) / N
    return Auc(value, variance, float((p * n).sum() / (2 * P * N)))


def _spread(component: Floats, weight: Floats, mean: float) -> float:
    return float((weight * (component - mean) ** 2).sum() / max(weight.sum() - 1, 1))


def auc_drop(baseline: Auc, window: Auc) -> Drop:
    """Return the loss of AUC relative to the baseline, DeLong interval and z test of independent samples.

    >>> same = auc([5, 3, 1], [1, 3, 5])
    >>> auc_drop(same, same).p
    1.0
    """
    lost, error = baseline.value - window.value, math.sqrt(baseline.variance + window.variance)
    if not baseline.value:
        raise ValueError("the baseline ranks everything wrongly")
    half = z_of(0.95) * error
    interval = Interval((lost - half) / baseline.value, (lost + half) / baseline.value)
    p = p_of(lost / error) if error else float(lost == 0)
    return Drop(baseline.value, window.value, lost / baseline.value, interval, p)


class Mean(NamedTuple):
    """A mean over rows and the variance of that mean."""

    value: float
    variance: float


def entropy(score: ArrayLike, count: ArrayLike) -> Mean:
    """Return the mean of −Σ p log2 p (bits) over rows with these scores, and the variance of that mean.

    Raise ValueError where a score is no probability. Reference: Shannon, 1948; scipy.stats.entropy(base=2).

    >>> entropy([0.5, 1.0], [1, 1]).value
    0.5
    """
    s, c = np.asarray(score, np.float64), np.asarray(count, np.float64)
    if not c.sum():
        raise ValueError("no scores")
    if not ((s >= -1e-6) & (s <= 1 + 1e-6)).all():
        raise ValueError("the score is no probability")
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = sum(np.where(x > 0, -x * np.log2(np.maximum(x, 1e-300)), 0.0) for x in (s.clip(0, 1), 1 - s.clip(0, 1)))
    mean = float((c * bits).sum() / c.sum())
    return Mean(mean, float((c * (bits - mean) ** 2).sum() / c.sum() ** 2))


def output_entropy_change(baseline: Mean, window: Mean) -> Drop:
    """Return the change of mean entropy relative to the baseline (signed), z interval and p.

    >>> output_entropy_change(Mean(0.5, 1e-6), Mean(0.25, 1e-6)).relative
    -0.5
    """
    if not baseline.value:
        raise ValueError("the baseline's entropy is 0")
    gap, error = window.value - baseline.value, math.sqrt(baseline.variance + window.variance)
    half = z_of(0.95) * error
    interval = Interval((gap - half) / baseline.value, (gap + half) / baseline.value)
    return Drop(
        baseline.value, window.value, gap / baseline.value, interval, p_of(gap / error) if error else float(gap == 0)
    )
