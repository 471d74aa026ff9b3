"""How good the model is, and how its outputs moved: accuracy, AUC, entropy, estimates without labels."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from analysis.metrics.intervals import Interval, newcombe, p_of, two_proportions, z_of
from analysis.profile.cells import Floats, Ints


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


class Worth(NamedTuple):
    """What a score is worth: the share of positive labels in each of at most 20 bins of the baseline."""

    edges: Ints  # upper borders (ranks), without the last bin's
    share: Floats
    rows: Floats
    lowest: int  # ranks between which the baseline has scores
    highest: int


class Estimate(NamedTuple):
    """Accuracy and AUC foretold from scores, the accuracy's 95 % interval, the mass beyond the baseline's scores."""

    accuracy: float
    auc: float
    interval: Interval
    beyond: float


def calibrated(ranks: Ints, negative: Ints, positive: Ints, bins: int = 20) -> Worth:
    """Return what scores are worth, from labelled rows: bins of about equal mass, one event of the mean added to each.

    >>> calibrated(np.array([1, 2]), np.array([8, 2]), np.array([2, 8]), 2).share.round(2).tolist()
    [0.23, 0.77]
    """
    total = np.cumsum(negative + positive)
    if not len(total) or not negative.sum() or not positive.sum():
        return Worth(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), 0, 0)
    at = np.searchsorted(total * bins, np.arange(1, bins) * total[-1])
    edges = np.unique(ranks[at])
    place = np.searchsorted(edges, ranks)
    n = np.bincount(place, negative + positive, len(edges) + 1)
    mean = positive.sum() / total[-1]
    share = (np.bincount(place, positive, len(edges) + 1) + mean) / (n + 1)
    return Worth(edges, share, n.astype(np.float64), int(ranks[0]), int(ranks[-1]))


def estimated(worth: Worth, ranks: Ints, refused: Ints, favoured: Ints) -> Estimate:
    """Return the accuracy and AUC that the window's scores foretell, were a score still worth what it was.

    Parameters
    ----------
    worth : from labelled rows of the baseline
    ranks, refused, favoured : the score's cells and how many unfavourable and favourable decisions lie in each

    Notes
    -----
    It cannot see a change of outcomes at equal scores (concept shift): a series of its own, never mixed with realised
    accuracy, and not to be relied on where scores lie beyond those of the baseline.

    References
    ----------
    Confidence-based performance estimation: Guillory et al., ICCV 2021; nannyml CBPE.

    >>> worth = calibrated(np.array([1, 2]), np.array([90, 10]), np.array([10, 90]), 2)
    >>> round(estimated(worth, np.array([1, 2]), np.array([50, 0]), np.array([0, 50])).accuracy, 2)
    0.9
    """
    n = refused + favoured
    place = np.searchsorted(worth.edges, ranks).clip(max=len(worth.share) - 1)
    share = worth.share[place]
    accuracy = float((favoured * share + refused * (1 - share)).sum() / n.sum())
    weight = np.bincount(place, favoured - refused, len(worth.share)) / n.sum()
    variance = float((weight**2 * worth.share * (1 - worth.share) / np.maximum(worth.rows, 1)).sum())
    half = z_of(0.95) * math.sqrt(variance + float((n * share * (1 - share)).sum()) / float(n.sum()) ** 2)
    beyond = float(n[(ranks < worth.lowest) | (ranks > worth.highest)].sum() / n.sum())
    return Estimate(accuracy, auc(n * (1 - share), n * share).value, Interval(accuracy - half, accuracy + half), beyond)
