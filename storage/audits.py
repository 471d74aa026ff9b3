"""The bias audits that follow fairness incidents; each is planned once and ends once."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from storage.database import insert_once
from storage.tables import BiasAudit, Run


def plan(session: Session, audit: BiasAudit) -> bool:
    """Return whether the audit is new; one of the same number stays as it is."""
    return insert_once(session, audit)


def get(session: Session, incident_id: str, number: int) -> BiasAudit | None:
    """Return the incident's audit of that number."""
    return session.exec(
        select(BiasAudit).where(BiasAudit.incident_id == incident_id, BiasAudit.number == number)
    ).first()


def of(session: Session, incident_id: str) -> list[BiasAudit]:
    """Return all audits of the incident, in order."""
    query = select(BiasAudit).where(BiasAudit.incident_id == incident_id)
    return list(session.exec(query.order_by(col(BiasAudit.number))))


def of_run(session: Session, run: Run) -> BiasAudit | None:
    """Return the audit that the run is."""
    return session.exec(select(BiasAudit).where(BiasAudit.run_id == run.id)).first()


def end(session: Session, audit: BiasAudit, result: str, at: datetime) -> bool:
    """Return whether it had not ended, and has now."""
    mine = update(BiasAudit).where(col(BiasAudit.id) == audit.id, col(BiasAudit.ended_at).is_(None))
    changed = session.connection().execute(
        mine.values(result=result, ended_at=at).execution_options(synchronize_session=False)
    )
    session.refresh(audit)
    return changed.rowcount == 1
