"""Many tests, few false alarms: Benjamini–Hochberg over the run, Holm inside a fairness attribute."""

import numpy as np
from numpy.typing import ArrayLike

from analysis.profile.cells import Floats


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Return the q-values: the smallest false discovery rate at which each test is rejected.

    Reference: Benjamini & Hochberg, JRSS B 57 (1995); statsmodels multipletests("fdr_bh").

    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(4).tolist()
    [0.03, 0.04, 0.04]
    """
    held = np.asarray(p, np.float64)
    by_p = np.argsort(held)
    scaled = held[by_p] * len(held) / np.arange(1, len(held) + 1)
    q = np.empty_like(held)
    q[by_p] = np.minimum.accumulate(scaled[::-1])[::-1].clip(max=1.0)
    return q


def holm(p: ArrayLike) -> Floats:
    """Return the p-values adjusted so that one false rejection among them has at most its nominal chance.

    Reference: Holm, Scand. J. Statistics 6 (1979); statsmodels multipletests("holm").

    >>> holm([0.01, 0.04, 0.03]).round(4).tolist()
    [0.03, 0.06, 0.06]
    """
    held = np.asarray(p, np.float64)
    by_p = np.argsort(held)
    scaled = held[by_p] * np.arange(len(held), 0, -1)
    adjusted = np.empty_like(held)
    adjusted[by_p] = np.maximum.accumulate(scaled).clip(max=1.0)
    return adjusted
