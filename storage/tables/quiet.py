"""Why something is not told: a snooze, a silence, a maintenance window, an accepted risk; each has an end."""

from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts, maybe_at


class Quiet(SQLModel, table=True):
    """One stretch of quiet over what its matcher names."""

    id: str = Field(primary_key=True)  # QUI-7
    kind: str  # snooze | silence | maintenance | accepted_risk
    incident_id: str | None = Field(default=None, foreign_key="incident.id", index=True)
    matcher: Facts = facts()  # model, family, metric, column, group, up_to (severity): all that are named must fit
    reason: str
    by: str
    approved_by: str | None = None
    starts_at: Moment = at()
    ends_at: Moment = at()
    ended_at: Moment | None = maybe_at()
    ended_by: str | None = None
    ended_why: str | None = None
