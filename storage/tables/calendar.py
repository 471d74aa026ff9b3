"""Reviews of the calendar, each time that one is due (E5)."""

from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from storage.tables.columns import Moment, at, maybe_at


class DueReview(SQLModel, table=True):
    """One turn of a review: what was to be looked at by whom, as the policy then said, and who held it."""

    __tablename__ = "due_review"

    key: str = Field(primary_key=True)  # policy:2027-01-01
    what: str
    roles: list[Any] = Field(default_factory=list, sa_type=JSON)
    channel: str
    due_at: Moment = at()
    held_at: Moment | None = maybe_at()
    held_by: str | None = None
