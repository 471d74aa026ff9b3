"""Work that a process does outside any transaction: claimed with a lease, settled only by its claim.

Runs, evidence bundles, lists of who was affected, retrains and nights of retention are such work. A claim counts
`attempts`; a result that comes with an older count than the row's is late, and writes nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import update
from sqlmodel import Session, col, select

from storage.tables import AffectedList, Bundle, Owed, RetrainRequest, Rollout, Run, Upkeep


class Leased(Protocol):
    """What a table needs to be worked on this way."""

    id: Any
    status: str
    attempts: int
    next_at: datetime


Work = TypeVar("Work", AffectedList, Run, Bundle, RetrainRequest, Rollout, Upkeep)


@dataclass(frozen=True)
class Lease:
    """Until when the claim holds, and the names of the states in which the work waits and is under way."""

    now: datetime
    length: timedelta
    under_way: str
    waits: str = "queued"  # the state in which the work waits


def claim(session: Session, table: type[Work], lease: Lease) -> Work | None:
    """Return the oldest row that waits, or whose lease ran out, claimed; None where there is none."""
    due = [col(table.status).in_([lease.waits, lease.under_way]), col(table.next_at) <= lease.now]
    query = select(table).where(*due).order_by(col(table.next_at)).limit(1).with_for_update(skip_locked=True)
    row = session.exec(query).first()
    if row is None:
        return None
    row.status, row.attempts, row.next_at = lease.under_way, row.attempts + 1, lease.now + lease.length
    session.add(row)
    session.flush()
    return row


def is_any_waiting(session: Session, table: type[Work], lease: Lease) -> bool:
    """Return whether a claim would find something."""
    due = [col(table.status).in_([lease.waits, lease.under_way]), col(table.next_at) <= lease.now]
    return session.exec(select(table.id).where(*due).limit(1)).first() is not None


UNDER_WAY: tuple[tuple[Any, str], ...] = (
    (Run, "running"), (Bundle, "making"), (AffectedList, "counting"), (Owed, "sending"), (Upkeep, "running"),
    (RetrainRequest, "running"), (RetrainRequest, "validating"),
    (Rollout, "running"), (Rollout, "undoing"), (RetrainRequest, "running"), (RetrainRequest, "validating"),
)  # fmt: skip


def release_all(session: Session, now: datetime) -> int:
    """Return how many claims were ended early: for a start at which it is known that no other process works."""
    ended = 0
    for table, under_way in UNDER_WAY:
        claimed = update(table).where(col(table.status) == under_way, col(table.next_at) > now)
        statement = claimed.values(next_at=now).execution_options(synchronize_session=False)
        ended += session.connection().execute(statement).rowcount
    return ended


def renew(session: Session, row: Work, until: datetime) -> bool:
    """Return whether the claim still held, and holds until then; `row` knows it too."""
    return settle(session, row, next_at=until)


def settle(session: Session, row: Work, **values: Any) -> bool:  # noqa: ANN401
    """Return whether the claim still held and the values were written."""
    table = type(row)
    held = [col(table.id) == row.id, col(table.attempts) == row.attempts, col(table.status) == row.status]
    statement = update(table).where(*held).values(**values).execution_options(synchronize_session=False)
    return bool(session.connection().execute(statement).rowcount == 1)
