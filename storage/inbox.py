"""What came in, once each: the id of a delivery is its primary key."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from storage import failpoints
from storage.database import insert_once
from storage.tables import Inbound


def arrive(session: Session, key: str, kind: str, at: datetime, body: dict[str, Any] | None = None) -> bool:
    """Return whether this delivery is the first of its id; without a body there is nothing left to do for it."""
    first = insert_once(
        session, Inbound(key=key, kind=kind, received_at=at, body=body or {}, done_at=None if body else at)
    )
    failpoints.reach("inbound.before_commit")
    return first


def answered(session: Session, key: str, answer: dict[str, Any]) -> None:
    """Keep what the delivery's sender was told, for a second one gets the same answer."""
    session.execute(update(Inbound).where(col(Inbound.key) == key).values(body=answer))


def answer(session: Session, key: str) -> dict[str, Any]:
    """Return what the sender of this delivery was told; nothing where it has not come."""
    known = session.get(Inbound, key)
    return dict(known.body) if known else {}


def waiting(session: Session, now: datetime, limit: int = 20) -> list[Inbound]:
    """Return the deliveries whose work is not done, oldest first."""
    query = select(Inbound).where(col(Inbound.done_at).is_(None), col(Inbound.received_at) <= now)
    return list(session.exec(query.order_by(col(Inbound.received_at)).limit(limit)))


def done(session: Session, inbound: Inbound, at: datetime, error: str | None = None) -> None:
    """Mark the delivery as worked off and drop its body."""
    inbound.done_at, inbound.body, inbound.error = at, {}, error
    session.add(inbound)
    session.flush()
