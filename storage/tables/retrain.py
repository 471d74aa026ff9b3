"""Requests to retrain a model."""

from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts, maybe_at


class RetrainRequest(SQLModel, table=True):
    """One run of the configured pipeline, followed to its end."""

    __tablename__ = "retrain"

    id: str = Field(primary_key=True)
    model_id: str = Field(foreign_key="model.id")
    incident_id: str | None = Field(default=None, foreign_key="incident.id", index=True)
    requested_by: str
    requested_at: Moment = at()
    reason: str
    notes: str = ""
    baseline: str | None = None
    status: str = "queued"  # queued | running | validating | validated_pass | failed | cancelled
    pipeline: str = "command"  # command | github | webhook
    remote: Facts = facts()  # what the run is known by where it runs, and the window that its candidate answers
    progress: Facts = facts()  # what the pipeline says of itself: stage, share done
    candidate: str | None = None  # the version that it made
    validation: Facts = facts()  # how the candidate compares with the champion and the baseline
    cancelled_by: str | None = None
    attempts: int = 0
    next_at: Moment = at()
    pid: int | None = None
    started_at: Moment | None = maybe_at()
    finished_at: Moment | None = maybe_at()
    exit_code: int | None = None
    log_path: str | None = None
    result: Facts = facts()
    error: str | None = None
