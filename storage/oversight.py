"""How far each model is restrained; the newest row is what the gate reads."""

from sqlmodel import Session, col, func, select

from storage.tables import OversightChange


def current(session: Session, model_id: str) -> OversightChange | None:
    """Return the newest change, or None where the model was never restrained."""
    query = select(OversightChange).where(OversightChange.model_id == model_id)
    return session.exec(query.order_by(col(OversightChange.sequence).desc()).limit(1)).first()


def restrained(session: Session) -> dict[str, OversightChange]:
    """Return the newest change of each model that is restrained now, by model."""
    newest = select(func.max(OversightChange.id)).group_by(col(OversightChange.model_id))
    found = session.exec(select(OversightChange).where(col(OversightChange.id).in_(newest)))
    return {one.model_id: one for one in found if one.level}


def change(session: Session, new: OversightChange) -> OversightChange:
    """Return the new state of the model; its number follows the one before, under a unique index."""
    before = current(session, new.model_id)
    new.sequence = before.sequence + 1 if before else 1
    session.add(new)
    session.flush()
    return new
