"""Storms: past so many incidents in a channel one message counts them, and each is told on its own when it is over.

Critical incidents always stand on their own too: missing one costs more than a long channel.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from analysis.response import life, notifying
from analysis.response.notifying import Reason
from analysis.vocabulary import Severity, State
from bot.services import SYSTEM, Services
from storage import audit, incidents, outbox, storms, timers
from storage.tables import Incident, Owed, Storm, Timer


@dataclass(frozen=True)
class Joined:
    """The storm that a new incident belongs to, and whether its own message is withheld."""

    storm_id: int
    withholds: bool


def join(services: Services, session: Session, incident: Incident, now: datetime) -> Joined | None:
    """Return the storm that the new incident is part of; None in quiet times. The first past the limit begins it."""
    rule = services.policy.storm
    storm = storms.under_way(session, incident.channel)
    if storm is None:
        opened = storms.opened_since(session, incident.channel, now - rule.within)
        if not notifying.is_storm(opened, rule.more_than):
            return None
        storm = _begin(session, incident.channel, now)
    assert storm.id is not None
    storm.last_at, incident.storm_id = now, storm.id
    session.add_all([storm, incident])
    session.flush()
    _owe_edit(session, storm, now)
    _plan(services, session, storm)
    return Joined(storm.id, withholds=Severity(incident.severity) is not Severity.CRITICAL)


def _begin(session: Session, channel: str, now: datetime) -> Storm:
    storm = Storm(channel=channel, began_at=now, last_at=now)
    session.add(storm)
    session.flush()
    assert storm.id is not None
    owed = Owed(
        key=storms.message_key(storm.id),
        kind="storm",
        subject=str(storm.id),
        channel=channel,
        reason=Reason.STORM,
        priority=0,
        next_at=now,
        created_at=now,
    )
    outbox.owe(session, owed)
    audit.append(session, audit.Entry(SYSTEM, "storm_began", f"storm:{storm.id}", "done", {"channel": channel}), now)
    return storm


def _owe_edit(session: Session, storm: Storm, now: datetime) -> None:
    assert storm.id is not None
    message = outbox.by_key(session, storms.message_key(storm.id))
    assert message is not None  # owed as it began
    outbox.owe_edit(session, message, "storm_update", Reason.STORM, now)


def _plan(services: Services, session: Session, storm: Storm) -> None:
    """Write the timer that looks whether it has calmed; one waits at a time."""
    if timers.waiting(session, f"storm:{storm.id}"):
        return
    due = storm.last_at + services.policy.storm.within
    key = f"storm:{storm.id}:{due.isoformat()}"
    timers.plan(session, Timer(key=key, kind="storm", subject=f"storm:{storm.id}", due_at=due))


def when_due(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """End the storm where it has calmed: what is still open gets its message, what is over needs none."""
    storm = session.get(Storm, int(timer.subject.removeprefix("storm:")))
    if storm is None or storm.ended_at is not None:
        return
    if not notifying.has_calmed(storm.last_at, now, services.policy.storm.within):
        _plan(services, session, storm)
        return
    storm.ended_at = now
    session.add(storm)
    session.flush()
    assert storm.id is not None
    told = _release(session, storm.id, now)
    _owe_edit(session, storm, now)
    audit.append(session, audit.Entry(SYSTEM, "storm_ended", timer.subject, "done", {"told": told}), now)


def _release(session: Session, storm_id: int, now: datetime) -> int:
    """Return how many incidents get their own message now."""
    told = 0
    for incident in storms.members(session, storm_id):
        keys = outbox.keys_withheld(session, incident.id)
        if State(incident.state) in life.OPEN and incidents.has_open_alert(session, incident.id):
            told += outbox.release(session, keys, now, Reason.STORM_OVER) > 0
        else:
            outbox.release(session, keys, now, Reason.OVER_BEFORE, status="withheld")
    return told
