"""Gives out the numbers that people type: INC-2026-11-007, ALR-1042, RTR-31."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

PLAIN = ("retrain", "rollout", "approval", "quiet", "follow_up")  # counted from 1


def take(session: Session, name: str, first: int = 1) -> int:
    """Return the next number under the name; the row stays locked until the commit, so none is given twice."""
    statement = text(
        "INSERT INTO counter (name, value) VALUES (:name, :first)"
        " ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value"
    )
    return int(session.connection().execute(statement, {"name": name, "first": first}).scalar_one())


def incident_id(session: Session, at: datetime) -> str:
    """Return the next incident id of the month."""
    month = f"{at:%Y-%m}"
    return f"INC-{month}-{take(session, f'incident:{month}'):03d}"


def alert_id(session: Session) -> str:
    """Return the next alert id."""
    return f"ALR-{take(session, 'alert', first=1001)}"


def retrain_id(session: Session) -> str:
    """Return the next id of a retrain request."""
    return f"RTR-{take(session, 'retrain')}"


def rollout_id(session: Session, kind: str) -> str:
    """Return the next id of a promotion (PRM-1) or a rollback (RBK-2)."""
    return f"{'PRM' if kind == 'promote' else 'RBK'}-{take(session, 'rollout')}"


def approval_id(session: Session) -> str:
    """Return the next id of a wish that needs a second person."""
    return f"APR-{take(session, 'approval')}"


def follow_up_id(session: Session) -> str:
    """Return the next id of something to be done after an incident."""
    return f"FUP-{take(session, 'follow_up')}"


def quiet_id(session: Session) -> str:
    """Return the next id of a stretch of quiet."""
    return f"QUI-{take(session, 'quiet')}"


def leave_out(session: Session, gap: int, since: datetime, until: datetime) -> None:
    """Let the numbers go on after a gap: those in it may have been given out though nothing here knows of it."""
    months = {f"{since:%Y-%m}", f"{until:%Y-%m}"}
    for name, first in ((f"incident:{month}", 1) for month in sorted(months)):
        take(session, name, first)
    take(session, "alert", first=1001)
    for name in PLAIN:
        take(session, name)
    names = [*(f"incident:{month}" for month in sorted(months)), "alert", *PLAIN]
    for name in names:
        statement = text("UPDATE counter SET value = value + :gap - 1 WHERE name = :name")
        session.connection().execute(statement, {"gap": gap, "name": name})
