"""Clocks of incidents; whatever changes one is a compare-and-set, so that met and breached are each recorded once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, func, select

from storage.tables import Clock, Incident

_RUNS = (col(Clock.met_at).is_(None), col(Clock.stopped_at).is_(None))


def get(session: Session, clock_id: int) -> Clock | None:
    """Return the clock."""
    return session.get(Clock, clock_id, populate_existing=True)


def of(session: Session, incident_id: str) -> tuple[Clock, ...]:
    """Return all clocks of the incident, oldest first."""
    return tuple(session.exec(select(Clock).where(Clock.incident_id == incident_id).order_by(col(Clock.id))))


def running(session: Session, incident_id: str) -> list[Clock]:
    """Return the clocks that are neither met nor stopped, soonest first; those that rest too."""
    query = select(Clock).where(Clock.incident_id == incident_id, *_RUNS).order_by(col(Clock.due_at))
    return list(session.exec(query))


def start(session: Session, incident_id: str, kind: str, now: datetime, due_at: datetime) -> Clock:
    """Return the next clock of the kind."""
    count = select(func.max(Clock.number)).where(Clock.incident_id == incident_id, Clock.kind == kind)
    number = (session.exec(count).one() or 0) + 1
    clock = Clock(incident_id=incident_id, kind=kind, number=number, started_at=now, due_at=due_at)
    session.add(clock)
    session.flush()
    return clock


def meet(session: Session, clock: Clock, now: datetime, by: str) -> bool:
    """Return whether it was still owed, and is met now."""
    return _change(session, clock, *_RUNS, met_at=now, met_by=by, paused_at=None)


def stop(session: Session, clock: Clock, now: datetime) -> bool:
    """Return whether it was still owed, and is not any more."""
    return _change(session, clock, *_RUNS, stopped_at=now, paused_at=None)


def breach(session: Session, clock: Clock, now: datetime) -> bool:
    """Return whether its time had come while it ran; recorded once."""
    at = [col(Clock.due_at) <= now, col(Clock.paused_at).is_(None), col(Clock.breached_at).is_(None)]
    return _change(session, clock, *_RUNS, *at, breached_at=now)


def warn(session: Session, clock: Clock, now: datetime) -> bool:
    """Return whether it still ran and nobody was warned so far."""
    at = [col(Clock.due_at) > now, col(Clock.paused_at).is_(None), col(Clock.warned_at).is_(None)]
    return _change(session, clock, *_RUNS, *at, warned_at=now)


def pause(session: Session, clock: Clock, now: datetime, by: str, why: str) -> bool:
    """Return whether it ran, and rests now."""
    at = [col(Clock.paused_at).is_(None), col(Clock.breached_at).is_(None)]
    return _change(session, clock, *_RUNS, *at, paused_at=now, paused_by=by, paused_why=why)


def resume(session: Session, clock: Clock, due_at: datetime, rested: timedelta) -> bool:
    """Return whether it rested, and runs again until a later time."""
    rested_s = clock.rested_s + int(rested.total_seconds())
    values = {"paused_at": None, "paused_by": None, "paused_why": None, "due_at": due_at, "rested_s": rested_s}
    return _change(session, clock, *_RUNS, col(Clock.paused_at).is_not(None), **values)


def move(session: Session, clock: Clock, due_at: datetime) -> bool:
    """Return whether it runs until another time now; one that was breached stays so."""
    return _change(session, clock, *_RUNS, col(Clock.breached_at).is_(None), due_at=due_at)


def _change(session: Session, clock: Clock, *where: ColumnElement[bool], **values: Any) -> bool:  # noqa: ANN401
    mine = update(Clock).where(col(Clock.id) == clock.id, *where).values(**values)
    changed = session.connection().execute(mine.execution_options(synchronize_session=False)).rowcount == 1
    session.refresh(clock)
    return changed


@dataclass(frozen=True)
class Kept:
    """How the clocks of one kind and severity went that were started in a span (D4)."""

    kind: str
    severity: str
    started: int
    met: int  # in time
    late: int  # met, after the breach
    breached: int  # late ones, and those that are still owed
    stopped: int
    median_s: float | None  # from start to met


def figures(
    session: Session, since: datetime, until: datetime, *, drills: bool = False, kinds: Collection[str] = ()
) -> list[Kept]:
    """Return how the clocks went that were started from `since` until before `until`, by kind and severity.

    Drills are left out unless they are asked for.
    """
    query = select(Clock, Incident.severity).join(Incident, col(Incident.id) == col(Clock.incident_id))
    query = query.where(Clock.started_at >= since, Clock.started_at < until, Incident.is_drill == drills)
    if kinds:
        query = query.where(col(Clock.kind).in_(kinds))
    groups: dict[tuple[str, str], list[Clock]] = {}
    for clock, severity in session.exec(query):
        groups.setdefault((clock.kind, severity), []).append(clock)
    return [_kept(kind, severity, found) for (kind, severity), found in sorted(groups.items())]


def _kept(kind: str, severity: str, found: list[Clock]) -> Kept:
    took = [(one.met_at - one.started_at).total_seconds() for one in found if one.met_at is not None]
    late = sum(1 for one in found if one.met_at is not None and one.breached_at is not None)
    return Kept(
        kind=kind,
        severity=severity,
        started=len(found),
        met=len(took) - late,
        late=late,
        breached=sum(1 for one in found if one.breached_at is not None),
        stopped=sum(1 for one in found if one.stopped_at is not None),
        median_s=median(took) if took else None,
    )
