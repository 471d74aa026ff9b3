"""Lists of the decisions that an incident may have touched."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts, maybe_at


class AffectedList(SQLModel, table=True):
    """One counting, asked for by a person: what was in scope, how many by group and outcome, where the list lies."""

    __tablename__ = "affected_list"
    __table_args__ = (Index("uq_affected_list_incident_id_number", "incident_id", "number", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    incident_id: str = Field(foreign_key="incident.id")
    number: int
    period: str
    scope: Facts = facts()  # analysis.response.affected.Scope
    requested_by: str
    requested_at: Moment = at()
    status: str = "queued"  # queued | counting | made | failed
    attempts: int = 0
    next_at: Moment = at()
    counts: Facts = facts()  # rows, listed, groups: group, outcome, decisions
    path: str | None = None
    sha256: str | None = None
    made_at: Moment | None = maybe_at()
    error: str | None = None
