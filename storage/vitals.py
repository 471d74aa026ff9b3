"""What tells whether messages leave the house: how many wait, how many were given up, since when the oldest waits."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, or_, select

from storage.outbox import ELSEWHERE
from storage.tables import Owed


@dataclass(frozen=True)
class Waiting:
    """Messages owed, messages given up, and since when the oldest that could be sent waits: in Slack, and elsewhere."""

    owed: int
    parked: int
    since: datetime | None
    elsewhere_since: datetime | None  # other systems are not ours to be well


def waiting(session: Session, now: datetime) -> Waiting:
    """Return how things stand; what waits for a message that is not posted itself is counted, but not late."""
    parent = aliased(Owed)
    since = func.coalesce(Owed.first_try_at, Owed.next_at)  # a row that is tried again has another `next_at` each time
    oldest = (
        select(func.min(since))
        .outerjoin(parent, col(parent.key) == col(Owed.thread_of))
        .where(text("outbox.status IN ('pending', 'sending')"))
        .where(since <= now, or_(col(Owed.thread_of).is_(None), col(parent.status) == "sent"))
    )
    is_elsewhere = col(Owed.kind).in_(ELSEWHERE)
    ours, others = (session.exec(oldest.where(which)).one() for which in (~is_elsewhere, is_elsewhere))
    return Waiting(_count(session, "pending", "sending"), _count(session, "parked"), ours, others)


def _count(session: Session, *statuses: str) -> int:
    return session.exec(select(func.count()).select_from(Owed).where(col(Owed.status).in_(statuses))).one()
