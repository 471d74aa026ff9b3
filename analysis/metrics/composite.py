"""One number for the whole: how far the raised findings are past what is good (003 §2.3)."""

from collections.abc import Mapping

from analysis.vocabulary import Family

WEIGHTS = {Family.FAIRNESS: 0.4, Family.DATA: 0.3, Family.MODEL: 0.2, Family.EXPLANATION: 0.1}


def part(value: float, good: float, critical: float) -> float:
    """Return how bad a value is: 0 at good, 0.5 at the critical border, at most 1.

    >>> part(0.25, 0.0, 0.25), part(0.6, 1.0, 0.8), part(9.0, 0.0, 0.25)
    (0.5, 1.0, 1.0)
    """
    return min(1.0, max(0.0, 0.5 * (value - good) / (critical - good)))


def composite(parts: Mapping[Family, float]) -> float:
    """Return the weighted sum of each family's worst raised finding, 0…1.

    >>> composite({Family.FAIRNESS: 1.0, Family.EXPLANATION: 0.5})
    0.45
    """
    return sum(weight * parts.get(family, 0.0) for family, weight in WEIGHTS.items())
