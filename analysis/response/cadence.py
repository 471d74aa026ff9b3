"""When a model is checked, and for which families (A6; 003 §1.1 and §1.2)."""

from datetime import date

from analysis.vocabulary import Family, Risk

DAY, WEEK, FORTNIGHT, MONTH = 1, 7, 14, 30

# Days between checks. Fairness at least daily at every level: the note of 003 §1.1 rules over its table.
# Inputs' quality, latency and errors come from the same pass over the log and are always looked at.
EVERY = {
    Family.DATA: {Risk.HIGH: DAY, Risk.MEDIUM: WEEK, Risk.LOW: FORTNIGHT},
    Family.MODEL: {Risk.HIGH: DAY, Risk.MEDIUM: WEEK, Risk.LOW: FORTNIGHT},
    Family.EXPLANATION: {Risk.HIGH: WEEK, Risk.MEDIUM: FORTNIGHT, Risk.LOW: MONTH},
    Family.FAIRNESS: dict.fromkeys(Risk, DAY),
    Family.QUALITY: dict.fromkeys(Risk, DAY),
    Family.OPERATIONS: dict.fromkeys(Risk, DAY),
    Family.SECURITY: dict.fromkeys(Risk, DAY),
}


def due(risk: Risk, day: date) -> frozenset[Family]:
    """Return the families that a model of this risk is checked for on that day; all of them on a Sunday (deep run).

    >>> " ".join(sorted(due(Risk.LOW, date(2026, 11, 23))))
    'fairness operations quality security'
    >>> Family.EXPLANATION in due(Risk.HIGH, date(2026, 11, 22))
    True
    """
    if day.isoweekday() == 7 and risk is Risk.HIGH:
        return frozenset(Family)
    number = day.toordinal()  # day 7 of the proleptic calendar was a Sunday, so a week's turn falls on Sundays
    return frozenset(family for family, every in EVERY.items() if number % every[risk] == 0)
