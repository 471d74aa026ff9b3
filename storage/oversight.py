"""How far each model is restrained; the newest row is what the gate reads."""

from sqlmodel import Session, col, select

from storage.tables import OversightChange


def current(session: Session, model_id: str) -> OversightChange | None:
    """Return the newest change, or None where the model was never restrained."""
    query = select(OversightChange).where(OversightChange.model_id == model_id)
    return session.exec(query.order_by(col(OversightChange.sequence).desc()).limit(1)).first()


def change(session: Session, new: OversightChange) -> OversightChange:
    """Return the new state of the model; its number follows the one before, under a unique index."""
    before = current(session, new.model_id)
    new.sequence = before.sequence + 1 if before else 1
    session.add(new)
    session.flush()
    return new
