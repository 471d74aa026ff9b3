"""Are groups treated alike: rates by group, their gap and their ratio, and how sure one can be of a change.

A `Rate` is x favourable of n; groups come as a mapping in a fixed order.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

from analysis.metrics.intervals import p_of


class Rate(NamedTuple):
    """x of n."""

    x: int
    n: int

    @property
    def value(self) -> float:
        """Return x/n."""
        return self.x / self.n

    def __add__(self, other: object) -> "Rate":
        return Rate(self.x + other.x, self.n + other.n) if isinstance(other, Rate) else NotImplemented


Rates = Mapping[str, Rate]


def lowest(rates: Rates) -> str:
    """Return the group with the smallest rate; the first of them in the order of names."""
    return min(sorted(rates), key=lambda group: rates[group].value)


def highest(rates: Rates) -> str:
    """Return the group with the largest rate."""
    return max(sorted(rates), key=lambda group: rates[group].value)


def difference(rates: Rates) -> float:
    """Return the largest minus the smallest rate: demographic parity for selection, equal opportunity for TPR.

    Raise ValueError for fewer than two groups. The gap of false-negative rates is the same number, since
    FNR = 1 − TPR. Reference: fairlearn.metrics.demographic_parity_difference; Hardt et al., 2016.

    >>> difference({"a": Rate(5, 10), "b": Rate(3, 10)})
    0.2
    """
    _two(rates)
    return rates[highest(rates)].value - rates[lowest(rates)].value


def ratio(rates: Rates) -> float:
    """Return the smallest over the largest rate, the disparate impact; 1 where nobody is selected.

    Reference: fairlearn.metrics.demographic_parity_ratio; 29 CFR 1607.4(D), the four-fifths rule.

    >>> ratio({"a": Rate(5, 10), "b": Rate(4, 10)})
    0.8
    """
    _two(rates)
    best = rates[highest(rates)].value
    return rates[lowest(rates)].value / best if best else 1.0


def _two(rates: Rates) -> None:
    if len(rates) < 2:
        raise ValueError("fewer than two groups")


def against(rates: Rates, group: str, reference: str | None) -> Rate:
    """Return the rate that a group is compared with: the reference group's, or that of all others together.

    >>> against({"a": Rate(1, 2), "b": Rate(1, 3), "c": Rate(1, 4)}, "a", None)
    Rate(x=2, n=7)
    """
    if reference is not None and reference in rates and reference != group:
        return rates[reference]
    rest = [rate for name, rate in rates.items() if name != group]
    return Rate(sum(r.x for r in rest), sum(r.n for r in rest))


def change(before: tuple[Rate, Rate], now: tuple[Rate, Rate]) -> float:
    """Return the p of an unchanged gap between a group and what it is compared with: z of the change of the gap.

    The variance is that of four independent proportions, each with half an event added on both sides, so that a rate
    of 0 or 1 does not look certain (Agresti & Caffo, 2000).

    >>> change((Rate(50, 100), Rate(50, 100)), (Rate(50, 100), Rate(50, 100)))
    1.0
    """
    gap = (now[0].value - now[1].value) - (before[0].value - before[1].value)
    return p_of(gap / math.sqrt(sum(_variance(rate) for rate in (*before, *now))))


def _variance(rate: Rate) -> float:
    share = (rate.x + 0.5) / (rate.n + 1)
    return share * (1 - share) / (rate.n + 1)


def equalized_odds_difference(tpr: Rates, fpr: Rates) -> float:
    """Return the larger of the gaps of true and of false positive rates.

    Reference: fairlearn.metrics.equalized_odds_difference.

    >>> equalized_odds_difference({"a": Rate(1, 2), "b": Rate(1, 2)}, {"a": Rate(0, 2), "b": Rate(1, 2)})
    0.5
    """
    return max(difference(tpr), difference(fpr))
