"""Baselines: versioned by day, one active a model, never deleted (003 §4.3)."""

from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from storage import alerts, people
from storage.tables import Baseline, Model


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


@dataclass(frozen=True)
class BaselineView:
    """What is shown of a model's baseline: the active one, who made it, how many are kept, the reset under way."""

    model_id: str
    active: Baseline | None = None
    name: str | None = None
    kept: int = 0
    reset: str | None = None  # the incident that documents it


def views(session: Session) -> list[BaselineView]:
    """Return each model's baseline, as it is shown."""
    active = {one.model_id: one for one in session.exec(select(Baseline).where(col(Baseline.is_active)))}
    counts = dict(session.exec(select(Baseline.model_id, func.count()).group_by(col(Baseline.model_id))).all())
    known = people.by_id(session, {one.created_by for one in active.values()})
    found = []
    for model_id in session.exec(select(Model.id).order_by(col(Model.id))):
        maker = known.get(active[model_id].created_by) if model_id in active else None
        reset = alerts.open_with(session, f"baseline_reset:{model_id}")
        mine = active.get(model_id), maker.name if maker else None, counts.get(model_id, 0)
        found.append(BaselineView(model_id, *mine, reset.incident_id if reset else None))
    return found
