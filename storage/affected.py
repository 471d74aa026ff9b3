"""Lists of decisions that an incident may have touched: where the files are that nobody needs any more."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from analysis.response.life import ENDED
from storage.tables import AffectedList, Incident


def listed_before(session: Session, before: datetime) -> list[AffectedList]:
    """Return what was listed before then, of incidents that have ended, and still lies there; oldest first."""
    ended = select(AffectedList).join(Incident, col(Incident.id) == col(AffectedList.incident_id))
    ended = ended.where(col(Incident.state).in_([state.value for state in ENDED]))
    lying = ended.where(col(AffectedList.path).is_not(None), col(AffectedList.made_at) < before)
    return list(session.exec(lying.order_by(col(AffectedList.id))))


def forget(session: Session, row: AffectedList) -> None:
    """Let the list, whose file is gone, name none; what was counted stays."""
    statement = update(AffectedList).where(col(AffectedList.id) == row.id).values(path=None)
    session.connection().execute(statement)
