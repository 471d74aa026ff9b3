"""Alerts by their cause: at most one open a fingerprint."""

from datetime import datetime

from sqlmodel import Session, col, select

from storage.tables import Alert, Run


def open_with(session: Session, fingerprint: str) -> Alert | None:
    """Return the open alert of that cause."""
    return session.exec(select(Alert).where(Alert.fingerprint == fingerprint, Alert.state == "open")).first()


def open_of(session: Session, model_id: str) -> list[Alert]:
    """Return the model's open alerts, oldest first."""
    query = select(Alert).where(Alert.model_id == model_id, Alert.state == "open")
    return list(session.exec(query.order_by(col(Alert.first_at), col(Alert.id))))


def recent(session: Session, limit: int) -> list[Alert]:
    """Return the newest alerts, open ones first."""
    query = select(Alert).order_by(col(Alert.state), col(Alert.last_at).desc(), col(Alert.id).desc())
    return list(session.exec(query.limit(limit)))


def recover(session: Session, alert: Alert, at: datetime) -> None:
    """Mark the alert as recovered."""
    alert.state, alert.recovered_at = "recovered", at
    session.add(alert)
    session.flush()


def last_run(session: Session, model_id: str) -> Run | None:
    """Return the model's newest run, whatever became of it."""
    return session.exec(select(Run).where(Run.model_id == model_id).order_by(col(Run.id).desc()).limit(1)).first()
