"""Alerts by their cause: at most one open a fingerprint."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from analysis.detection.findings import Reason
from storage.tables import Alert, Run


def open_with(session: Session, fingerprint: str) -> Alert | None:
    """Return the open alert of that cause."""
    return session.exec(select(Alert).where(Alert.fingerprint == fingerprint, Alert.state == "open")).first()


def recovered_with(session: Session, fingerprint: str) -> Alert | None:
    """Return the newest recovered alert of that cause that belongs to an incident."""
    query = select(Alert).where(Alert.fingerprint == fingerprint, Alert.state == "recovered")
    mine = query.where(col(Alert.incident_id).is_not(None)).order_by(col(Alert.recovered_at).desc())
    return session.exec(mine.limit(1)).first()


def open_of(session: Session, model_id: str) -> list[Alert]:
    """Return the model's open alerts that checks raised, oldest first."""
    query = select(Alert).where(Alert.model_id == model_id, Alert.state == "open", col(Alert.run_id).is_not(None))
    return list(session.exec(query.order_by(col(Alert.first_at), col(Alert.id))))


def of(session: Session, incident_id: str) -> list[Alert]:
    """Return the incident's alerts, oldest first."""
    query = select(Alert).where(Alert.incident_id == incident_id)
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


def reports_before(session: Session, run: Run, limit: int) -> list[dict[str, Any]]:
    """Return the reports of the model's finished checks before that run, at most so many, oldest first."""
    query = select(Run.report).where(Run.model_id == run.model_id, Run.purpose == "check", Run.status == "finished")
    newest_first = session.exec(query.where(col(Run.id) < run.id).order_by(col(Run.id).desc()).limit(limit))
    return list(reversed(newest_first.all()))


def last_run(session: Session, model_id: str) -> Run | None:
    """Return the model's newest run, whatever became of it."""
    return session.exec(select(Run).where(Run.model_id == model_id).order_by(col(Run.id).desc()).limit(1)).first()


def is_standing(alert: Alert) -> bool:
    """Return whether it tells of a gap as old as the baseline, which no check raises anew and none ends."""
    return bool(alert.details["cause"]["reason"] == Reason.STANDING)
