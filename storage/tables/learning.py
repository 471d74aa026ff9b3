"""What was learnt of an incident: its root cause, what was decided, and what is to be done about it."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.tables.columns import Moment, at, maybe_at


class RootCause(SQLModel, table=True):
    """The root-cause form of 001 §5 as somebody filled it in; a later one corrects, none is overwritten."""

    __tablename__ = "root_cause"
    __table_args__ = (Index("uq_root_cause_incident_id_number", "incident_id", "number", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    incident_id: str = Field(foreign_key="incident.id")
    number: int
    version: str | None = None  # of the model or the system
    cause_type: str  # analysis.response.learning.CauseType
    trigger: str
    cause: str
    corrective: str
    preventive: str
    by: str
    at: Moment = at()


class FollowUp(SQLModel, table=True):
    """One thing to be done after an incident, by one person, until a day."""

    __tablename__ = "follow_up"

    id: str = Field(primary_key=True)  # FUP-4
    incident_id: str = Field(foreign_key="incident.id", index=True)
    kind: str  # analysis.response.learning.Kind
    needed: str  # analysis.response.learning.Needed
    what: str
    owner: str = Field(index=True)
    due_at: Moment = at()
    by: str
    at: Moment = at()
    done_at: Moment | None = maybe_at()
    done_by: str | None = None
    note: str | None = None


class DriftDecision(SQLModel, table=True):
    """What was decided about drift, and why; a later one corrects. It is carried out when its follow-up is done."""

    __tablename__ = "drift_decision"
    __table_args__ = (Index("uq_drift_decision_incident_id_number", "incident_id", "number", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    incident_id: str = Field(foreign_key="incident.id")
    number: int
    decision: str  # analysis.response.drift.Decision
    reason: str
    follow_up_id: str = Field(foreign_key="follow_up.id")
    by: str
    at: Moment = at()
