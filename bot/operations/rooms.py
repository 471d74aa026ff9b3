"""An incident's own channel: owed once where its route says so, and kept as the incident is by every later change."""

from datetime import datetime, timedelta

from sqlmodel import Session

from analysis.response.notifying import Reason
from analysis.vocabulary import Severity
from bot.services import Services
from storage import incidents, outbox, storms
from storage.tables import Incident, Owed

SETTLES = timedelta(seconds=5)  # several changes at once are one look at the channel


def follow(services: Services, session: Session, incident: Incident, now: datetime) -> None:
    """Owe the incident its channel, or the channel a look at what has changed: topic, people, whether it is over."""
    key = incidents.room_key(incident.id)
    if outbox.by_key(session, key) is not None:
        outbox.owe(session, _look(incident, key, now))
    elif services.policy.routes[Severity(incident.severity)].own_channel and _stands_alone(session, incident):
        outbox.owe(session, _row(incident, key, "room", now))
        outbox.owe(session, _row(incident, f"{key}:welcome", "room_welcome", now, key))


def _stands_alone(session: Session, incident: Incident) -> bool:
    """Return whether people gather for it: not for each of the many incidents of a storm."""
    return incident.storm_id is None or storms.is_first_critical(session, incident)


def _look(incident: Incident, key: str, now: datetime) -> Owed:
    row = _row(incident, f"{key}:{incident.version}:{now.timestamp():.6f}", "room_look", now + SETTLES, key)
    row.coalesce = f"{key}:look"
    return row


def _row(incident: Incident, key: str, kind: str, at: datetime, after: str | None = None) -> Owed:
    return Owed(
        key=key,
        kind=kind,
        subject=incident.id,
        channel=incident.id,  # a lane of its own; which channel it is shows when it is made
        thread_of=after,
        priority=2,
        reason=Reason.ACTED if kind == "room_look" else Reason.OPENED,
        next_at=at,
        created_at=at,
    )
