"""Evidence bundles that were asked for and made."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.tables.columns import Moment, at, maybe_at


class Bundle(SQLModel, table=True):
    """One version of an incident's evidence; never overwritten."""

    __table_args__ = (
        Index("uq_bundle_version", "incident_id", "version", unique=True),
        # Two presses on the same state of the incident ask for the same bundle.
        Index("uq_bundle_incident_version", "incident_id", "incident_version", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    incident_id: str = Field(foreign_key="incident.id")
    version: int
    incident_version: int
    requested_by: str
    requested_at: Moment = at()
    status: str = "queued"  # queued | making | made | failed
    attempts: int = 0
    next_at: Moment = at()
    path: str | None = None
    sha256: str | None = None
    size: int | None = None
    made_at: Moment | None = maybe_at()
    error: str | None = None
