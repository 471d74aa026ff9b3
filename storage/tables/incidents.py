"""Incidents: people at work on one or more alerts, and what they did."""

from sqlalchemy import Index, text
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
    acknowledged_at: Moment | None = maybe_at()
    acknowledged_by: str | None = None
    contained_at: Moment | None = maybe_at()
    resolved_at: Moment | None = maybe_at()
    resolved_by: str | None = None
    escalation_step: int = 0
    storm_id: int | None = Field(default=None, index=True)  # the storm that it was opened in, if in one
    is_drill: bool = False
    assessed_at: Moment | None = maybe_at()  # when a person last said how severe it is
    confirmed_at: Moment | None = maybe_at()  # as a breach that a regulator may have to hear of
    closed_at: Moment | None = maybe_at()
    closed_by: str | None = None
    merged_into: str | None = None
    reopened: int = 0  # how often


class Storm(SQLModel, table=True):
    """Many incidents in a short time: one message counts them; it ends when none came for a while."""

    __table_args__ = (
        Index(
            "uq_storm_one_open",
            "channel",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    channel: str
    began_at: Moment = at()
    last_at: Moment = at()
    ended_at: Moment | None = maybe_at()


class TimelineEntry(SQLModel, table=True):
    """One thing that happened, in order; the incident's thread is this table told in words."""

    __tablename__ = "timeline"

    id: int | None = Field(default=None, primary_key=True)
    incident_id: str = Field(foreign_key="incident.id", index=True)
    at: Moment = at()
    actor: str
    verb: str
    facts: Facts = facts()
