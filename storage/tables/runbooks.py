"""Steps of the runbook that an incident follows, as they stood when it began."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.tables.columns import Moment, at, maybe_at


class ChecklistStep(SQLModel, table=True):
    """One step: what to do, by when, and who did it; a copy, so that a later edition changes nothing under way."""

    __tablename__ = "checklist_step"
    __table_args__ = (Index("uq_checklist_step_incident_id_runbook_key", "incident_id", "runbook", "key", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    incident_id: str = Field(foreign_key="incident.id", index=True)
    runbook: str
    edition: int
    title: str  # of the runbook
    position: int
    key: str
    text: str
    duty: str | None = None
    verb: str | None = None  # which, when somebody does it, ticks the step
    begun_at: Moment = at()
    due_at: Moment | None = maybe_at()
    done_at: Moment | None = maybe_at()
    done_by: str | None = None
    by_itself: bool = False  # ticked by the bot, because what it asks for happened
    note: str | None = None
