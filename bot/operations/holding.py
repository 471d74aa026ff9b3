"""Whether an alert is held back now, and what a rise in severity breaks through."""

from datetime import datetime

from sqlmodel import Session

from analysis.detection.alerts import Alert as Raised
from analysis.response.quiet import Kind, Matcher, Subject
from analysis.vocabulary import Family, Severity
from bot.operations.doing import Doing
from bot.services import SYSTEM
from storage import audit, quiet, timers
from storage.tables import Alert, Quiet

ACCEPTABLE = Severity.MEDIUM  # 003 §12: the worst whose risk may be accepted


def subject_of(alert: Alert) -> Subject:
    """Return what the alert is about."""
    cause = alert.details["cause"]
    about = cause["metric"], cause.get("column"), cause.get("group")
    return Subject(alert.model_id, Family(alert.family), Severity(alert.severity), *about)


def holds(session: Session, alert: Alert, now: datetime, *, rose: bool = False) -> Quiet | None:
    """Return the silence or maintenance window that holds the alert back; a rise breaks through a silence."""
    subject = subject_of(alert)
    for one in quiet.in_force(session, now, Kind.SILENCE, Kind.MAINTENANCE):
        if Matcher.of(one.matcher).fits(subject) and not (rose and one.kind == Kind.SILENCE):
            return one
    return None


def is_accepted(raised: Raised) -> bool:
    """Return whether what was found is no worse than a risk that may be accepted.

    Its own severity counts: that it lasts, which makes it `high` elsewhere, is what was accepted.
    """
    return (raised.lead.severity or raised.severity).rank <= ACCEPTABLE.rank


def broken(doing: Doing, *kinds: Kind) -> None:
    """End what holds the incident quiet, for it has become worse."""
    for one in quiet.in_force(doing.session, doing.now, *kinds):
        if one.incident_id == doing.incident.id and quiet.end(doing.session, one, doing.now, SYSTEM, "severity_rose"):
            timers.cancel(doing.session, one.id, ["quiet_end", "quiet_notice"])
            data = {"kind": one.kind, "why": "severity_rose"}
            audit.append(doing.session, audit.Entry(SYSTEM, "quiet_ended", one.id, "done", data), doing.now)
