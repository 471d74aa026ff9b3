"""Storms: incidents that came so thick that one message counts them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from analysis.response import life
from analysis.vocabulary import Severity, State
from storage.tables import Incident, Model, Storm

NEWEST = 10


@dataclass(frozen=True)
class StormView:
    """What is shown of a storm."""

    storm: Storm
    incidents: int
    still_open: int
    by_severity: dict[Severity, int]
    by_family: dict[str, int]
    models: int
    newest: tuple[tuple[Incident, str], ...] = ()  # with the model's name; the worst first


def opened_since(session: Session, channel: str, since: datetime) -> int:
    """Return how many incidents were opened in the channel after that time."""
    query = select(func.count()).select_from(Incident).where(Incident.channel == channel, Incident.opened_at > since)
    return session.exec(query).one()


def under_way(session: Session, channel: str) -> Storm | None:
    """Return the channel's storm that is not over."""
    return session.exec(select(Storm).where(Storm.channel == channel, col(Storm.ended_at).is_(None))).first()


def members(session: Session, storm_id: int) -> list[Incident]:
    """Return the incidents that were opened in the storm, oldest first."""
    return list(session.exec(select(Incident).where(Incident.storm_id == storm_id).order_by(col(Incident.opened_at))))


def is_first_critical(session: Session, incident: Incident) -> bool:
    """Return whether it is the first critical incident of its storm: that one rings for all."""
    query = select(Incident.id).where(Incident.storm_id == incident.storm_id, Incident.severity == Severity.CRITICAL)
    return session.exec(query.order_by(col(Incident.opened_at), col(Incident.id)).limit(1)).first() == incident.id


def message_key(storm_id: int) -> str:
    """Return the outbox key of the storm's one message."""
    return f"storm:{storm_id}:message"


def view(session: Session, storm_id: int) -> StormView:
    """Return the storm with its counts; raise AssertionError where there is none of that id."""
    storm = session.get(Storm, storm_id)
    assert storm is not None
    found = members(session, storm_id)
    names = {model.id: model.name for model in session.exec(select(Model))}
    severities = Counter(Severity(one.severity) for one in found)
    return StormView(
        storm=storm,
        incidents=len(found),
        still_open=sum(State(one.state) in life.OPEN for one in found),
        by_severity=dict(sorted(severities.items(), key=lambda pair: -pair[0].rank)),
        by_family=dict(Counter(one.family for one in found).most_common()),
        models=len({one.model_id for one in found}),
        newest=tuple((one, names[one.model_id]) for one in _worst(found)),
    )


def _worst(found: Sequence[Incident]) -> list[Incident]:
    return sorted(found, key=lambda one: (-Severity(one.severity).rank, -one.opened_at.timestamp()))[:NEWEST]
