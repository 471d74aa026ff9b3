"""Why a message is sent or withheld: each row of the outbox names its reason, so that nobody has to guess.

Sent and withheld are told apart by the row's state; the reason says what made it so.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from analysis.vocabulary import Severity


class Reason(StrEnum):
    """What a message is owed for, or withheld for."""

    # sent
    OPENED = "opened"
    REPEATED = "repeated"
    ROSE = "severity_rose"
    RECOVERED = "recovered"
    CALLED = "called"
    ACTED = "acted"
    ASKED = "asked"
    SCHEDULED = "scheduled"
    TROUBLE = "trouble"
    STORM = "storm"
    STORM_OVER = "storm_over"
    NO_SLACK = "no_slack"
    DUE_SOON = "due_soon"
    LATE = "late"
    CONTINUED = "continued"
    REPAIRED = "repaired"
    # withheld
    IN_STORM = "in_storm"
    OVER_BEFORE = "over_before"
    LOG_ONLY = "log_only"
    HELD_BACK = "held_back"
    DELETED = "deleted"
    SILENCED = "silenced"
    SNOOZED = "snoozed"
    RISK_ACCEPTED = "risk_accepted"


OF_SYSTEM = {
    "opened": Reason.OPENED,
    "called": Reason.CALLED,
    "asked_still": Reason.CALLED,
    "repeat": Reason.REPEATED,
    "severity_rose": Reason.ROSE,
    "recovered": Reason.RECOVERED,
    "reopened": Reason.OPENED,
    "clock_warn": Reason.DUE_SOON,
    "clock_breached": Reason.LATE,
    "quiet_ahead": Reason.DUE_SOON,
    "restraint_due": Reason.DUE_SOON,
    "rollout_hangs": Reason.CALLED,
    "rollout_failed": Reason.CALLED,
    "cases_wait": Reason.CALLED,
}


def urgency(severity: Severity) -> int:
    """Return the priority in which messages of an incident are sent: 0 for critical.

    >>> urgency(Severity.MEDIUM)
    4
    """
    return 2 * (Severity.CRITICAL.rank - severity.rank)


# What rests while an incident is snoozed: nobody has to do anything about these lines at once.
ROUTINE = frozenset(
    {"clock_warn", "clock_breached", "recovered", "came_back", "repeat", "reminder", "flapping", "step_overdue"}
)


def reason_for(verb: str, *, waited: bool = False) -> Reason:
    """Return why the thread is told of a verb: the system's own reasons, else that somebody acted.

    >>> reason_for("recovered"), reason_for("freeze"), reason_for("escalate", waited=True)
    (<Reason.RECOVERED: 'recovered'>, <Reason.ACTED: 'acted'>, <Reason.CALLED: 'called'>)
    """
    return Reason.CALLED if waited else OF_SYSTEM.get(verb, Reason.ACTED)


def is_storm(opened: int, more_than: int) -> bool:
    """Return whether so many incidents, the newest included, are more than people can read one by one."""
    return opened > more_than


def has_calmed(last_at: datetime, now: datetime, within: timedelta) -> bool:
    """Return whether no incident came for as long as makes a storm."""
    return now - last_at >= within
