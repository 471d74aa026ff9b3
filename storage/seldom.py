"""What most incidents have nothing of: one look says which of it is worth a query.

An incident is loaded for each message that is drawn of it; a query costs more there than what it finds.
"""

from sqlalchemy import BindParameter, ColumnElement, bindparam, exists, literal, or_, union_all
from sqlmodel import Session, col, select

from analysis.response import life
from analysis.response.approving import Status
from storage.tables import (
    AffectedList,
    Alert,
    AliasChange,
    Approval,
    Assignment,
    Bundle,
    FollowUp,
    Incident,
    ModelVersion,
    OversightChange,
    PersonReport,
    Quiet,
    RetrainRequest,
    ReviewItem,
    Rollout,
    RootCause,
    TrackerCase,
)

_INCIDENT: BindParameter[str] = bindparam("incident")
_MODEL: BindParameter[str] = bindparam("model")
_ROWS: dict[str, ColumnElement[bool]] = {
    "affected": exists().where(col(AffectedList.incident_id) == _INCIDENT),
    "approvals": exists().where(col(Approval.subject) == _INCIDENT, col(Approval.status) == Status.PENDING.value),
    "bundles": exists().where(col(Bundle.incident_id) == _INCIDENT),
    "case": exists().where(col(TrackerCase.incident_id) == _INCIDENT),
    "duties": exists().where(col(Assignment.incident_id) == _INCIDENT),
    "follow_ups": exists().where(col(FollowUp.incident_id) == _INCIDENT),
    "others": exists().where(
        col(Incident.model_id) == _MODEL,
        col(Incident.id) != _INCIDENT,
        col(Incident.state).in_([state.value for state in life.OPEN]),
    ),
    "oversight": exists().where(col(OversightChange.model_id) == _MODEL),
    "queue": exists().where(col(ReviewItem.model_id) == _MODEL),
    "quiet": exists().where(col(Quiet.incident_id) == _INCIDENT),
    "reports": exists().where(col(PersonReport.alert_id) == col(Alert.id), col(Alert.incident_id) == _INCIDENT),
    "retrains": exists().where(col(RetrainRequest.incident_id) == _INCIDENT),
    "root_causes": exists().where(col(RootCause.incident_id) == _INCIDENT),
    "serving": or_(*(exists().where(col(table.model_id) == _MODEL) for table in (ModelVersion, AliasChange, Rollout))),
}


_LOOK = union_all(*(select(literal(name)).where(is_there) for name, is_there in _ROWS.items()))


def had(session: Session, incident_id: str, model_id: str) -> frozenset[str]:
    """Return the names of what the incident, or its model, has any of."""
    found = session.connection().execute(_LOOK, {"incident": incident_id, "model": model_id})
    return frozenset(str(name) for (name,) in found)
