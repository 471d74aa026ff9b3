"""Reviews of the calendar; each turn is opened once and held once."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, or_, select

from storage.database import insert_once
from storage.tables import DueReview


def open_turn(session: Session, review: DueReview) -> bool:
    """Return whether the turn is new; one of the same key stays as it is."""
    return insert_once(session, review)


def get(session: Session, key: str) -> DueReview | None:
    """Return the turn of that key."""
    return session.get(DueReview, key, populate_existing=True)


def hold(session: Session, review: DueReview, by: str, at: datetime) -> bool:
    """Return whether it was still owed, and is held now."""
    mine = update(DueReview).where(col(DueReview.key) == review.key, col(DueReview.held_at).is_(None))
    changed = session.connection().execute(
        mine.values(held_at=at, held_by=by).execution_options(synchronize_session=False)
    )
    session.refresh(review)
    return changed.rowcount == 1


def owed(session: Session, since: datetime) -> tuple[DueReview, ...]:
    """Return the turns that nobody has held, oldest first, and those that were held since then."""
    query = select(DueReview).where(or_(col(DueReview.held_at).is_(None), col(DueReview.held_at) >= since))
    found = session.exec(query.order_by(col(DueReview.due_at), col(DueReview.key)))
    return tuple(sorted(found, key=lambda one: one.held_at is not None))
