"""Asks a second person (E4): the wish, the message with its buttons, and its end where nobody approves in time."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.response.approving import Status
from analysis.response.notifying import Reason
from analysis.response.outcomes import Kind, Outcome
from analysis.vocabulary import Role
from bot.operations import documenting, notices
from bot.operations.doing import Doing, Request, owe_redraw, tell, urgency
from bot.services import SYSTEM, Services
from storage import approvals, audit, counters, incidents, outbox, oversight, timers
from storage.tables import Approval, Incident, Owed, Timer

CHANGED = "changed"  # why a wish is void: what it was asked of is not what it was
NO_ROLE = "no_role"  # or: who asked holds none of the roles any more


@dataclass(frozen=True)
class Wanted:
    """What somebody wants that others must approve, and of which version of its subject."""

    verb: str
    subject: str
    bound_to: str
    parts: tuple[frozenset[Role], ...]  # one person a part
    by: str
    fields: dict[str, Any] = field(default_factory=dict)
    login: str | None = None  # at whose shell it was asked


@dataclass(frozen=True)
class Ended:
    """How a wish ended: by whom, when, why."""

    status: Status
    by: str
    at: datetime
    reason: str | None = None


@dataclass(frozen=True)
class Place:
    """Where those who may approve are told."""

    channel: str
    thread_of: str | None = None
    priority: int = 2


def bound(session: Session, incident: Incident) -> str:
    """Return what of the incident an approval is bound to: its state, its severity, how far the model is restrained."""
    return f"{incident.state}/{incident.severity}/{oversight.sequence(session, incident.model_id)}"


def second(doing: Doing, needs: frozenset[Role]) -> Outcome:
    """Return the wish for a second person, told in the incident's thread; or who has asked already."""
    incident, request = doing.incident, doing.request
    wanted = Wanted(
        request.verb,
        incident.id,
        bound(doing.session, incident),
        (needs,),
        request.actor,
        dict(request.fields),
        request.facts.get("login"),
    )
    place = Place(incident.channel, incidents.message_key(incident.id), urgency(incident) + 1)
    approval, is_new = ask(doing.services, doing.session, wanted, place, doing.now)
    facts = {"incident": incident.id, "approval": approval.id}
    if not is_new:
        asked = {"by": approval.requested_by, "at": approval.requested_at.isoformat(), "is_asked": True}
        return Outcome(Kind.ALREADY, request.verb, facts | asked)
    said = {"approval": approval.id, "of": request.verb, "reason": doing.field("reason")}
    incidents.note(doing.session, incident.id, request.actor, "approval_asked", doing.now, **said)
    owe_redraw(doing.session, incident, doing.now)
    roles = [role.value for role in Role if role in needs]
    return Outcome(Kind.REQUESTED, request.verb, facts | {"roles": roles, "until": approval.expires_at.isoformat()})


def ask(services: Services, session: Session, wanted: Wanted, place: Place, now: datetime) -> tuple[Approval, bool]:
    """Return the wish, and whether it is new: its message is owed and its end is planned."""
    known = approvals.waiting_for(session, wanted.verb, wanted.subject)
    if known is not None:
        return known, False
    roles = frozenset().union(*wanted.parts)
    people = [one for one in services.holders(session, roles) if not services.is_same(session, one, wanted.by)]
    approval = Approval(
        id=counters.approval_id(session),
        verb=wanted.verb,
        subject=wanted.subject,
        bound_to=wanted.bound_to,
        fields=wanted.fields,
        needs={
            "parts": [[role.value for role in Role if role in part] for part in wanted.parts],
            "people": people,
            "logins": [wanted.login] if wanted.login else [],
        },
        requested_by=wanted.by,
        requested_at=now,
        expires_at=now + services.policy.approvals.expire,
    )
    if not approvals.ask(session, approval):  # another transaction was first
        first = approvals.waiting_for(session, wanted.verb, wanted.subject)
        assert first is not None
        return first, False
    timer = Timer(key=f"{key(approval.id)}:expires", kind="approval", subject=approval.id, due_at=approval.expires_at)
    timers.plan(session, timer)
    _owe(session, approval, place, now)
    return approval, True


def key(approval_id: str) -> str:
    """Return the outbox key of the message that asks."""
    return f"approval:{approval_id}"


def _owe(session: Session, approval: Approval, place: Place, now: datetime) -> None:
    owed = Owed(
        key=key(approval.id),
        kind="approval",
        subject=approval.id,
        channel=place.channel,
        thread_of=place.thread_of,
        priority=place.priority,
        reason=Reason.ASKED,
        next_at=now,
        created_at=now,
    )
    outbox.owe(session, owed)


def tell_each(session: Session, approval: Approval) -> None:
    """Tell those who may approve privately, too: they need not be where it is asked."""
    for person in approval.needs["people"]:
        facts = {"approval": approval.id, "verb": approval.verb}
        notices.owe(session, f"{key(approval.id)}:{person}", person, approval.requested_at, about="approval", **facts)


def redraw(session: Session, approval: Approval, now: datetime) -> None:
    """Owe the message that asked an edit: it shows who approved, or how it ended."""
    message = outbox.by_key(session, key(approval.id))
    assert message is not None  # owed with the wish
    outbox.owe_edit(session, message, "approval_update", Reason.ACTED, now)


def end(services: Services, session: Session, approval: Approval, ended: Ended) -> bool:
    """Return whether the wish still waited and is ended now; its message and, of an incident, its thread say how."""
    if not approvals.settle(session, approval, status=ended.status, by=ended.by, at=ended.at, reason=ended.reason):
        return False
    timers.cancel(session, approval.id, ["approval"])
    redraw(session, approval, ended.at)
    documents = approval.fields.get("incident")
    incident = incidents.get(session, str(documents or approval.subject))
    if incident is not None and ended.status is not Status.APPROVED:  # what was approved is told as what was done
        doing = Doing(services, session, incident, Request(approval.verb, incident.id, ended.by), ended.at)
        facts = {"approval": approval.id, "of": approval.verb, "asked_by": approval.requested_by}
        say = documenting.close if documents else tell  # an incident that documents the wish ends with it
        say(doing, f"approval_{ended.status}", reason=ended.reason, **facts)
    return True


def sweep(doing: Doing) -> None:
    """End the wishes that the change under way has made void: they were asked of the incident as it was."""
    for approval in approvals.waiting(doing.session, doing.incident.id):
        is_this_one = approval.id == doing.request.approval
        if not is_this_one and approval.bound_to != bound(doing.session, doing.incident):
            end(doing.services, doing.session, approval, Ended(Status.VOID, doing.request.actor, doing.now, CHANGED))
            facts = {"verb": approval.verb, "subject": approval.subject, "why": CHANGED}
            audit.append(doing.session, audit.Entry(SYSTEM, "approval_void", approval.id, "done", facts), doing.now)


def when_due(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """End a wish that nobody decided in time."""
    approval = approvals.get(session, timer.subject, lock=True)
    if approval is not None and end(services, session, approval, Ended(Status.EXPIRED, SYSTEM, now)):
        facts = {"verb": approval.verb, "subject": approval.subject}
        audit.append(session, audit.Entry(SYSTEM, "approval_expired", approval.id, "done", facts), now)
