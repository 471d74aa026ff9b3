"""Stretches of quiet: in force from their start until their end, or until somebody or something ended them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from storage import people
from storage.tables import Alert, Quiet


def keep(session: Session, quiet: Quiet) -> Quiet:
    """Return the new quiet."""
    session.add(quiet)
    session.flush()
    return quiet


def get(session: Session, quiet_id: str) -> Quiet | None:
    """Return the quiet of that id."""
    return session.get(Quiet, quiet_id, populate_existing=True)


def in_force(session: Session, now: datetime, *kinds: str) -> list[Quiet]:
    """Return what is in force, soonest to end first; of these kinds only, where any is named."""
    query = select(Quiet).where(col(Quiet.ended_at).is_(None), Quiet.starts_at <= now, Quiet.ends_at > now)
    if kinds:
        query = query.where(col(Quiet.kind).in_(kinds))
    return list(session.exec(query.order_by(col(Quiet.ends_at), col(Quiet.id))))


def of(session: Session, incident_id: str, kind: str, now: datetime) -> Quiet | None:
    """Return the quiet of that kind that is in force over the incident."""
    return next((one for one in in_force(session, now, kind) if one.incident_id == incident_id), None)


def end(session: Session, quiet: Quiet, now: datetime, by: str, why: str) -> bool:
    """Return whether it had not ended, and has now."""
    mine = update(Quiet).where(col(Quiet.id) == quiet.id, col(Quiet.ended_at).is_(None))
    values = mine.values(ended_at=now, ended_by=by, ended_why=why)
    ended = session.connection().execute(values.execution_options(synchronize_session=False)).rowcount == 1
    session.refresh(quiet)
    return ended


def held(session: Session, quiet_id: str) -> list[Alert]:
    """Return the open alerts without an incident that it held back, oldest first."""
    query = select(Alert).where(Alert.quiet_id == quiet_id, Alert.state == "open", col(Alert.incident_id).is_(None))
    return list(session.exec(query.order_by(col(Alert.first_at), col(Alert.id))))


def counts(session: Session) -> dict[str, int]:
    """Return how many open alerts each quiet holds back, by its id."""
    query = select(Alert.quiet_id, func.count()).where(Alert.state == "open", col(Alert.incident_id).is_(None))
    rows = session.exec(query.where(col(Alert.quiet_id).is_not(None)).group_by(col(Alert.quiet_id)))
    return {quiet_id: count for quiet_id, count in rows if quiet_id is not None}


@dataclass(frozen=True)
class QuietView:
    """What is shown of a quiet: itself, who made it, how many alerts it holds back."""

    quiet: Quiet
    name: str | None = None
    held: int = 0


def views(session: Session, now: datetime) -> list[QuietView]:
    """Return what is in force, as it is shown."""
    return _views(session, in_force(session, now))


def view(session: Session, quiet_id: str) -> QuietView | None:
    """Return the quiet of that id, as it is shown."""
    found = get(session, quiet_id)
    return _views(session, [found])[0] if found else None


def _views(session: Session, found: list[Quiet]) -> list[QuietView]:
    held, known = counts(session), people.by_id(session, {one.by for one in found})
    return [QuietView(one, known[one.by].name if one.by in known else None, held.get(one.id, 0)) for one in found]
