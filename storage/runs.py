"""Checks as the monitor of the monitor sees them: asked for, under way, finished."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from analysis.detection.report import Report
from storage.tables import AuditRow, Run, Timer


def by_key(session: Session, key: str) -> Run | None:
    """Return the run of a scheduled occurrence."""
    return session.exec(select(Run).where(Run.key == key)).first()


def reset_of(session: Session, model_id: str, version: str) -> Run | None:
    """Return the run that counted the baseline anew; None where it was made otherwise."""
    mine = select(Run).where(Run.model_id == model_id, Run.purpose == "reset", Run.baseline == version)
    return session.exec(mine).first()


def name_baseline(session: Session, run: Run, version: str) -> None:
    """Let the run name the baseline that it made."""
    session.connection().execute(update(Run).where(col(Run.id) == run.id).values(baseline=version))


def is_finished_since(session: Session, model_id: str, since: datetime) -> bool:
    """Return whether any check of the model was finished since then."""
    done = [Run.model_id == model_id, Run.purpose == "check", Run.status == "finished"]
    return session.exec(select(Run.id).where(*done, col(Run.finished_at) >= since).limit(1)).first() is not None


def reports_since(session: Session, model_id: str, since: datetime) -> list[Mapping[str, Any]]:
    """Return the reports of the model's checks that were finished since then, oldest first."""
    done = [Run.model_id == model_id, Run.purpose == "check", Run.status == "finished"]
    query = select(Run.report).where(*done, col(Run.finished_at) >= since)
    return [report for report in session.exec(query.order_by(col(Run.id))) if report]


def newest_report(session: Session, model_id: str, since: datetime) -> Report | None:
    """Return what the newest look at the model since then found: a check, or one that a fix was looked at in."""
    looked = [col(Run.model_id) == model_id, col(Run.purpose).in_(["check", "verify"]), col(Run.status) == "finished"]
    query = select(Run.report).where(*looked, col(Run.finished_at) >= since).order_by(col(Run.id).desc())
    found = session.exec(query.limit(1)).first()
    return Report.from_json(found) if found else None


def newest_seen(session: Session, model_id: str, until: datetime) -> datetime | None:
    """Return the time of the newest decision that a look at the model had seen by then."""
    looked = [col(Run.model_id) == model_id, col(Run.status) == "finished", col(Run.finished_at) <= until]
    return session.exec(select(func.max(Run.window_to)).where(*looked)).one()


def verifying(session: Session, incident_id: str) -> Run | None:
    """Return the look at the incident's fix that is under way."""
    mine = [col(Run.incident_id) == incident_id, col(Run.purpose) == "verify"]
    waiting = [*mine, col(Run.status).in_(["queued", "running"])]
    return session.exec(select(Run).where(*waiting).order_by(col(Run.id).desc()).limit(1)).first()


def under_way(session: Session) -> list[Run]:
    """Return what is being worked on, in the order in which it was begun."""
    return list(session.exec(select(Run).where(Run.status == "running").order_by(col(Run.started_at))))


def last_sign_of_life(session: Session, until: datetime) -> datetime | None:
    """Return the newest moment up to then at which the bot is known to have worked."""
    acted = session.exec(select(func.max(AuditRow.at)).where(AuditRow.at <= until)).one()
    fired = session.exec(select(func.max(Timer.fired_at)).where(col(Timer.fired_at) <= until)).one()
    return max(filter(None, [acted, fired]), default=None)
