"""The audit log: append-only, each row holds the hash of the one before."""

from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts


class AuditRow(SQLModel, table=True):
    """Who did what to which record. Ids and keyed digests only; free text lives in the timeline."""

    __tablename__ = "audit"

    seq: int = Field(primary_key=True)
    at: Moment = at()
    actor: str = Field(index=True)
    action: str = Field(index=True)
    entity: str = Field(index=True)
    outcome: str
    data: Facts = facts()
    prev: str
    hash: str = Field(unique=True)


class AuditHead(SQLModel, table=True):
    """The newest sequence number and hash: one row, locked last before a commit."""

    __tablename__ = "audit_head"

    id: int = Field(default=1, primary_key=True)
    seq: int
    hash: str
