"""Which version of a model each name stands for; the newest change of a name holds."""

from sqlmodel import Session, col, select

from storage.tables import AliasChange

CHAMPION, FALLBACK, LAST_KNOWN_GOOD = "champion", "fallback", "last_known_good"


def alias(session: Session, model_id: str, name: str) -> AliasChange | None:
    """Return the newest change of what the name stands for; None where it never stood for anything."""
    query = select(AliasChange).where(AliasChange.model_id == model_id, AliasChange.alias == name)
    return session.exec(query.order_by(col(AliasChange.sequence).desc()).limit(1)).first()


def point(session: Session, new: AliasChange) -> AliasChange:
    """Return the change, written down; its number follows the one before, under a unique index."""
    before = alias(session, new.model_id, new.alias)
    new.sequence = before.sequence + 1 if before else 1
    session.add(new)
    session.flush()
    return new
