"""Removes what is too old, in small transactions, each with its line in the audit log (D6).

What an incident refers to lives as long as the incident: its alerts, the checks that saw them, its message, its
evidence. Two who work at once, or one that begins anew, remove nothing twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col, select

from analysis.policy import Retention
from analysis.response import life
from analysis.vocabulary import Oversight
from bot.services import SYSTEM, Services, kept
from storage import audit, failpoints, leases
from storage.database import insert_once
from storage.tables import Alert, Inbound, Incident, Owed, ReviewItem, Run, Timer, Upkeep

BATCH = 200  # a transaction stays far below 250 ms


@dataclass(frozen=True)
class Old:
    """Rows of a table that may go: how old, and what else must be true of them."""

    table: type[SQLModel]
    key: Any
    age: Callable[[Retention], timedelta]
    at: Any  # the time that counts
    only: Callable[[], list[ColumnElement[bool]]]


def _no_incident() -> list[ColumnElement[bool]]:
    return [col(Alert.incident_id).is_(None), col(Alert.state) == "recovered"]


def _no_alert() -> list[ColumnElement[bool]]:
    unreferred = [col(Run.incident_id).is_(None), ~exists().where(col(Alert.run_id) == Run.id)]
    return [col(Run.status).in_(["finished", "failed"]), *unreferred]


def _no_thread() -> list[ColumnElement[bool]]:
    """An incident's message stays with the incident; another one while something hangs on it."""
    child = aliased(Owed)
    ended = col(Owed.status).in_(["sent", "dropped", "withheld"])
    return [ended, col(Owed.kind) != "incident", ~exists().where(col(child.thread_of) == Owed.key)]


def _not_open() -> list[ColumnElement[bool]]:
    """A request that waits stays until somebody decides it; of an open incident each does."""
    is_open = col(Incident.state).in_([state.value for state in life.OPEN])
    mine = exists().where(col(Incident.model_id) == ReviewItem.model_id, is_open)
    over = or_(col(ReviewItem.decided_at).is_not(None), col(ReviewItem.level) < Oversight.REVIEW_BELOW_CONFIDENCE.value)
    return [over, ~mine]


OLD = {
    "alert": Old(Alert, Alert.id, lambda keep: keep.alerts, Alert.last_at, _no_incident),
    "run": Old(Run, Run.id, lambda keep: keep.monitoring, Run.finished_at, _no_alert),
    "case": Old(
        ReviewItem,
        ReviewItem.id,
        lambda keep: keep.cases,
        func.coalesce(ReviewItem.decided_at, ReviewItem.at),
        _not_open,
    ),
    "inbox": Old(Inbound, Inbound.key, lambda keep: keep.done, Inbound.done_at, list),
    "outbox": Old(Owed, Owed.id, lambda keep: keep.done, func.coalesce(Owed.sent_at, Owed.created_at), _no_thread),
    "timer": Old(Timer, Timer.id, lambda keep: keep.done, Timer.due_at, lambda: [col(Timer.status) != "pending"]),
    "upkeep": Old(Upkeep, Upkeep.id, lambda keep: keep.done, Upkeep.finished_at, list),
}


def when_due(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Queue the night's work: it takes many transactions, and files."""
    insert_once(session, Upkeep(key=timer.key, next_at=now))


@kept
def remove(services: Services, name: str) -> int:
    """Return how many rows of that kind were removed in one small transaction; 0 where none is left to go."""
    old, now = OLD[name], services.clock()
    before = now - old.age(services.policy.retention)
    with services.transaction() as session:
        chosen = select(old.key).where(old.at < before, *old.only()).limit(BATCH)
        ids = list(session.exec(chosen.with_for_update(skip_locked=True, of=old.table)))
        gone = session.connection().execute(delete(old.table).where(old.key.in_(ids))).rowcount if ids else 0
        if gone:
            note(services, session, name, rows=gone, before=before.isoformat())
    failpoints.reach("retention.after_batch")
    return int(gone)


def note(services: Services, session: Session, what: str, **data: Any) -> None:  # noqa: ANN401
    """Write the audit line of something that retention did."""
    audit.append(session, audit.Entry(SYSTEM, "retention", what, "done", data), services.clock())


@kept
def finish(services: Services, night: Upkeep, counts: dict[str, int]) -> bool:
    """Return whether the night was still ours and is recorded as done."""
    with services.transaction() as session:
        return leases.settle(session, night, status="finished", finished_at=services.clock(), counts=counts)
