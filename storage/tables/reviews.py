"""Decisions that a restrained model left to people."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts, maybe_at


class ReviewItem(SQLModel, table=True):
    """One request that waits for a person, and what the person decided."""

    __tablename__ = "review_item"
    __table_args__ = (
        Index("uq_review_item", "model_id", "request", unique=True),
        Index("ix_review_item_model_id_decided_at", "model_id", "decided_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    model_id: str = Field(foreign_key="model.id")
    request: str  # how the serving system names it; never leaves this table
    handle: str  # what it is called elsewhere: a keyed hash, where the policy calls the names of requests personal
    version: str | None = None  # the version whose proposal it is
    proposal: str | None = None  # what the model would have decided
    score: float | None = None
    confidence: float | None = None
    level: int  # the restraint under which it was left to people
    incident_id: str | None = None
    seen: Facts = facts()  # what else the serving system sent along, personal values as keyed hashes
    at: Moment = at()
    opened_by: str | None = None  # who looks at it, so that somebody else is given another one
    opened_at: Moment | None = maybe_at()
    decision: str | None = None
    is_otherwise: bool | None = None  # than was proposed
    note: str | None = None
    decided_by: str | None = None
    decided_at: Moment | None = maybe_at()
