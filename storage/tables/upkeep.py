"""Nights in which what is too old is removed."""

from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts, maybe_at


class Upkeep(SQLModel, table=True):
    """One night's keeping of the house: claimed under a lease, done in small batches, finished with its counts."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    status: str = "queued"  # queued | running | finished
    attempts: int = 0
    next_at: Moment = at(index=True)
    finished_at: Moment | None = maybe_at()
    counts: Facts = facts()
