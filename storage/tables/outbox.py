"""What is owed to the outside: written with the state that made it due, sent after the commit."""

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts, maybe_at


class Owed(SQLModel, table=True):
    """One message, edit or upload. Delivery renders it from the records as they then are."""

    __tablename__ = "outbox"
    __table_args__ = (
        # What waits, in the order in which it is sent.
        Index(
            "ix_outbox_waiting",
            "priority",
            "id",
            sqlite_where=text("status IN ('pending', 'sending')"),
            postgresql_where=text("status IN ('pending', 'sending')"),
        ),
        Index("ix_outbox_thread_of", "thread_of"),
        Index("ix_outbox_channel_tried_at", "channel", "tried_at"),
        Index("ix_outbox_subject", "subject"),
        # Ten edits that wait are one edit: at most one pending row a coalescing key.
        Index(
            "uq_outbox_coalesce_pending",
            "coalesce",
            unique=True,
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    coalesce: str | None = None
    kind: str
    subject: str  # id of the record to render: an incident, a timeline entry, a day
    channel: str
    thread_of: str | None = None  # key of the post it belongs to; waits until that one is sent
    priority: int = 5  # 0 goes first
    data: Facts = facts()
    reason: str = "asked"  # why it is sent, or withheld: a value of analysis.response.notifying.Reason
    status: str = "pending"  # pending | sending | sent | parked | withheld | dropped
    attempts: int = 0
    next_at: Moment = at()  # when it may be claimed; while sending, the end of the lease
    owner: str | None = None
    uncertain: bool = False  # an earlier attempt may have reached Slack: look before posting
    first_try_at: Moment | None = maybe_at()
    tried_at: Moment | None = maybe_at()  # the newest try: a channel has one post a second, whoever sends it
    sent_at: Moment | None = maybe_at()
    remote_channel: str | None = None
    remote_ts: str | None = None
    last_error: str | None = None
    created_at: Moment = at()
