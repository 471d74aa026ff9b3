"""The bias audits that follow a fairness incident: when they are due, and what one finds (C11; 004, step 6)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from analysis.detection.findings import Finding, Reason
from analysis.detection.report import Report
from analysis.parts import Part, Span
from analysis.vocabulary import Family, Verdict

JUDGED = (Verdict.OK, Verdict.NOTICE, Verdict.ALARM)


class Audits(Part):
    """How often after a fairness incident was closed, and how many times; each looks at all decisions of its span."""

    every: Span = Field(default=timedelta(days=91), ge=timedelta(days=7), le=timedelta(days=366))
    times: int = Field(default=2, ge=0, le=12)


class Result(StrEnum):
    """How an audit went."""

    FAIR = "fair"
    UNFAIR = "unfair"  # a limit is broken, newly or still
    UNKNOWN = "unknown"  # too little data to judge
    FAILED = "failed"  # nobody could look


@dataclass(frozen=True)
class Judged:
    """What an audit found: in all, and the worst of each protected attribute."""

    result: Result
    worst: tuple[Finding, ...]


def due(terms: Audits, closed_at: datetime) -> list[datetime]:
    """Return when the audits are due.

    >>> from datetime import UTC
    >>> [at.date().isoformat() for at in due(Audits(), datetime(2026, 3, 2, tzinfo=UTC))]
    ['2026-06-01', '2026-08-31']
    """
    return [closed_at + terms.every * number for number in range(1, terms.times + 1)]


def judge(report: Report) -> Judged:
    """Return what the report says of fairness where there is a limit; a gap as old as the baseline is over it too."""
    measured = [one for one in report.findings if one.family is Family.FAIRNESS and one.limit is not None]
    found = [one for one in measured if one.verdict in JUDGED]
    if not found:
        return Judged(Result.UNKNOWN, ())
    result = Result.UNFAIR if any(map(_is_over, found)) else Result.FAIR
    return Judged(result, tuple(_worst(found)))


def _worst(found: list[Finding]) -> Iterator[Finding]:
    for column in sorted({one.column or "" for one in found}):
        yield max((one for one in found if (one.column or "") == column), key=lambda one: (_is_over(one), one.rank))


def _is_over(found: Finding) -> bool:
    return found.verdict is Verdict.ALARM or found.reason is Reason.STANDING
