"""What is due. Planning twice is planning once; firing is a compare-and-set."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from storage.database import insert_once
from storage.tables import Timer


def plan(session: Session, timer: Timer) -> bool:
    """Return whether the timer is new; one of the same key stays as it is."""
    return insert_once(session, timer)


def take(session: Session, now: datetime, but: Collection[int] = ()) -> Timer | None:
    """Return the oldest due timer but those, marked fired in this transaction; None where nothing else is due."""
    query = select(Timer).where(Timer.status == "pending", col(Timer.due_at) <= now).order_by(col(Timer.due_at))
    query = query.where(col(Timer.id).not_in(but)) if but else query
    timer = session.exec(query.limit(1).with_for_update(skip_locked=True)).first()
    if timer is not None:
        timer.status, timer.fired_at = "fired", now
        session.add(timer)
        session.flush()
    return timer


def by_key(session: Session, key: str) -> Timer | None:
    """Return the timer of that key."""
    return session.exec(select(Timer).where(Timer.key == key)).first()


def newer_due(session: Session, timer: Timer, now: datetime) -> bool:
    """Return whether a newer timer of the same work is due too, or has fired: then this one is behind its time.

    Steps of an escalation that end at different states are not the same work.
    """
    same = [
        col(Timer.kind) == timer.kind,
        col(Timer.subject) == timer.subject,
        col(Timer.status).in_(["pending", "fired"]),
    ]
    query = select(Timer).where(*same, col(Timer.due_at) > timer.due_at, col(Timer.due_at) <= now)
    return any(one.data.get("until") == timer.data.get("until") for one in session.exec(query))


def cancel(session: Session, subject: str, kinds: Collection[str]) -> int:
    """Return how many waiting timers of the subject were cancelled."""
    waiting = [col(Timer.subject) == subject, col(Timer.kind).in_(kinds), col(Timer.status) == "pending"]
    statement = update(Timer).where(*waiting).values(status="cancelled").execution_options(synchronize_session=False)
    return int(session.connection().execute(statement).rowcount)


def of(session: Session, subject: str, kind: str) -> list[Timer]:
    """Return every timer of the kind that the subject has or had, in the order in which they were planned."""
    query = select(Timer).where(Timer.subject == subject, Timer.kind == kind)
    return list(session.exec(query.order_by(col(Timer.id))))


def settle(session: Session, timer: Timer, status: str, now: datetime | None = None) -> bool:
    """Return whether the timer waited until now, and is fired or cancelled from now on."""
    statement = (
        update(Timer)
        .where(col(Timer.id) == timer.id, col(Timer.status) == "pending")
        .values(status=status, fired_at=now)
        .execution_options(synchronize_session=False)
    )
    waited = session.connection().execute(statement).rowcount == 1
    session.refresh(timer)
    return waited


def waiting(session: Session, subject: str) -> list[Timer]:
    """Return the subject's waiting timers, soonest first."""
    query = select(Timer).where(Timer.subject == subject, Timer.status == "pending")
    return list(session.exec(query.order_by(col(Timer.due_at))))


def next_of(session: Session, subject: str, kind: str) -> Timer | None:
    """Return the subject's soonest waiting timer of the kind."""
    return next((timer for timer in waiting(session, subject) if timer.kind == kind), None)


def is_any_due(session: Session, now: datetime) -> bool:
    """Return whether anything is due."""
    return (
        session.exec(select(Timer.id).where(Timer.status == "pending", col(Timer.due_at) <= now).limit(1)).first()
        is not None
    )


def first_due(session: Session, kind: str, subject: str) -> datetime | None:
    """Return when the first timer ever planned for the job was due; None for a new job."""
    return session.exec(select(func.min(Timer.due_at)).where(Timer.kind == kind, Timer.subject == subject)).first()
