"""What lies on one person's desk: incidents that are theirs, steps and follow-ups that wait for them."""

from dataclasses import dataclass

from sqlmodel import Session, col, or_, select

from analysis.response import life
from storage import glances
from storage.incidents import IncidentView
from storage.tables import Assignment, ChecklistStep, FollowUp, Incident

MOST = 10  # incidents of one person that are shown


@dataclass(frozen=True)
class Desk:
    """What is one person's."""

    user: str = ""
    incidents: tuple[IncidentView, ...] = ()  # open ones that they acknowledged or have a duty on
    follow_ups: tuple[FollowUp, ...] = ()  # soonest first

    def steps(self, view: IncidentView) -> list[ChecklistStep]:
        """Return the open steps of the incident's checklist that are this person's by their duties on it."""
        mine = {one.duty for one in view.duties if one.person == self.user}
        return [step for step in view.steps if step.done_at is None and step.duty in mine]


def load(session: Session, user: str) -> Desk:
    """Return the person's desk."""
    theirs = select(Assignment.incident_id).where(Assignment.person == user, col(Assignment.ended_at).is_(None))
    is_theirs = or_(col(Incident.acknowledged_by) == user, col(Incident.id).in_(theirs))
    still = col(Incident.state).in_([state.value for state in life.OPEN])
    found = session.exec(select(Incident).where(still, is_theirs).order_by(col(Incident.opened_at)).limit(MOST))
    owed = select(FollowUp).where(FollowUp.owner == user, col(FollowUp.done_at).is_(None))
    return Desk(
        user=user,
        incidents=glances.of(session, found.all()),
        follow_ups=tuple(session.exec(owed.order_by(col(FollowUp.due_at)))),
    )
