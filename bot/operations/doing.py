"""What an operation has in hand while its transaction is open, and the two things every change owes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from analysis.response.notifying import ROUTINE, Reason, reason_for
from analysis.response.notifying import urgency as urgency_of
from analysis.response.quiet import Kind
from analysis.vocabulary import Severity, State
from bot.operations import elsewhere, rooms
from bot.services import SYSTEM, Services
from storage import incidents, outbox, quiet
from storage.tables import Incident, Owed, TimelineEntry

SETTLES = timedelta(seconds=10)  # an edit that nobody waits for gathers what comes meanwhile


@dataclass(frozen=True)
class Request:
    """One person's wish: the verb, the incident, what they saw of it, and what they gave."""

    verb: str
    incident: str
    actor: str
    state_seen: str | None = None
    version_seen: int | None = None
    fields: dict[str, str] = field(default_factory=dict)
    delivery: str | None = None  # id of the incoming delivery; a second one changes nothing
    submission: str | None = None  # id of the form with what was typed; one that was accepted is not done again
    facts: dict[str, str] = field(default_factory=dict)  # what the door knows of the person, for the audit log
    approval: str | None = None  # the wish that others approved
    approved_by: str | None = None  # the last of them


@dataclass(frozen=True)
class Doing:
    """An operation under way."""

    services: Services
    session: Session
    incident: Incident
    request: Request
    now: datetime

    def field(self, name: str) -> str:
        """Return what was given for the field, trimmed."""
        return self.request.fields.get(name, "").strip()


@dataclass(frozen=True)
class Effect:
    """What a verb did beyond the move: columns of the incident to set, facts for the timeline."""

    columns: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    then: Callable[["Doing"], None] | None = None  # done once the incident has moved and that is told


def owe_redraw(session: Session, incident: Incident, now: datetime, *, soon: bool = True) -> None:
    """Owe the incident's message an edit; edits that wait are one edit."""
    owed = Owed(
        key=f"{incident.id}:update:{incident.version}:{now.timestamp():.6f}",
        coalesce=f"{incident.id}:update",
        kind="update",
        subject=incident.id,
        channel=incident.channel,
        thread_of=incidents.message_key(incident.id),
        priority=urgency(incident) if soon else 8,
        reason=Reason.ACTED if soon else Reason.REPEATED,
        next_at=now if soon else now + SETTLES,
        created_at=now,
    )
    outbox.owe(session, owed)


def owe_line(session: Session, incident: Incident, entry: TimelineEntry) -> None:
    """Owe the incident's thread a line for what happened."""
    key = f"timeline:{entry.facts.get('timer') or entry.id}"  # fired anew after a restore it is the same line
    why = reason_for(entry.verb, waited=bool(entry.facts.get("waited")))
    owed = in_thread(incident, "reply", key, str(entry.id), entry.at, reason=why)
    if entry.verb in ROUTINE and quiet.of(session, incident.id, Kind.SNOOZE, entry.at):
        owed.status, owed.reason = "withheld", Reason.SNOOZED
    outbox.owe(session, owed)


def urgency(incident: Incident) -> int:
    """Return the outbox priority of the incident's severity: 0 for critical."""
    return urgency_of(Severity(incident.severity))


def in_thread(
    incident: Incident, kind: str, key: str, subject: str, now: datetime, *, reason: str = Reason.ACTED
) -> Owed:
    """Return what is owed to the incident's thread, behind the message itself."""
    return Owed(
        key=key,
        kind=kind,
        subject=subject,
        channel=incident.channel,
        thread_of=incidents.message_key(incident.id),
        priority=urgency(incident) + 1,
        reason=reason,
        next_at=now,
        created_at=now,
    )


def on_worst(services: Services, session: Session, model_id: str, verb: str, now: datetime) -> Doing | None:
    """Return what the bot does by itself to the model's worst open incident; None where it has none."""
    found = incidents.open_ones(session, model_id)
    if not found:
        return None
    worst: Incident = max(found, key=lambda one: Severity(one.severity).rank)
    return Doing(services, session, worst, Request(verb, worst.id, SYSTEM), now)


def tell_by_itself(doing: Doing, verb: str, **facts: Any) -> None:  # noqa: ANN401
    """Tell what comes of no move; who looked at the incident before, or tells at the same moment, begins anew."""
    incidents.advance(doing.session, doing.incident, State(doing.incident.state))
    tell(doing, verb, **facts)


def tell(doing: Doing, verb: str, **facts: Any) -> TimelineEntry:  # noqa: ANN401
    """Return the timeline line of what happened and who approved it, owed to the thread, with the message's edit."""
    if doing.request.approved_by is not None:
        facts |= {"approval": doing.request.approval, "approved_by": doing.request.approved_by}
    entry = incidents.note(doing.session, doing.incident.id, doing.request.actor, verb, doing.now, **facts)
    owe_line(doing.session, doing.incident, entry)
    owe_redraw(doing.session, doing.incident, doing.now)
    elsewhere.follow(doing.services, doing.session, doing.incident, entry)
    rooms.follow(doing.services, doing.session, doing.incident, doing.now)
    return entry
