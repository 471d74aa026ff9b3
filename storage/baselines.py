"""Baselines: versioned by day, one active a model, never deleted (003 §4.3)."""

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from storage.tables import Baseline


def active(session: Session, model_id: str) -> Baseline | None:
    """Return the model's active baseline."""
    return session.exec(select(Baseline).where(Baseline.model_id == model_id, col(Baseline.is_active))).first()


def activate(session: Session, new: Baseline) -> Baseline:
    """Return the new baseline, active; the one before stays, inactive. Its version is `<day>-v<n>`."""
    day = f"{new.created_at:%Y-%m-%d}"
    query = select(func.count()).select_from(Baseline)
    same_day = query.where(Baseline.model_id == new.model_id, col(Baseline.version).startswith(day))
    new.version = f"{day}-v{session.exec(same_day).one() + 1}"
    was = update(Baseline).where(col(Baseline.model_id) == new.model_id).values(is_active=False)
    session.connection().execute(was)
    new.is_active = True
    session.add(new)
    session.flush()
    return new
