"""What is owed to the outside, claimed under a lease and finished only by the claim's owner.

A row that was being sent when its sender died may have reached Slack: it is claimed again as `uncertain`, and the
sender looks for it before it posts.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from storage.database import insert_once
from storage.tables import Owed

WAITING = ("pending", "sending")
UNPACED = ("update", "home")  # edits are not counted by Slack's one post a second and channel


def owe(session: Session, owed: Owed) -> bool:
    """Return whether the row is new: the same key, or an edit like one that still waits, is owed once."""
    return insert_once(session, owed)


@dataclass(frozen=True)
class Claimant:
    """Who claims, when, for how long, and which channels have had their post for this second."""

    owner: str
    now: datetime
    lease: timedelta
    resting: Collection[str] = ()


def claim(session: Session, claimant: Claimant) -> Owed | None:
    """Return the most urgent row that may be sent now, leased to the claimant; None where there is none."""
    waiting = select(Owed.id).where(col(Owed.status).in_(WAITING), col(Owed.next_at) <= claimant.now)
    parent, earlier = aliased(Owed), aliased(Owed)
    ready = waiting.where(
        or_(
            col(Owed.thread_of).is_(None),
            exists().where(col(parent.key) == Owed.thread_of, col(parent.status) == "sent"),
        ),
        ~exists().where(  # lines of a thread keep their order; edits, pictures and files stand outside it
            col(earlier.thread_of) == Owed.thread_of,
            col(Owed.kind) == "reply",
            col(earlier.kind) == "reply",
            col(earlier.id) < col(Owed.id),
            col(earlier.status).in_(WAITING),
        ),
        or_(col(Owed.kind).in_(UNPACED), col(Owed.channel).not_in(claimant.resting)),
    )
    query = ready.order_by(col(Owed.priority), col(Owed.id)).limit(1).with_for_update(skip_locked=True)
    found = session.exec(query).first()
    if found is None:
        return None
    row = session.get(Owed, found, populate_existing=True)
    assert row is not None
    row.uncertain = row.uncertain or row.status == "sending"
    row.status, row.owner, row.attempts = "sending", claimant.owner, row.attempts + 1
    row.next_at = claimant.now + claimant.lease
    row.first_try_at = row.first_try_at or claimant.now
    session.add(row)
    session.flush()
    return row


def next_due(session: Session) -> datetime | None:
    """Return when the next waiting row may be claimed."""
    return session.exec(select(func.min(Owed.next_at)).where(col(Owed.status).in_(WAITING))).first()


def settle(session: Session, row: Owed, **values: Any) -> bool:  # noqa: ANN401
    """Return whether the claim still held and the values were written; a lost lease writes nothing."""
    held = [col(Owed.id) == row.id, col(Owed.owner) == row.owner, col(Owed.attempts) == row.attempts]
    statement = (
        update(Owed)
        .where(*held, col(Owed.status) == "sending")
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(session.connection().execute(statement).rowcount == 1)


def again(session: Session, row: Owed, at: datetime, error: str, *, uncertain: bool) -> bool:
    """Return whether the row waits again; an edit that a newer waiting one replaces is done with."""
    newer = (
        row.coalesce is not None
        and session.exec(select(Owed.id).where(Owed.coalesce == row.coalesce, Owed.status == "pending")).first()
    )
    if newer:
        return settle(session, row, status="sent", last_error="replaced by a newer edit")
    return settle(session, row, status="pending", next_at=at, last_error=error, uncertain=row.uncertain or uncertain)


def by_key(session: Session, key: str) -> Owed | None:
    """Return the row of that key."""
    return session.exec(select(Owed).where(Owed.key == key)).first()


def parked(session: Session) -> list[Owed]:
    """Return what delivery gave up on, oldest first."""
    return list(session.exec(select(Owed).where(Owed.status == "parked").order_by(col(Owed.id))))
