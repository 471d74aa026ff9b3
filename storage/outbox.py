"""What is owed to the outside, claimed under a lease and finished only by the claim's owner.

A row whose sender died while Slack may have taken it is claimed again as `uncertain`, and the next sender looks for it
before it posts. Who prepared a while marks the row right before the send (`mark`): a lost claim sends nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Select, and_, bindparam, case, exists, or_, text, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, SQLModel, col, func, select

from analysis.response.notifying import Reason
from storage.database import UtcDateTime, insert_once
from storage.tables import Owed

WAITING = ("pending", "sending")
# Uploaded first: they are tried when they are marked, not when they are claimed.
PREPARED = ("chart", "file", "calendar", "document")
# Sent to another system than Slack: neither its pace nor its health counts.
ELSEWHERE = ("mail", "gate_flags", "gate_hook", "registry", "tracker", "page", "notify", "letter", "digest_letter")
# Slack's one post a second and channel does not count them.
UNPACED = (
    "update",
    "storm_update",
    "approval_update",
    "follow_up_update",
    "retrain_update",
    "withdraw",
    *ELSEWHERE,
    "room",
    "room_look",
    "checklist_update",
    "rollout_update",
)


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


def owe_edit(session: Session, message: Owed, kind: str, reason: str, now: datetime) -> None:
    """Owe the message an edit as urgent as itself; edits that wait are one."""
    owed = Owed(
        key=f"{message.key}:update:{now.timestamp():.6f}",
        coalesce=f"{message.key}:update",
        kind=kind,
        subject=message.subject,
        channel=message.channel,
        thread_of=message.key,
        priority=message.priority,
        data=dict(message.data),
        reason=reason,
        next_at=now,
        created_at=now,
    )
    owe(session, owed)


def owe_newest(session: Session, name: str, kind: str, subject: str, now: datetime, **data: Any) -> None:  # noqa: ANN401
    """Owe another system what then holds; what waits under the name tells the newest too."""
    owed = Owed(
        key=f"{name}:{now.timestamp():.6f}",
        coalesce=name,
        kind=kind,
        subject=subject,
        channel=kind,
        priority=0,
        data=data,
        reason=Reason.ACTED,
        next_at=now,
        created_at=now,
    )
    owe(session, owed)


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
    never: Collection[str] = ()  # kinds that others send


def claim(session: Session, claimant: Claimant) -> Owed | None:
    """Return the most urgent row that may be sent now, leased to the claimant; None where there is none."""
    found = session.connection().execute(_LOCKED, _bound(claimant)).scalar()
    row = session.get(Owed, found, populate_existing=True) if found is not None else None
    if row is None:
        return None
    row.uncertain = row.uncertain or (row.status == "sending" and row.tried_at is not None)
    row.status, row.owner, row.attempts = "sending", claimant.owner, row.attempts + 1
    row.next_at = claimant.now + claimant.lease
    row.first_try_at = row.first_try_at or claimant.now
    row.tried_at = row.tried_at if row.kind in PREPARED else claimant.now
    session.add(row)
    session.flush()
    return row


def is_any_due(session: Session, claimant: Claimant) -> bool:
    """Return whether there is something to claim: a look that locks nothing."""
    return session.connection().execute(_READY, _bound(claimant)).scalar() is not None


def _bound(claimant: Claimant) -> dict[str, Any]:
    now = claimant.now
    return {
        "now": now,
        "looked": now - claimant.look_after,
        "paced": now - claimant.interval,
        "resting": list(claimant.resting) or [""],
        "edits_go": not claimant.edits_rest,
        "only": list(claimant.only) or [""],
        "any_kind": not claimant.only,
        "never": list(claimant.never) or [""],
    }


def _ready() -> Select[Any]:
    """Return the statement that finds the most urgent row; built once, for it is asked for each message."""
    mine, parent, earlier, other, before = (outbox_table.alias(name) for name in ("o", "p", "e", "s", "b"))
    now = bindparam("now", type_=UtcDateTime())
    is_edit = mine.c.kind.in_(UNPACED)
    ready: list[Any] = [
        text("o.status IN ('pending', 'sending')"),  # literal: so it is seen that the index of what waits will do
        mine.c.next_at <= now,
        or_(bindparam("any_kind", type_=Boolean()), mine.c.kind.in_(bindparam("only", expanding=True))),
        mine.c.kind.not_in(bindparam("never", expanding=True)),
        or_(
            mine.c.status == "pending",
            mine.c.tried_at.is_(None),
            mine.c.tried_at <= bindparam("looked", type_=UtcDateTime()),
        ),
        or_(mine.c.thread_of.is_(None), exists().where(parent.c.key == mine.c.thread_of, parent.c.status == "sent")),
        or_(
            mine.c.kind != "reply",
            ~exists().where(  # lines of a thread keep their order; edits, pictures and files stand outside it
                earlier.c.thread_of == mine.c.thread_of,
                earlier.c.kind == "reply",
                earlier.c.id < mine.c.id,
                earlier.c.status.in_(WAITING),
            ),
        ),
        or_(
            mine.c.coalesce.is_(None),
            ~exists().where(  # of two edits at once the older might arrive last
                other.c.coalesce == mine.c.coalesce, other.c.status == "sending", other.c.next_at > now
            ),
        ),
        or_(
            mine.c.kind.in_(ELSEWHERE),
            and_(is_edit, bindparam("edits_go", type_=Boolean())),
            and_(~is_edit, mine.c.channel.not_in(bindparam("resting", expanding=True))),
        ),
        or_(
            is_edit,
            ~exists().where(
                before.c.channel == mine.c.channel,
                before.c.tried_at > bindparam("paced", type_=UtcDateTime()),
                before.c.kind.not_in(UNPACED),
                before.c.id != mine.c.id,
            ),
        ),
    ]
    return select_columns(mine.c.id).where(*ready).order_by(mine.c.priority, mine.c.id).limit(1)


outbox_table = SQLModel.metadata.tables["outbox"]
_READY = _ready()
_LOCKED = _READY.with_for_update(skip_locked=True, of=_READY.selected_columns.id.table)  # SQLite has one writer anyway


def mark(session: Session, row: Owed, claimant: Claimant) -> bool:
    """Return whether the claim still holds; then the row is tried now, and its lease begins anew."""
    row.tried_at = claimant.now
    return settle(session, row, tried_at=claimant.now, next_at=claimant.now + claimant.lease)


def next_due(session: Session) -> datetime | None:
    """Return when the next waiting row may be claimed."""
    return session.exec(select(func.min(Owed.next_at)).where(text("status IN ('pending', 'sending')"))).first()


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


def remember(session: Session, row: Owed, data: dict[str, Any], channel: str) -> None:
    """Keep more about a row that was sent, and where what it stands for is now."""
    _update(session, [col(Owed.id) == row.id], data=data, remote_channel=channel)


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


def newest(session: Session, kind: str, subject: str) -> Owed | None:
    """Return the newest row of that kind about the subject."""
    query = select(Owed).where(Owed.kind == kind, Owed.subject == subject)
    return session.exec(query.order_by(col(Owed.id).desc()).limit(1)).first()


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
