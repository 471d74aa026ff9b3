"""Bundles of evidence that were made, and the rows that one gathers about an incident and its model."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, literal_column
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, SQLModel, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.tables import (
    AliasChange,
    Approval,
    AuditRow,
    Bundle,
    Incident,
    ModelVersion,
    OversightChange,
    Owed,
    PolicyVersion,
    RetrainRequest,
    ReviewItem,
    Rollout,
    Run,
    TimelineEntry,
    Vote,
)


def newest(session: Session, incident_id: str, by: str | None = None) -> Bundle | None:
    """Return the incident's newest bundle, however far it is; of those that were asked for by that one."""
    query = select(Bundle).where(Bundle.incident_id == incident_id)
    query = query.where(Bundle.requested_by == by) if by else query
    return session.exec(query.order_by(col(Bundle.version).desc()).limit(1)).first()


def waiting(session: Session, incident_id: str) -> Bundle | None:
    """Return the newest bundle of the incident that nobody has begun to make; nobody begins before this commits."""
    query = select(Bundle).where(Bundle.incident_id == incident_id, Bundle.status == "queued")
    return session.exec(query.order_by(col(Bundle.version).desc()).limit(1).with_for_update()).first()


def history(session: Session, incident: Incident, since: datetime) -> dict[str, list[dict[str, Any]]]:
    """Return by name what else is on record: of the incident all, of its model what happened since then."""
    found = _wanted(incident, since)
    return {name: [_row(one) for one in session.exec(query)] for name, query in found.items()}


def queries(incident: Incident, since: datetime, about: Collection[str]) -> dict[str, str]:
    """Return by name how the same is asked for again, in SQL, and the audit log about these ids."""
    lines = select(AuditRow).where(col(AuditRow.entity).in_(sorted(about))).order_by(col(AuditRow.seq))
    return {name: _told(query) for name, query in {**_wanted(incident, since), "audit": lines}.items()}


def _wanted(incident: Incident, since: datetime) -> dict[str, SelectOfScalar[Any]]:
    model, mine = incident.model_id, incident.id
    asked = select(Approval.id).where(Approval.subject == mine)
    wanted: dict[str, tuple[Any, list[ColumnElement[bool]]]] = {
        "timeline": (TimelineEntry, [col(TimelineEntry.incident_id) == mine]),
        "approvals": (Approval, [col(Approval.subject) == mine]),
        "votes": (Vote, [col(Vote.approval_id).in_(asked)]),
        "restraints": (OversightChange, [col(OversightChange.model_id) == model]),
        "versions": (ModelVersion, [col(ModelVersion.model_id) == model]),
        "aliases": (AliasChange, [col(AliasChange.model_id) == model]),
        "rollouts": (Rollout, [col(Rollout.model_id) == model]),
        "retrains": (
            RetrainRequest,
            [col(RetrainRequest.model_id) == model, col(RetrainRequest.requested_at) >= since],
        ),
        "checks": (Run, [col(Run.model_id) == model, col(Run.requested_at) >= since]),
        "reviews": (ReviewItem, [col(ReviewItem.model_id) == model, col(ReviewItem.at) >= since]),
        "messages": (Owed, [or_(col(Owed.subject) == mine, col(Owed.key).startswith(f"{mine}:"))]),
        "policies": (PolicyVersion, []),
    }
    return {
        name: select(table).where(*only).order_by(*table.__table__.primary_key.columns)
        for name, (table, only) in wanted.items()
    }


def _told(query: SelectOfScalar[Any]) -> str:
    whole: Select[Any] = query.with_only_columns(literal_column("*"), maintain_column_froms=True)
    return " ".join(str(whole.compile(compile_kwargs={"literal_binds": True})).split())


BULKY = {"profile", "text", "request"}  # files of their own; how another system names a person's request


def _row(record: SQLModel) -> dict[str, Any]:
    return record.model_dump(mode="json", exclude=BULKY)
