"""Who does what on an incident."""

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import Moment, at, maybe_at


class Assignment(SQLModel, table=True):
    """A person with a duty on an incident, from when until when; one person a duty, but for experts."""

    __table_args__ = (
        Index(
            "uq_assignment_one_a_duty",
            "incident_id",
            "duty",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND duty <> 'expert'"),
            postgresql_where=text("ended_at IS NULL AND duty <> 'expert'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    incident_id: str = Field(foreign_key="incident.id", index=True)
    duty: str  # commander | technical_lead | communications | compliance | expert
    person: str
    by: str
    at: Moment = at()
    ended_at: Moment | None = maybe_at()
    ended_by: str | None = None
