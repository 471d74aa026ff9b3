"""What was learnt of incidents: root causes, each version kept, and follow-ups, each done once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from storage.database import insert_once
from storage.tables import DriftDecision, FollowUp, RootCause


def root_causes(session: Session, incident_id: str) -> tuple[RootCause, ...]:
    """Return every version of the incident's root cause, oldest first; the last one holds."""
    query = select(RootCause).where(RootCause.incident_id == incident_id)
    return tuple(session.exec(query.order_by(col(RootCause.number))))


def keep_cause(session: Session, cause: RootCause) -> bool:
    """Return whether the root cause is kept as the incident's next version; False where another was first."""
    newest = session.exec(select(func.max(RootCause.number)).where(RootCause.incident_id == cause.incident_id)).one()
    cause.number = (newest or 0) + 1
    return insert_once(session, cause)


def keep_decision(session: Session, made: DriftDecision) -> bool:
    """Return whether the decision is kept as the incident's newest; False where another was first."""
    mine = select(func.max(DriftDecision.number)).where(DriftDecision.incident_id == made.incident_id)
    made.number = (session.exec(mine).one() or 0) + 1
    return insert_once(session, made)


def follow_up(session: Session, follow_up_id: str) -> FollowUp | None:
    """Return the follow-up of that id."""
    return session.get(FollowUp, follow_up_id, populate_existing=True)


def follow_ups(session: Session, incident_id: str) -> tuple[FollowUp, ...]:
    """Return the incident's follow-ups, soonest first."""
    query = select(FollowUp).where(FollowUp.incident_id == incident_id)
    return tuple(session.exec(query.order_by(col(FollowUp.due_at), col(FollowUp.id))))


def open_ones(session: Session) -> list[FollowUp]:
    """Return all follow-ups that are not done, soonest first."""
    query = select(FollowUp).where(col(FollowUp.done_at).is_(None))
    return list(session.exec(query.order_by(col(FollowUp.due_at), col(FollowUp.id))))


def ids(follow_ups: Iterable[FollowUp]) -> list[str]:
    """Return the ids of the follow-ups that are not done."""
    return [one.id for one in follow_ups if one.done_at is None]


def finish(session: Session, found: FollowUp, by: str, at: datetime, note: str) -> bool:
    """Return whether it was open, and is done now."""
    return _change(session, found, done_at=at, done_by=by, note=note or None)


def alter(session: Session, found: FollowUp, what: str, owner: str, due_at: datetime) -> bool:
    """Return whether it was open, and asks for something else now."""
    return _change(session, found, what=what, owner=owner, due_at=due_at)


def _change(session: Session, found: FollowUp, **values: Any) -> bool:  # noqa: ANN401
    mine = update(FollowUp).where(col(FollowUp.id) == found.id, col(FollowUp.done_at).is_(None)).values(**values)
    changed = session.connection().execute(mine.execution_options(synchronize_session=False)).rowcount == 1
    session.refresh(found)
    return changed
