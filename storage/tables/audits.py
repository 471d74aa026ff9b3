"""Bias audits that follow a fairness incident (C11)."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.tables.columns import Moment, at, maybe_at


class BiasAudit(SQLModel, table=True):
    """One audit: when it is due, the run that it is, and how it went."""

    __tablename__ = "bias_audit"
    __table_args__ = (Index("uq_bias_audit_incident_id_number", "incident_id", "number", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    incident_id: str = Field(foreign_key="incident.id")
    number: int  # 1, 2 … of the incident
    due_at: Moment = at()
    run_id: int | None = Field(default=None, foreign_key="run.id", index=True)
    result: str | None = None  # analysis.response.audits.Result
    ended_at: Moment | None = maybe_at()
