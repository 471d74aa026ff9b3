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


class Checkpoint(SQLModel, table=True):
    """The head of one moment as a signed note; the same note stands outside, in Slack and in evidence."""

    __tablename__ = "audit_checkpoint"

    seq: int = Field(primary_key=True)
    hash: str
    at: Moment = at()
    note: str


class AuditSegment(SQLModel, table=True):
    """A stretch of old rows that lies in a signed file; only such rows may leave the table."""

    __tablename__ = "audit_segment"

    first_seq: int = Field(primary_key=True)
    last_seq: int = Field(unique=True)
    prev: str  # what its first row follows
    hash: str  # of its last row
    sha256: str  # of the file
    name: str  # of the file, in the folder `audit` of the data folder
    note: str
    at: Moment = at()
