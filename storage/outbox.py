"""What is owed to the outside, claimed under a lease and finished only by the claim's owner.

A row whose sender died while Slack may have taken it is claimed again as `uncertain`, and the next sender looks for it
before it posts. Whoever sends marks the row right before (`mark`): a claim that was lost meanwhile sends nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from storage.database import insert_once
from storage.tables import Owed

WAITING = ("pending", "sending")
UNPACED = ("update", "storm_update", "withdraw", "mail")  # Slack's one post a second and channel does not count them


def owe(session: Session, owed: Owed) -> bool:
    """Return whether the row is new: a key is owed once; an edit like one that still waits makes that one sooner."""
    if insert_once(session, owed):
        return True
    if owed.coalesce is not None:
        sooner = {
            "priority": case((col(Owed.priority) > owed.priority, owed.priority), else_=Owed.priority),
            "next_at": case((col(Owed.next_at) > owed.next_at, owed.next_at), else_=Owed.next_at),
        }
        _update(session, [col(Owed.coalesce) == owed.coalesce, col(Owed.status) == "pending"], **sooner)
    return False


@dataclass(frozen=True)
class Claimant:
    """Who claims, when, for how long, and what has to rest: channels, edits."""

    owner: str
    now: datetime
    lease: timedelta
    resting: Collection[str] = ()
    edits_rest: bool = False
    interval: timedelta = timedelta(0)  # between two posts in a channel, whoever sends them
    look_after: timedelta = timedelta(0)  # what may be in Slack already is looked for so long after it was sent
    only: Collection[str] = ()  # kinds, where the rest cannot be sent at all


def claim(session: Session, claimant: Claimant) -> Owed | None:
    """Return the most urgent row that may be sent now, leased to the claimant; None where there is none."""
    query = select(Owed.id).where(*_ready(claimant)).order_by(col(Owed.priority), col(Owed.id)).limit(1)
    found = session.exec(query.with_for_update(skip_locked=True)).first()
    if found is None:
        return None
    row = session.get(Owed, found, populate_existing=True)
    assert row is not None
    row.uncertain = row.uncertain or (row.status == "sending" and row.tried_at is not None)
    row.status, row.owner, row.attempts = "sending", claimant.owner, row.attempts + 1
    row.next_at = claimant.now + claimant.lease
    row.first_try_at = row.first_try_at or claimant.now
    session.add(row)
    session.flush()
    return row


def is_any_due(session: Session, claimant: Claimant) -> bool:
    """Return whether there is something to claim: a look that locks nothing."""
    return session.exec(select(Owed.id).where(*_ready(claimant)).limit(1)).first() is not None


def _ready(claimant: Claimant) -> list[ColumnElement[bool]]:
    parent, earlier, other = aliased(Owed), aliased(Owed), aliased(Owed)
    now = claimant.now
    is_edit = col(Owed.kind).in_(UNPACED)
    elsewhere = col(Owed.channel).not_in(claimant.resting)
    settled = or_(
        col(Owed.status) == "pending", col(Owed.tried_at).is_(None), col(Owed.tried_at) <= now - claimant.look_after
    )
    return [
        *([col(Owed.kind).in_(claimant.only)] if claimant.only else []),
        col(Owed.status).in_(WAITING),
        col(Owed.next_at) <= now,
        settled,
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
        ~exists().where(  # of two edits at once the older might arrive last
            col(other.coalesce) == Owed.coalesce, col(other.status) == "sending", col(other.next_at) > now
        ),
        and_(~is_edit, elsewhere) if claimant.edits_rest else or_(is_edit, elsewhere),
        or_(is_edit, ~_is_pacing(now - claimant.interval)),
    ]


def _is_pacing(since: datetime) -> ColumnElement[bool]:
    before = aliased(Owed)
    paced = [col(before.kind).not_in(UNPACED), col(before.id) != col(Owed.id)]
    return exists().where(col(before.channel) == Owed.channel, col(before.tried_at) > since, *paced)


def mark(session: Session, row: Owed, claimant: Claimant) -> bool:
    """Return whether the claim still holds; then the row is tried now, and its lease begins anew."""
    row.tried_at = claimant.now
    return settle(session, row, tried_at=claimant.now, next_at=claimant.now + claimant.lease)


def next_due(session: Session) -> datetime | None:
    """Return when the next waiting row may be claimed."""
    return session.exec(select(func.min(Owed.next_at)).where(col(Owed.status).in_(WAITING))).first()


def settle(session: Session, row: Owed, **values: Any) -> bool:  # noqa: ANN401
    """Return whether the claim still held and the values were written; a lost lease writes nothing."""
    held = [col(Owed.id) == row.id, col(Owed.owner) == row.owner, col(Owed.attempts) == row.attempts]
    return _update(session, [*held, col(Owed.status) == "sending"], **values) == 1


def again(session: Session, row: Owed, at: datetime, error: str, *, uncertain: bool) -> bool:
    """Return whether the row waits again; an edit that a newer waiting one replaces is done with."""
    newer = (
        row.coalesce is not None
        and session.exec(select(Owed.id).where(Owed.coalesce == row.coalesce, Owed.status == "pending")).first()
    )
    if newer:
        return settle(session, row, status="sent", last_error="replaced by a newer edit")
    return settle(session, row, status="pending", next_at=at, last_error=error, uncertain=row.uncertain or uncertain)


def post_anew(session: Session, parent: Owed, at: datetime, why: str, channel: str | None = None) -> bool:
    """Return whether a message that is gone is owed once more, in another channel where one is named.

    What belongs to it waits until it stands again. Only the first to notice does it.
    """
    still = [col(Owed.id) == parent.id, col(Owed.status) == "sent", col(Owed.remote_ts) == parent.remote_ts]
    values = {
        "status": "pending",
        "next_at": at,
        "uncertain": False,
        "first_try_at": None,
        "tried_at": None,
        "remote_ts": None,
        "remote_channel": None,
        "channel": channel or parent.channel,
        "data": {**parent.data, "posted_anew": why},
    }
    return _update(session, still, **values) == 1


def by_key(session: Session, key: str) -> Owed | None:
    """Return the row of that key."""
    return session.exec(select(Owed).where(Owed.key == key)).first()


def parked(session: Session) -> list[Owed]:
    """Return what delivery gave up on, oldest first."""
    return listed(session, ("parked",))


def listed(session: Session, statuses: Sequence[str], limit: int | None = None) -> list[Owed]:
    """Return the rows in these states, oldest first; at most so many of the newest."""
    query = select(Owed).where(col(Owed.status).in_(statuses)).order_by(col(Owed.id).desc())
    return list(reversed(session.exec(query.limit(limit) if limit else query).all()))


def send_again(session: Session, row: Owed, at: datetime) -> bool:
    """Return whether a row that was given up is owed again; what may have reached Slack is looked for first."""
    values = {"status": "pending", "next_at": at, "attempts": 0, "first_try_at": row.first_try_at or at}
    return _update(session, [col(Owed.id) == row.id, col(Owed.status) == "parked"], **values) == 1


def drop(session: Session, row: Owed) -> bool:
    """Return whether a row that was given up, and what waits for it, will never be sent."""
    if _update(session, [col(Owed.id) == row.id, col(Owed.status) == "parked"], status="dropped") != 1:
        return False
    _update(session, [col(Owed.thread_of) == row.key, col(Owed.status) == "pending"], status="dropped")
    return True


def waiting_for(session: Session, key: str) -> int:
    """Return how many rows wait until the row of that key is sent."""
    query = select(func.count()).select_from(Owed).where(Owed.thread_of == key, col(Owed.status).in_(WAITING))
    return session.exec(query).one()


def release(session: Session, keys: Collection[str], at: datetime, reason: str, *, status: str = "pending") -> int:
    """Return how many withheld rows are owed after all, or keep their state for another reason."""
    withheld = [col(Owed.key).in_(keys), col(Owed.status) == "withheld"]
    return _update(session, withheld, status=status, next_at=at, reason=reason)


def keys_withheld(session: Session, subject: str) -> list[str]:
    """Return the keys of what is withheld about one record."""
    return list(session.exec(select(Owed.key).where(Owed.subject == subject, Owed.status == "withheld")))


def times(session: Session, kinds: Collection[str], since: datetime) -> list[float]:
    """Return the seconds from being owed to being sent, of what was sent since then, sorted (B4)."""
    query = select(Owed.created_at, Owed.sent_at).where(col(Owed.kind).in_(kinds), col(Owed.sent_at) >= since)
    return sorted((sent - created).total_seconds() for created, sent in session.exec(query) if sent is not None)


def _update(session: Session, where: Sequence[Any], **values: Any) -> int:  # noqa: ANN401
    statement = update(Owed).where(*where).values(**values).execution_options(synchronize_session=False)
    return int(session.connection().execute(statement).rowcount)
