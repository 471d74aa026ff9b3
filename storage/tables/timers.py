"""What is due: the scheduler wakes, this table remembers."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts, maybe_at


class Timer(SQLModel, table=True):
    """One thing due at one time, fired in the transaction that marks it fired."""

    __table_args__ = (Index("ix_timer_status_due_at", "status", "due_at"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)  # job and local date, or step and incident: a second planning is the same timer
    kind: str
    subject: str
    due_at: Moment = at()
    status: str = "pending"  # pending | fired | skipped | cancelled
    fired_at: Moment | None = maybe_at()
    data: Facts = facts()
