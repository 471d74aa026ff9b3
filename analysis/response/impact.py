"""How much an incident costs the business (002, Business Impact Assessment), and how severe it is at least for that."""

from enum import StrEnum

from analysis.vocabulary import Severity


class Revenue(StrEnum):
    """The share of revenue that is touched."""

    NONE = "none"
    UNDER_5 = "under_5"
    UP_TO_20 = "5_to_20"
    UP_TO_50 = "20_to_50"
    OVER_50 = "over_50"


# 002's band for 5–20 % is “medium”, its rule for more than 5 % is level 3; the stricter holds (REQUIREMENTS, A14).
LEAST = {
    Revenue.NONE: Severity.LOW,
    Revenue.UNDER_5: Severity.LOW,
    Revenue.UP_TO_20: Severity.HIGH,
    Revenue.UP_TO_50: Severity.HIGH,
    Revenue.OVER_50: Severity.CRITICAL,
}


def least(revenue: Revenue, severity: Severity) -> Severity:
    """Return how severe an incident is at least with that impact; it never falls for it.

    >>> least(Revenue.UP_TO_20, Severity.MEDIUM), least(Revenue.NONE, Severity.CRITICAL)
    (<Severity.HIGH: 'high'>, <Severity.CRITICAL: 'critical'>)
    """
    return max(severity, LEAST[revenue], key=lambda one: one.rank)
