"""What is learnt of an incident: what closing it needs, who meets for its review, when its follow-ups are asked for."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from analysis.response.walls import at, day_of
from analysis.vocabulary import Family, Role, Severity

REVIEWED = frozenset({Severity.HIGH, Severity.CRITICAL})  # 001 §8, 003 §3.3; these need a root cause to be closed
POLICY_UPDATE = timedelta(days=7)  # 001 §9, policy update lag
ASKED_AT = time(9)  # by the owner's own clock
GIVEN_UP = timedelta(days=7)  # so long after its day it is told to the ML Lead instead


class CauseType(StrEnum):
    """What kind of cause it was (001 §5); two more, for what the template has no word for."""

    DATA = "data"
    MODEL = "model"
    INFRA = "infra"
    POLICY = "policy"
    HUMAN_ERROR = "human_error"
    THIRD_PARTY = "third_party"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """Where a follow-up comes from."""

    CORRECTIVE = "corrective"  # of the root cause
    POLICY = "policy"  # the update of policy or evaluation that each review owes (E5)
    DECISION = "decision"  # what was decided about drift
    OTHER = "other"


class Needed(StrEnum):
    """By when in the incident's life a follow-up has to be done."""

    BEFORE_CLOSING = "before_closing"
    AFTERWARDS = "afterwards"


class Asking(StrEnum):
    """Why a follow-up is brought up."""

    TOMORROW = "tomorrow"
    TODAY = "today"
    LATE = "late"
    GIVEN_UP = "given_up"  # told to the ML Lead; nobody is asked again


def invited(family: Family, severity: Severity) -> frozenset[Role]:
    """Return the roles that a review invites, beside those who took part.

    >>> sorted(invited(Family.DATA, Severity.HIGH))
    [<Role.ML_LEAD: 'ml_lead'>]
    """
    roles = {Role.ML_LEAD}
    roles |= {Role.COMPLIANCE_OFFICER} if family is Family.FAIRNESS else set()
    roles |= {Role.SECURITY_OFFICER} if family is Family.SECURITY else set()
    roles |= {Role.GOVERNANCE_LEAD, Role.CTO} if severity is Severity.CRITICAL else set()
    return frozenset(roles)


def lacking(severity: Severity, has_root_cause: bool, open_musts: Sequence[str]) -> str | None:
    """Return what closing still needs, or None.

    >>> lacking(Severity.HIGH, False, []), lacking(Severity.LOW, False, [])
    ('root_cause', None)
    """
    if severity in REVIEWED and not has_root_cause:
        return "root_cause"
    return "follow_up" if open_musts else None


def end_of(day: date, zone: str) -> datetime:
    """Return the end of a day there, UTC: until then it is in time."""
    return at(day + timedelta(days=1), time(0), zone)


def next_asking(due_at: datetime, zone: str, after: datetime) -> tuple[datetime, Asking] | None:
    """Return when a follow-up is brought up next, and why; None once it was given up.

    >>> from datetime import UTC
    >>> due = datetime(2026, 11, 28, tzinfo=UTC)  # the end of the 27th
    >>> moment, why = next_asking(due, "UTC", due - timedelta(hours=48)) or (due, None)
    >>> moment.isoformat(), why
    ('2026-11-26T09:00:00+00:00', <Asking.TOMORROW: 'tomorrow'>)
    """
    day = day_of(due_at - timedelta(seconds=1), zone)
    for shift in range(-1, GIVEN_UP.days + 1):
        moment = at(day + timedelta(days=shift), ASKED_AT, zone)
        if moment > after:
            return moment, _why(shift)
    return None


def _why(shift: int) -> Asking:
    if shift < 1:
        return Asking.TODAY if shift == 0 else Asking.TOMORROW
    return Asking.LATE if shift < GIVEN_UP.days else Asking.GIVEN_UP
