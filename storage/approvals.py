"""Keeps wishes that need others, and their votes; a wish is decided once."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from storage import people
from storage.database import insert_once
from storage.tables import Approval, Person, Vote

PENDING = "pending"


@dataclass(frozen=True)
class ApprovalView:
    """Everything that is shown about one wish."""

    approval: Approval
    votes: tuple[Vote, ...] = ()  # in the order in which they were given
    people: dict[str, Person] = field(default_factory=dict)  # by Slack id


def ask(session: Session, approval: Approval) -> bool:
    """Return whether the wish is new; while one waits there is no second for the same verb and subject."""
    return insert_once(session, approval)


def waiting_for(session: Session, verb: str, subject: str) -> Approval | None:
    """Return the wish that waits for this verb and subject."""
    query = select(Approval).where(Approval.verb == verb, Approval.subject == subject, Approval.status == PENDING)
    return session.exec(query).first()


def waiting(session: Session, subject: str | None = None) -> list[Approval]:
    """Return the wishes that wait, oldest first; of one subject, or all."""
    query = select(Approval).where(Approval.status == PENDING)
    if subject is not None:
        query = query.where(Approval.subject == subject)
    return list(session.exec(query.order_by(col(Approval.requested_at), col(Approval.id))))


def get(session: Session, approval_id: str, *, lock: bool = False) -> Approval | None:
    """Return the wish; locked, so that of two votes at once the second sees the first."""
    return session.get(Approval, approval_id, with_for_update=True if lock else None, populate_existing=True)


def votes(session: Session, approval_id: str) -> list[Vote]:
    """Return the votes so far."""
    return list(session.exec(select(Vote).where(Vote.approval_id == approval_id).order_by(col(Vote.id))))


def vote(session: Session, new: Vote) -> bool:
    """Return whether the vote counts: one a person and one a part."""
    return insert_once(session, new)


def settle(
    session: Session, approval: Approval, *, status: str, by: str, at: datetime, reason: str | None = None
) -> bool:
    """Return whether the wish still waited and is now decided."""
    still = [col(Approval.id) == approval.id, col(Approval.status) == PENDING]
    values: dict[str, Any] = {"status": status, "decided_by": by, "decided_at": at, "reason": reason}
    statement = update(Approval).where(*still).values(**values).execution_options(synchronize_session=False)
    settled = session.connection().execute(statement).rowcount == 1
    session.refresh(approval)
    return settled


def view(session: Session, approval_id: str) -> ApprovalView | None:
    """Return all that is shown about the wish."""
    approval = session.get(Approval, approval_id)
    return _view(session, approval) if approval is not None else None


def views(session: Session, subject: str | None = None) -> list[ApprovalView]:
    """Return the same of every wish that waits."""
    return [_view(session, one) for one in waiting(session, subject)]


def _view(session: Session, approval: Approval) -> ApprovalView:
    given = votes(session, approval.id)
    named: Collection[str] = {approval.requested_by, approval.decided_by or "", *(one.by for one in given)}
    return ApprovalView(approval, tuple(given), people.by_id(session, named))
