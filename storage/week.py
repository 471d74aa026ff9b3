"""What the weekly digest reviews beside how things stand."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, or_, select

from analysis.response.figures import Seen
from storage import calendar, figures, people
from storage.tables import BiasAudit, DriftDecision, DueReview, FollowUp, Incident, Person


@dataclass(frozen=True)
class Decided:
    """A decision about drift that holds, with what it asks for."""

    decision: DriftDecision
    incident: Incident
    follow_up: FollowUp


@dataclass(frozen=True)
class Week:
    """What is to be reviewed; who has to do with it by id."""

    decisions: tuple[Decided, ...] = ()  # not carried out, the soonest first; then what was carried out in the week
    audits: tuple[BiasAudit, ...] = ()  # done in the week, and due in the next one
    reviews: tuple[DueReview, ...] = ()  # of the calendar, that nobody has held, and those held in the week
    seen: Seen | None = None  # for the figures
    people: dict[str, Person] | None = None


def load(session: Session, since: datetime, now: datetime) -> Week:
    """Return what is to be reviewed now, with what was settled after `since`."""
    decisions = _decisions(session, since)
    named = {one.follow_up.owner for one in decisions}
    return Week(
        decisions=decisions,
        audits=_audits(session, since, now),
        reviews=calendar.owed(session, since),
        seen=figures.load(session, since, now),
        people=people.by_id(session, named),
    )


def _decisions(session: Session, since: datetime) -> tuple[Decided, ...]:
    """Return the newest decision of each incident that is not carried out, or was since then."""
    newest = select(func.max(DriftDecision.id)).group_by(col(DriftDecision.incident_id))
    query = (
        select(DriftDecision, Incident, FollowUp)
        .join(Incident, col(Incident.id) == col(DriftDecision.incident_id))
        .join(FollowUp, col(FollowUp.id) == col(DriftDecision.follow_up_id))
        .where(col(DriftDecision.id).in_(newest), col(Incident.is_drill).is_(False))
        .where(or_(col(FollowUp.done_at).is_(None), col(FollowUp.done_at) >= since))
        .order_by(col(FollowUp.due_at), col(FollowUp.id))
    )
    found = [Decided(*row) for row in session.exec(query)]
    return tuple(sorted(found, key=lambda one: one.follow_up.done_at is not None))


def _audits(session: Session, since: datetime, now: datetime) -> tuple[BiasAudit, ...]:
    """Return the bias audits that ended since then, and those that are due within a week."""
    ahead = col(BiasAudit.ended_at).is_(None) & (col(BiasAudit.due_at) <= now + timedelta(days=7))
    query = select(BiasAudit).where(or_(col(BiasAudit.ended_at) >= since, ahead))
    return tuple(session.exec(query.order_by(col(BiasAudit.due_at), col(BiasAudit.id))))
