"""Who may see what: the access table of the monitoring policy (003 §6), for every door.

Moves of an incident have their roles in `life.MOVES`; this is about looking.
"""

from collections.abc import Set
from enum import StrEnum

from analysis.errors import NotAllowed
from analysis.vocabulary import Role


class View(StrEnum):
    """What there is to see."""

    DRIFT_OVERVIEW = "drift_overview"
    FAIRNESS_MONITOR = "fairness_monitor"
    MODEL_HEALTH = "model_health"
    INCIDENT_TIMELINE = "incident_timeline"
    AUDIT_LOG = "audit_log"


ALL = frozenset(Role)
# The table's five roles; ML Lead, Senior ML Engineer and On-call count as ML Engineer, and Product Owner, CTO, CEO,
# Governance Lead and Security Officer see all (E2).
VIEWS = {
    View.DRIFT_OVERVIEW: ALL,
    View.FAIRNESS_MONITOR: ALL - {Role.VIEWER},
    View.MODEL_HEALTH: ALL - {Role.VIEWER, Role.COMPLIANCE_OFFICER},
    View.INCIDENT_TIMELINE: ALL - {Role.VIEWER},
    # Not in the table. Who looked at what is there too, so not for those whose work it records day by day.
    View.AUDIT_LOG: ALL - {Role.VIEWER, Role.ML_ENGINEER, Role.SENIOR_ML_ENGINEER, Role.ML_LEAD, Role.ON_CALL},
}


def allow(view: View, roles: Set[Role]) -> None:
    """Raise NotAllowed where none of the roles may see it.

    >>> allow(View.DRIFT_OVERVIEW, {Role.VIEWER})
    """
    if not VIEWS[view] & roles:
        raise NotAllowed(f"view:{view}", VIEWS[view])
