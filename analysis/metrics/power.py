"""What a sample could have shown: the smallest difference that a test of its size finds in four of five cases.

Reference: Fleiss, Levin & Paik, Statistical Methods for Rates and Proportions, 3rd ed. (2003), 4.14–4.18, without the
correction for continuity; statsmodels.stats.proportion.power_proportions_2indep.
"""

import math

import scipy

POWER = 0.8


def power(rate: float, gap: float, n: float, m: float, alpha: float) -> float:
    """Return the chance that a two-sided z test of n against m rows finds a rate that is lower by the gap.

    >>> round(power(0.5, 0.1, 400, 400, 0.05), 3)
    0.813
    """
    lower = rate - gap
    pooled = (n * rate + m * lower) / (n + m)
    if_equal = math.sqrt(max(pooled * (1 - pooled), 0.0) * (1 / n + 1 / m))
    if_not = math.sqrt(max(rate * (1 - rate) / n + lower * (1 - lower) / m, 0.0))
    beyond = gap - float(scipy.special.ndtri(1 - alpha / 2)) * if_equal
    return float(scipy.special.ndtr(beyond / if_not)) if if_not else float(beyond > 0)


def smallest_drop(rate: float, n: float, m: float, alpha: float) -> float | None:
    """Return the smallest drop from a rate over n rows that m rows show with a power of 80 %; None where none does.

    >>> round(smallest_drop(0.5, 400, 400, 0.05), 4)
    0.0984
    >>> smallest_drop(0.1, 20, 20, 0.05) is None
    True
    """
    if min(n, m) <= 0 or rate <= 0 or power(rate, rate, n, m, alpha) < POWER:
        return None
    return float(scipy.optimize.brentq(lambda gap: power(rate, gap, n, m, alpha) - POWER, 0.0, rate))


def smallest_gap(rate: float, n: float, m: float, alpha: float) -> float | None:
    """Return the smallest gap below a rate that is found, above it where below there is no room; None for neither.

    >>> round(smallest_gap(0.1, 20, 20, 0.05), 4)
    0.3928
    """
    below = smallest_drop(rate, n, m, alpha)
    return smallest_drop(1 - rate, n, m, alpha) if below is None else below
