"""What is decided about drift (003 §3.4): the world changed, the data are bad, or it is to be watched."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from analysis.response.walls import day_of
from analysis.vocabulary import Family

WITHIN = timedelta(days=7)  # C10: a retrain within a week, and no decision outlives the weekly review unsaid
FAMILIES = frozenset({Family.DATA, Family.QUALITY, Family.EXPLANATION, Family.MODEL})


class Decision(StrEnum):
    """What is done about it; what kind of drift it is follows."""

    RETRAIN = "retrain"  # concept drift
    BASELINE = "baseline"  # concept drift that is accepted
    MEND = "mend"  # bad data
    WATCH = "watch"  # an anomaly that will pass


def due(chosen: date | None, now: datetime, zone: str) -> date:
    """Return by which day, there, the decision is to be carried out; raise ValueError for one that is too late.

    >>> from datetime import UTC
    >>> due(None, datetime(2026, 11, 20, 23, tzinfo=UTC), "Africa/Nairobi").isoformat()
    '2026-11-28'
    """
    latest = day_of(now + WITHIN, zone)
    if chosen is not None and chosen > latest:
        raise ValueError(f"is too late: a decision about drift is carried out within {WITHIN.days} days")
    return chosen or latest
