"""Shifts that somebody took over; the newest that was not cancelled holds."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from storage.tables import Override


def taken(session: Session, since: datetime, rota: str | None = None) -> list[Override]:
    """Return what is taken over and ends after the moment, oldest first."""
    query = select(Override).where(col(Override.cancelled_at).is_(None), col(Override.ends_at) > since)
    if rota is not None:
        query = query.where(Override.rota == rota)
    return list(session.exec(query.order_by(col(Override.id))))


def add(session: Session, override: Override) -> int:
    """Return the id of the new one."""
    session.add(override)
    session.flush()
    assert override.id is not None
    return override.id


def get(session: Session, override_id: int) -> Override | None:
    """Return the one of that id."""
    return session.get(Override, override_id)


def swapped(session: Session, override: Override) -> list[Override]:
    """Return what stands and falls with it: the two halves of a swap, else itself."""
    if override.swap is None:
        return [override]
    return list(session.exec(select(Override).where(Override.swap == override.swap).order_by(col(Override.id))))


def cancel(session: Session, override: Override, by: str, at: datetime) -> bool:
    """Return whether it held until now, and does no more."""
    statement = (
        update(Override)
        .where(col(Override.id) == override.id, col(Override.cancelled_at).is_(None))
        .values(cancelled_at=at, cancelled_by=by)
        .execution_options(synchronize_session=False)
    )
    held = session.connection().execute(statement).rowcount == 1
    session.refresh(override)
    return held
