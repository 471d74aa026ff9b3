"""Runs of the analysis, and the alerts they raised."""

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts, maybe_at


class Run(SQLModel, table=True):
    """One comparison of a window with a baseline: asked for, claimed under a lease, finished or failed."""

    __table_args__ = (Index("ix_run_status_next_at", "status", "next_at"),)

    id: int | None = Field(default=None, primary_key=True)
    model_id: str = Field(foreign_key="model.id", index=True)
    key: str | None = Field(default=None, unique=True)  # a request repeated under its key is the same run
    purpose: str = "check"  # check | baseline | activation | verify | audit | reset
    incident_id: str | None = Field(
        default=None, foreign_key="incident.id", index=True
    )  # whose fix it looks at, or which documents the reset
    requested_by: str
    requested_at: Moment = at()
    answer_to: str | None = None  # channel that waits for a word on the outcome
    status: str = "queued"  # queued | running | finished | failed
    attempts: int = 0
    next_at: Moment = at()  # when it may be claimed; while it runs, the end of its lease
    started_at: Moment | None = maybe_at()
    finished_at: Moment | None = maybe_at()
    window_from: Moment | None = maybe_at()
    window_to: Moment | None = maybe_at()
    baseline: str | None = None
    report: Facts = facts()
    profile: bytes | None = None
    error: str | None = None


class Alert(SQLModel, table=True):
    """One cause, open or recovered; a repeat counts, it does not post (B2)."""

    __table_args__ = (
        Index(
            "uq_alert_one_open",
            "fingerprint",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: str = Field(primary_key=True)
    fingerprint: str = Field(index=True)
    model_id: str = Field(foreign_key="model.id", index=True)
    incident_id: str | None = Field(default=None, foreign_key="incident.id", index=True)
    run_id: int | None = Field(default=None, foreign_key="run.id")  # the newest run that saw it; none: people did
    family: str
    severity: str
    state: str = "open"  # open | recovered | followed (by one of the same cause, in a newer incident) | ended (with it)
    repeats: int = 1
    first_at: Moment = at()
    last_at: Moment = at()
    since: Moment | None = maybe_at()
    recovered_at: Moment | None = maybe_at()
    quiet_id: str | None = None  # the silence that holds it back
    flapping_since: Moment | None = maybe_at()
    details: Facts = facts()  # as the analysis made it: cause, consequences, composite; or what people reported
