"""What stands for an incident in other systems: its issue in the tracker, its pages at the pager."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts, maybe_at


class TrackerCase(SQLModel, table=True):
    """An incident's issue in a tracker, as we last left it there."""

    __tablename__ = "tracker_case"
    __table_args__ = (Index("uq_tracker_case", "incident_id", "tracker", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    incident_id: str = Field(foreign_key="incident.id")
    tracker: str  # github
    reference: str | None = None  # its number there
    address: str | None = None
    left: Facts = (
        facts()
    )  # how it was left: title, labels, state, the text's hash, lines of the timeline that are there
    at: Moment = at()


class Page(SQLModel, table=True):
    """An incident's alert at a pager; acknowledging and ending it go both ways."""

    __table_args__ = (Index("uq_page", "incident_id", "pager", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    incident_id: str = Field(foreign_key="incident.id")
    pager: str  # its name in the policy
    dedup_key: str
    state: str = "owed"  # owed | triggered | acknowledged | resolved: what the pager was told last, or told us
    by: str | None = None  # who acknowledged or resolved it there, as the pager names them
    at: Moment = at()  # when it was called last
    acknowledged_at: Moment | None = maybe_at()
    resolved_at: Moment | None = maybe_at()
