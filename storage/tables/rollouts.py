"""Promotions, rollbacks and their reverses: changes of several systems that end as a whole, or not at all."""

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts, maybe_at


class Rollout(SQLModel, table=True):
    """One change of which version serves, step by step; after a crash it goes on at the step it had come to."""

    __table_args__ = (
        Index("ix_rollout_model_id", "model_id"),
        # One change of a model at a time.
        Index(
            "uq_rollout_under_way",
            "model_id",
            unique=True,
            sqlite_where=text("status IN ('queued', 'running', 'undoing')"),
            postgresql_where=text("status IN ('queued', 'running', 'undoing')"),
        ),
    )

    id: str = Field(primary_key=True)  # PRM-1, RBK-2
    kind: str  # promote | rollback | reverse
    model_id: str = Field(foreign_key="model.id")
    incident_id: str | None = Field(default=None, foreign_key="incident.id", index=True)
    retrain_id: str | None = Field(default=None, foreign_key="retrain.id")
    from_version: str | None = None
    to_version: str
    reason: str
    requested_by: str
    approved_by: str | None = None
    requested_at: Moment = at()
    status: str = "queued"  # queued | running | undoing | done | undone | failed
    step: int = 0  # steps that are done
    snapshot: Facts = facts()  # the state before: aliases, restraint, baseline
    steps: Facts = facts()  # by name: when it was done, and what it found
    attempts: int = 0
    next_at: Moment = at()
    watched_until: Moment | None = maybe_at()
    finished_at: Moment | None = maybe_at()
    error: str | None = None
