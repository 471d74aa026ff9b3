"""What waits for a second person, and who said yes."""

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts, maybe_at


class Approval(SQLModel, table=True):
    """A wish that others must approve: what was asked for, of which version, by whom, until when."""

    __table_args__ = (
        Index(
            "uq_approval_one_pending",
            "verb",
            "subject",
            unique=True,
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
    )

    id: str = Field(primary_key=True)  # APR-12
    verb: str
    subject: str = Field(index=True)  # the incident, the model, the version of the policy
    bound_to: str  # what it was asked of; where that has changed, the wish is void
    fields: Facts = facts()
    needs: Facts = facts()  # {"parts": [[role, …], …], "people": [id, …]}: one person a part, none of them who asked
    requested_by: str
    requested_at: Moment = at()
    expires_at: Moment = at()
    status: str = Field(default="pending", index=True)  # analysis.response.approving.Status
    decided_by: str | None = None
    decided_at: Moment | None = maybe_at()
    reason: str | None = None


class Vote(SQLModel, table=True):
    """One person's yes to one part of an approval."""

    __table_args__ = (
        Index("uq_vote_approval_id_part", "approval_id", "part", unique=True),
        Index("uq_vote_approval_id_by", "approval_id", "by", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    approval_id: str = Field(foreign_key="approval.id")
    part: int
    by: str
    at: Moment = at()
