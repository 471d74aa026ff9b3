"""Who does what on an incident: taken, handed over, given back; each a row that stays."""

from datetime import datetime

from sqlmodel import Session, col, select

from analysis.vocabulary import Duty
from storage.tables import Assignment


def current(session: Session, incident_id: str) -> list[Assignment]:
    """Return who has which duty now, oldest first."""
    query = select(Assignment).where(Assignment.incident_id == incident_id, col(Assignment.ended_at).is_(None))
    return list(session.exec(query.order_by(col(Assignment.id))))


def holder(session: Session, incident_id: str, duty: Duty) -> Assignment | None:
    """Return who has the duty now; of experts, of whom there may be several, the first."""
    return next((one for one in current(session, incident_id) if one.duty == duty), None)


def begin(session: Session, assignment: Assignment) -> Assignment:
    """Return the new row, with its id."""
    session.add(assignment)
    session.flush()
    return assignment


def end(session: Session, assignment: Assignment, by: str, at: datetime) -> None:
    """Note that the person has the duty no more."""
    assignment.ended_at, assignment.ended_by = at, by
    session.add(assignment)
    session.flush()
