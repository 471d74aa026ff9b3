"""Bundles of evidence that were made, and the rows that one gathers about an incident and its model."""

from datetime import datetime
from typing import Any

from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, SQLModel, col, or_, select

from storage.tables import (
    AliasChange,
    Approval,
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
    model, mine = incident.model_id, incident.id
    asked = select(Approval.id).where(Approval.subject == mine)
    wanted: dict[str, tuple[type[SQLModel], list[ColumnElement[bool]]]] = {
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
    return {name: [_row(one) for one in _found(session, *what)] for name, what in wanted.items()}


BULKY = {"profile", "text", "request"}  # files of their own; how another system names a person's request


def _found(session: Session, table: type[SQLModel], only: list[ColumnElement[bool]]) -> list[SQLModel]:
    return list(session.exec(select(table).where(*only).order_by(*table.__table__.primary_key.columns)))  # type: ignore[attr-defined]


def _row(record: SQLModel) -> dict[str, Any]:
    return record.model_dump(mode="json", exclude=BULKY)
