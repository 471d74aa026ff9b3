"""Models under watch, their baselines, and how far each is restrained."""

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import Facts, Moment, at, facts, maybe_at


class Model(SQLModel, table=True):
    """A deployed model; what to read and check stands in the policy under the same id."""

    id: str = Field(primary_key=True)
    name: str
    risk: str
    registered_at: Moment = at()
    spec: Facts = facts()  # columns and pinned origins of its log, fixed by its first baseline


class Baseline(SQLModel, table=True):
    """The profile that windows are compared with; versioned, one active a model, never deleted (003 §4)."""

    __table_args__ = (
        Index(
            "uq_baseline_one_active",
            "model_id",
            unique=True,
            sqlite_where=text("is_active"),
            postgresql_where=text("is_active"),
        ),
        Index("uq_baseline_version", "model_id", "version", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    model_id: str = Field(foreign_key="model.id")
    version: str
    is_active: bool
    created_by: str
    created_at: Moment = at()
    source: str
    rows: int
    checksum: str
    profile: bytes


class OversightChange(SQLModel, table=True):
    """One change of how far a model is restrained; the newest row of a segment is the state that the gate reads."""

    __tablename__ = "oversight_change"
    __table_args__ = (Index("uq_oversight_change_sequence", "model_id", "sequence", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    model_id: str = Field(foreign_key="model.id")
    sequence: int
    segment: str = ""  # whom it is for, as `Segment.name` writes it; empty: every request
    level: int
    fallback: str | None = None
    terms: Facts = facts()  # the rest of an `analysis.response.restraint.Restraint`
    until: Moment | None = maybe_at()
    reason: str
    incident_id: str | None = None
    by: str
    at: Moment = at()
