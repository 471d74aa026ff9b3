"""Incidents: people at work on one or more alerts, and what they did."""

from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts, maybe_at


class Counter(SQLModel, table=True):
    """The last number given out under a name, so that ids people type count up."""

    name: str = Field(primary_key=True)
    value: int


class Incident(SQLModel, table=True):
    """It alone has the life (C2) and one message; `version` grows with every change."""

    id: str = Field(primary_key=True)
    model_id: str = Field(foreign_key="model.id", index=True)
    family: str
    severity: str
    state: str = Field(index=True)
    version: int = 1
    channel: str  # where its message stands
    opened_at: Moment = at()
    acknowledge_by: Moment | None = maybe_at()
    acknowledged_at: Moment | None = maybe_at()
    acknowledged_by: str | None = None
    contained_at: Moment | None = maybe_at()
    resolved_at: Moment | None = maybe_at()
    resolved_by: str | None = None
    escalation_step: int = 0
    is_drill: bool = False


class TimelineEntry(SQLModel, table=True):
    """One thing that happened, in order; the incident's thread is this table told in words."""

    __tablename__ = "timeline"

    id: int | None = Field(default=None, primary_key=True)
    incident_id: str = Field(foreign_key="incident.id", index=True)
    at: Moment = at()
    actor: str
    verb: str
    facts: Facts = facts()
