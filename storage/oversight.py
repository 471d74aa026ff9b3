"""How far each model is restrained; the newest row of a segment is what the gate reads."""

from sqlmodel import Session, col, func, select

from analysis.response.restraint import Restraint, Segment, throttle_of
from analysis.vocabulary import Oversight
from storage.tables import AliasChange, OversightChange


def current(session: Session, model_id: str, segment: str = "") -> OversightChange | None:
    """Return the newest change of the segment, or None where it was never restrained; of no name: of every request."""
    query = select(OversightChange).where(OversightChange.model_id == model_id, OversightChange.segment == segment)
    return session.exec(query.order_by(col(OversightChange.sequence).desc()).limit(1)).first()


def standing(session: Session, model_id: str) -> list[OversightChange]:
    """Return what restrains the model now, of every request first."""
    newest = select(func.max(OversightChange.id)).where(OversightChange.model_id == model_id)
    ids = newest.group_by(col(OversightChange.segment))
    found = select(OversightChange).where(col(OversightChange.id).in_(ids), OversightChange.level > 0)
    return list(session.exec(found.order_by(col(OversightChange.segment))))


def strictest(session: Session, model_id: str) -> OversightChange | None:
    """Return the strictest restraint that stands, of every request before a segment; None where there is none."""
    return max(standing(session, model_id), key=lambda one: (one.level, not one.segment), default=None)


def seen(session: Session, model_id: str) -> OversightChange | None:
    """Return the strictest restraint that stands, else the change that ended the last one."""
    return strictest(session, model_id) or current(session, model_id)


def sequence(session: Session, model_id: str) -> int:
    """Return the number of the newest change; 0 where there was none."""
    query = select(func.max(OversightChange.sequence)).where(OversightChange.model_id == model_id)
    return session.exec(query).one() or 0


def restrained(session: Session) -> dict[str, OversightChange]:
    """Return the strictest restraint that stands, of each model that is restrained now."""
    newest = select(func.max(OversightChange.id)).group_by(col(OversightChange.model_id), col(OversightChange.segment))
    found = session.exec(select(OversightChange).where(col(OversightChange.id).in_(newest)))
    strictest: dict[str, OversightChange] = {}
    for one in sorted(found, key=lambda one: (one.level, not one.segment)):
        if one.level:
            strictest[one.model_id] = one
    return strictest


def change(session: Session, new: OversightChange) -> OversightChange:
    """Return the new state of the model; its number follows the one before, under a unique index."""
    new.sequence = sequence(session, new.model_id) + 1
    session.add(new)
    session.flush()
    return new


def restraint(change: OversightChange) -> Restraint:
    """Return what the change restrains, as the gate tells it."""
    return Restraint(
        Oversight(change.level),
        Segment.parse(change.segment),
        change.fallback,
        throttle_of(change.terms),
        change.at.isoformat(),
        change.until.isoformat() if change.until else None,
        change.reason,
        change.incident_id,
    )


def mark(session: Session) -> tuple[int, int]:
    """Return what is another whenever any model's restraint or serving version is."""
    seen = [session.exec(select(func.max(col(table.id)))).one() or 0 for table in (OversightChange, AliasChange)]
    return seen[0], seen[1]
