"""What is owed may have been sent by a bot that this database does not know of: the one that ran after its backup."""

from datetime import datetime

from sqlalchemy import case, func, update
from sqlmodel import Session, col

from storage.outbox import WAITING
from storage.tables import Owed


def doubt_all(session: Session, since: datetime) -> int:
    """Return how many waiting rows may have been sent already, at `since` or later: each is looked for first."""
    first = case((func.coalesce(Owed.first_try_at, since) < since, Owed.first_try_at), else_=since)
    values = {"status": "pending", "uncertain": True, "owner": None, "first_try_at": first}
    waiting = update(Owed).where(col(Owed.status).in_(WAITING))
    return int(session.connection().execute(waiting.values(**values)).rowcount)
