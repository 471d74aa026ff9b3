"""What came in from Slack, once each."""

from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts, maybe_at


class Inbound(SQLModel, table=True):
    """A delivery by its id; a second one with the same id changes nothing."""

    __tablename__ = "inbox"

    key: str = Field(primary_key=True)
    kind: str  # event | interaction
    received_at: Moment = at(index=True)
    body: Facts = facts()  # of an event: until the work is done; of an interaction: what was answered
    done_at: Moment | None = maybe_at()
    attempts: int = 0
    error: str | None = None
