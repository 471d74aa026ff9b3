"""Clocks of an incident: what people owe by when; started, paused, met or breached, each a time."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.tables.columns import Moment, at, maybe_at


class Clock(SQLModel, table=True):
    """One deadline; it runs while neither `met_at` nor `stopped_at` is set, and rests while `paused_at` is."""

    __table_args__ = (Index("uq_clock_incident_id_kind_number", "incident_id", "kind", "number", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    incident_id: str = Field(foreign_key="incident.id")
    kind: str  # a key of `analysis.response.clocks.CLOCKS`
    number: int = 1  # of its kind: a clock that begins anew is the next one
    started_at: Moment = at()
    due_at: Moment = at()  # moves back by what was paused
    warned_at: Moment | None = maybe_at()
    paused_at: Moment | None = maybe_at()
    paused_by: str | None = None
    paused_why: str | None = None
    rested_s: int = 0  # seconds of its own hours for which it was paused before
    met_at: Moment | None = maybe_at()
    met_by: str | None = None
    breached_at: Moment | None = maybe_at()
    stopped_at: Moment | None = maybe_at()  # not owed any more: ended otherwise, or planned anew
