"""Who may see what and do what: the access table of the monitoring policy (003 §6), the same for every door.

Moves of an incident have their roles in `life.MOVES`; here is everything else.
"""

from collections.abc import Set
from enum import StrEnum

from analysis.errors import NotAllowed
from analysis.response.life import TRAINERS
from analysis.vocabulary import Family, Role


class View(StrEnum):
    """What there is to see."""

    DRIFT_OVERVIEW = "drift_overview"
    FAIRNESS_MONITOR = "fairness_monitor"
    MODEL_HEALTH = "model_health"
    INCIDENT_TIMELINE = "incident_timeline"
    AUDIT_LOG = "audit_log"
    POLICY = "policy"
    ON_CALL = "on_call"
    CASES = "cases"


class Action(StrEnum):
    """What there is to do beside the moves of an incident."""

    ANALYZE = "analyze"
    REPORT = "report"
    BASELINE_CREATE = "baseline_create"
    BASELINE_RESET = "baseline_reset"
    BASELINE_ACTIVATE = "baseline_activate"
    OUTBOX_RETRY = "outbox_retry"
    OUTBOX_DROP = "outbox_drop"
    ERASE = "erase"
    RESTORE = "restore"
    REGISTRY = "registry"
    REVIEW = "review_case"
    POLICY = "policy"
    TOKEN = "token"  # noqa: S105  (a name)


ALL = frozenset(Role)
# The table's five roles; ML Lead, Senior ML Engineer and On-call count as ML Engineer, and Product Owner, CTO, CEO,
# Governance Lead and Security Officer see all (E2).
VIEWS = {
    View.DRIFT_OVERVIEW: ALL,
    View.FAIRNESS_MONITOR: ALL - {Role.VIEWER},
    View.MODEL_HEALTH: ALL - {Role.VIEWER, Role.COMPLIANCE_OFFICER},
    View.INCIDENT_TIMELINE: ALL - {Role.VIEWER},
    View.POLICY: ALL - {Role.VIEWER},  # not in the table: it names people
    View.ON_CALL: ALL - {Role.VIEWER},  # likewise; whom a rota names sees it anyhow
    View.CASES: ALL - {Role.VIEWER},  # what a model left to people: it is about persons
    # Not in the table. Who looked at what is there too, so not for those whose work it records day by day.
    View.AUDIT_LOG: ALL - {Role.VIEWER, Role.ML_ENGINEER, Role.SENIOR_ML_ENGINEER, Role.ML_LEAD, Role.ON_CALL},
}
# Where a finding belongs.
SEEN_IN = {
    Family.DATA: View.DRIFT_OVERVIEW,
    Family.QUALITY: View.DRIFT_OVERVIEW,
    Family.EXPLANATION: View.DRIFT_OVERVIEW,
    Family.FAIRNESS: View.FAIRNESS_MONITOR,
    Family.MODEL: View.MODEL_HEALTH,
    Family.OPERATIONS: View.MODEL_HEALTH,
    Family.SECURITY: View.INCIDENT_TIMELINE,
}
MENDERS = TRAINERS
ACTIONS = {
    Action.ANALYZE: TRAINERS,  # the table: Admin and ML Engineer
    Action.REPORT: ALL - {Role.VIEWER},  # an audit finding comes from an Auditor
    Action.BASELINE_CREATE: TRAINERS | {Role.CTO},
    Action.BASELINE_RESET: TRAINERS | {Role.CTO},
    Action.BASELINE_ACTIVATE: frozenset({Role.ML_LEAD, Role.CTO}),  # E1; what one made, another activates
    Action.OUTBOX_RETRY: MENDERS,
    Action.OUTBOX_DROP: MENDERS,
    Action.ERASE: frozenset({Role.ADMIN, Role.COMPLIANCE_OFFICER}),  # who runs the bot; who answers for personal data
    Action.RESTORE: frozenset({Role.ADMIN}),
    Action.REGISTRY: frozenset({Role.ADMIN, Role.ML_LEAD}),
    Action.REVIEW: ALL - {Role.VIEWER, Role.AUDITOR},  # who audits what was decided decides none of it
    Action.POLICY: frozenset(
        {Role.ADMIN, Role.ML_LEAD, Role.COMPLIANCE_OFFICER, Role.GOVERNANCE_LEAD, Role.SECURITY_OFFICER, Role.CTO}
    ),
    Action.TOKEN: frozenset({Role.ADMIN}),
}


def views(roles: Set[Role]) -> frozenset[View]:
    """Return all that somebody of those roles may see.

    >>> sorted(views({Role.VIEWER}))
    [<View.DRIFT_OVERVIEW: 'drift_overview'>]
    """
    return frozenset(view for view, by in VIEWS.items() if by & roles)


def allow(view: View, roles: Set[Role]) -> None:
    """Raise NotAllowed where none of the roles may see it.

    >>> allow(View.DRIFT_OVERVIEW, {Role.VIEWER})
    """
    if not VIEWS[view] & roles:
        raise NotAllowed(f"view:{view}", VIEWS[view])


def permit(action: Action, roles: Set[Role]) -> None:
    """Raise NotAllowed where none of the roles may do it.

    >>> permit(Action.ANALYZE, {Role.ML_ENGINEER})
    """
    if not ACTIONS[action] & roles:
        raise NotAllowed(action, ACTIONS[action])
