"""Baselines: versioned by day, one active a model, never deleted (003 §4.3)."""

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from storage.tables import Baseline


def active(session: Session, model_id: str) -> Baseline | None:
    """Return the model's active baseline."""
    return session.exec(select(Baseline).where(Baseline.model_id == model_id, col(Baseline.is_active))).first()


def of(session: Session, model_id: str) -> list[Baseline]:
    """Return the model's baselines, oldest first."""
    return list(session.exec(select(Baseline).where(Baseline.model_id == model_id).order_by(col(Baseline.id))))


def get(session: Session, model_id: str, version: str) -> Baseline | None:
    """Return one version of the model's baselines."""
    found = select(Baseline).where(Baseline.model_id == model_id, Baseline.version == version)
    return session.exec(found).one_or_none()


def keep(session: Session, new: Baseline) -> Baseline:
    """Return the new baseline, stored and not active. Its version is `<day>-v<n>`."""
    day = f"{new.created_at:%Y-%m-%d}"
    query = select(func.count()).select_from(Baseline)
    same_day = query.where(Baseline.model_id == new.model_id, col(Baseline.version).startswith(day))
    new.version, new.is_active = f"{day}-v{session.exec(same_day).one() + 1}", False
    session.add(new)
    session.flush()
    return new


def switch(session: Session, to: Baseline) -> Baseline:
    """Return the stored baseline, now the active one; the one before stays, inactive."""
    was = update(Baseline).where(col(Baseline.model_id) == to.model_id).values(is_active=False)
    session.connection().execute(was)
    session.refresh(to)
    to.is_active = True
    session.add(to)
    session.flush()
    return to


def activate(session: Session, new: Baseline) -> Baseline:
    """Return the new baseline, stored and active."""
    return switch(session, keep(session, new))
