"""Versions of models, what they are made of, and which of them a name stands for."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts, maybe_at


class ModelVersion(SQLModel, table=True):
    """One version of a model: where its artefact and training data lie, and their checksums as they were registered."""

    __tablename__ = "model_version"
    __table_args__ = (Index("uq_model_version", "model_id", "version", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    model_id: str = Field(foreign_key="model.id")
    version: str
    artefact: str | None = None  # a path, or where the registry has it
    artefact_sha256: str | None = None
    training_data: str | None = None
    training_data_sha256: str | None = None
    details: Facts = facts()  # of the registry and CI: commit, run, pipeline, metrics
    retrain_id: str | None = Field(default=None, foreign_key="retrain.id")  # the request that made it
    registered_by: str
    registered_at: Moment = at()
    blocked_by: str | None = None  # the incident for which it must not serve before that is remediated; or `retired`
    blocked_why: str | None = None
    verified_at: Moment | None = maybe_at()  # newest look at the checksums
    unread: str | None = None  # why the newest look could read it not; none: it could
    mismatch: str | None = None  # what that look found to differ; none: all is as registered


class AliasChange(SQLModel, table=True):
    """One change of what a name stands for (champion, fallback, last_known_good); the newest row of a name holds."""

    __tablename__ = "alias_change"
    __table_args__ = (Index("uq_alias_change_sequence", "model_id", "alias", "sequence", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    model_id: str = Field(foreign_key="model.id")
    alias: str
    sequence: int
    version: str | None = None
    by: str  # who moved it; `registry` where it was moved behind our back
    reason: str
    rollout_id: str | None = None
    at: Moment = at()
