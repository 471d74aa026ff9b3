"""What people reported, and the message they quoted."""

from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts


class PersonReport(SQLModel, table=True):
    """One report of a person; those of one kind about one model share the alert that the first one raised."""

    __tablename__ = "person_report"

    id: int | None = Field(default=None, primary_key=True)
    alert_id: str = Field(foreign_key="alert.id", index=True)
    kind: str  # analysis.response.reports.Kind
    severity: str  # as this report alone makes it
    revenue: str | None = None  # analysis.response.impact.Revenue
    description: str
    by: str
    at: Moment = at()
    quote: Facts = facts()  # text, author, channel, ts, permalink of the message it was made of; empty: of none
