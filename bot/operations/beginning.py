"""Begins an incident: its message, its links, its clocks, its escalation, its runbook."""

from datetime import datetime

from sqlmodel import Session

from analysis.response.notifying import Reason
from analysis.vocabulary import Severity, State
from bot.operations import clocks, elsewhere, escalation, oversight, rooms, runbooks, storms, telling
from bot.operations.doing import Doing, Request, owe_line, urgency
from bot.services import SYSTEM, Services
from storage import audit, counters, incidents, outbox
from storage.tables import Alert, Incident, Owed


def begin(services: Services, session: Session, alert: Alert, channel: str, now: datetime, **whence: str) -> Incident:
    """Return the new incident of the alert, with its message, its links, its clocks and its escalation.

    `whence` says what it was split off, and by whom, where it was; `taken_by`, who has it from the start.
    """
    taken_by = whence.pop("taken_by", None)
    incident = Incident(
        id=counters.incident_id(session, now),
        model_id=alert.model_id,
        family=alert.family,
        severity=alert.severity,
        state=(State.ACKNOWLEDGED if taken_by else State.DETECTED).value,
        channel=channel,
        opened_at=now,
        acknowledged_by=taken_by,
        acknowledged_at=now if taken_by else None,
    )
    session.add(incident)
    session.flush()
    alert.incident_id = incident.id
    session.add(alert)
    facts = {"alert": alert.id, "severity": alert.severity, **whence}
    entry = incidents.note(session, incident.id, SYSTEM, "opened", now, **facts)
    if "split_from" in whence:  # else the message itself says it
        owe_line(session, incident, entry)
    joined = storms.join(services, session, incident, now)
    _owe_message(services, session, incident, now, withheld=joined is not None and joined.withholds)
    elsewhere.follow(services, session, incident, entry)
    escalation.begin(services, session, incident, now)
    doing = Doing(services, session, incident, Request("opened", incident.id, SYSTEM), now)
    clocks.follow(doing, None)
    oversight.at_once(doing)
    runbooks.follow(doing)
    telling.follow(doing)
    rooms.follow(services, session, incident, now)
    data = {"alert": alert.id, "model": alert.model_id, "severity": alert.severity, "family": alert.family} | whence
    audit.append(session, audit.Entry(SYSTEM, "opened", incident.id, "done", data), now)
    return incident


def _owe_message(
    services: Services, session: Session, incident: Incident, now: datetime, *, withheld: bool = False
) -> None:
    message = incidents.message_key(incident.id)
    first = urgency(incident)
    rows = [
        ("incident", message, incident.channel, None, first),
        ("chart", f"{incident.id}:chart", incident.channel, message, first + 2),
    ]
    links = services.policy.routes[Severity(incident.severity)].linked_in
    rows += [("link", f"{incident.id}:link:{name}", name, None, first + 1) for name in links]
    for kind, key, channel, thread_of, priority in rows:
        owed = Owed(
            key=key,
            kind=kind,
            subject=incident.id,
            channel=channel,
            thread_of=thread_of,
            priority=priority,
            data={"after": message} if kind == "link" else {},
            reason=Reason.IN_STORM if withheld and thread_of is None else Reason.OPENED,
            status="withheld" if withheld and thread_of is None else "pending",
            next_at=now,
            created_at=now,
        )
        outbox.owe(session, owed)
