"""Reports of people, by the incident that they opened or joined."""

from sqlmodel import Session, col, select

from storage.tables import Alert, PersonReport


def of(session: Session, incident_id: str) -> tuple[PersonReport, ...]:
    """Return the incident's reports, oldest first."""
    mine = select(PersonReport).join(Alert, col(Alert.id) == col(PersonReport.alert_id))
    return tuple(session.exec(mine.where(Alert.incident_id == incident_id).order_by(col(PersonReport.id))))


def newest(session: Session, fingerprint: str) -> Alert | None:
    """Return the newest alert of reports of that kind about that model, whatever became of it."""
    query = select(Alert).where(Alert.fingerprint == fingerprint, Alert.state != "followed")
    return session.exec(query.order_by(col(Alert.first_at).desc(), col(Alert.id).desc()).limit(1)).first()


def alerts_open(session: Session, incident_id: str) -> list[Alert]:
    """Return the incident's open alerts that people reported."""
    mine = select(Alert).where(Alert.incident_id == incident_id, Alert.state == "open")
    return list(session.exec(mine.where(col(Alert.run_id).is_(None))))
