"""What is to be done after an incident: by whom, until when; its owner is asked until it is done."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from analysis.errors import Missing, Unknown
from analysis.response import learning as deciding
from analysis.response import life
from analysis.response.learning import Asking, Kind, Needed
from analysis.response.notifying import Reason
from analysis.response.outcomes import Kind as Ended
from analysis.response.outcomes import Outcome
from analysis.vocabulary import Role
from bot.operations.doing import Doing, Effect, Request, tell
from bot.services import SYSTEM, Services
from storage import audit, counters, incidents, learning, outbox, people, timers
from storage.tables import FollowUp, Owed, Timer

REMINDER = "follow_up"  # kind of timer, and of the message that it leads to


@dataclass(frozen=True)
class Wanted:
    """Something to be done, by whom, until the end of which day of theirs."""

    kind: Kind
    needed: Needed
    what: str
    owner: str
    due: date


def add(doing: Doing) -> Effect:
    """Write down something to be done."""
    needed, due = Needed(doing.field("needed")), date.fromisoformat(doing.field("due"))
    wanted = Wanted(Kind.OTHER, needed, doing.field("what"), doing.field("owner"), due)
    return Effect(facts=told(begin(doing, wanted, "follow_up")))


def finish(doing: Doing) -> Effect | Outcome:
    """Mark a follow-up as done; who did it already is told. Raise Unknown."""
    wanted = doing.field("follow_up").upper()
    mine = learning.follow_ups(doing.session, doing.incident.id)
    found = next((one for one in mine if one.id == wanted), None)
    if found is None:
        raise Unknown("follow-up", wanted, learning.ids(mine))
    if not learning.finish(doing.session, found, doing.request.actor, doing.now, doing.field("note")):
        facts = {"incident": doing.incident.id, "by": found.done_by, "state": doing.incident.state}
        return Outcome(Ended.ALREADY, "follow_up_done", facts | {"at": found.done_at and found.done_at.isoformat()})
    timers.cancel(doing.session, found.id, [REMINDER])
    _redraw(doing.session, found, doing.now)
    return Effect(facts={"follow_up": found.id, "what": found.what, "note": doing.field("note")})


def begin(doing: Doing, wanted: Wanted, verb: str) -> FollowUp:
    """Return the new follow-up, with the first time at which its owner is asked; raise Missing."""
    new = FollowUp(
        id=counters.follow_up_id(doing.session),
        incident_id=doing.incident.id,
        kind=wanted.kind.value,
        needed=wanted.needed.value,
        what=wanted.what,
        owner=wanted.owner,
        due_at=_due(doing, wanted, verb),
        by=doing.request.actor,
        at=doing.now,
    )
    doing.session.add(new)
    doing.session.flush()
    _ask_next(doing.session, new, doing.now)
    return new


def alter(doing: Doing, found: FollowUp, wanted: Wanted, verb: str) -> FollowUp:
    """Return the follow-up as it is wanted now, its owner asked anew; raise Missing.

    The day that was written down before may be over by now: correcting the rest does not move it.
    """
    due_at = _due(doing, wanted, verb, earlier=found.due_at)
    if learning.alter(doing.session, found, wanted.what, wanted.owner, due_at):
        timers.cancel(doing.session, found.id, [REMINDER])
        _ask_next(doing.session, found, doing.now)
    return found


def _due(doing: Doing, wanted: Wanted, verb: str, earlier: datetime | None = None) -> datetime:
    """Return the end of the day there where the owner is; raise Missing for a day that is over."""
    may = life.MOVES["follow_up_done"].by
    if not may & doing.services.roles(doing.session, wanted.owner):
        raise Missing(verb, "owner", "has to hold a role here that may mark it as done")
    due_at = deciding.end_of(wanted.due, people.zone_of(doing.session, wanted.owner))
    if due_at <= doing.now and due_at != earlier:
        raise Missing(verb, "due", "is a day that is over; choose a later one")
    return due_at


def _ask_next(session: Session, found: FollowUp, now: datetime) -> None:
    upcoming = deciding.next_asking(found.due_at, people.zone_of(session, found.owner), now)
    if upcoming is not None:
        due_at, why = upcoming
        key = f"{REMINDER}:{found.id}:{found.owner}:{due_at.isoformat()}"
        timer = Timer(key=key, kind=REMINDER, subject=found.id, due_at=due_at, data={"why": why.value})
        timers.plan(session, timer)


def when_due(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Ask the owner for a follow-up that is not done; a week after its day tell the ML Lead instead."""
    found = learning.follow_up(session, timer.subject)
    if found is None or found.done_at is not None:
        return
    if timer.data["why"] == Asking.GIVEN_UP:
        _give_up(services, session, found, now)
        return
    owed = Owed(
        key=timer.key,
        kind=REMINDER,
        subject=found.id,
        channel=found.owner,
        data=dict(timer.data),
        reason=Reason.ASKED,
        next_at=now,
        created_at=now,
    )
    outbox.owe(session, owed)
    data = {"owner": found.owner, "why": timer.data["why"]}
    audit.append(session, audit.Entry(SYSTEM, "follow_up_asked", found.id, "done", data), now)
    _ask_next(session, found, now)


def _give_up(services: Services, session: Session, found: FollowUp, now: datetime) -> None:
    incident = incidents.get(session, found.incident_id)
    assert incident is not None  # a foreign key
    doing = Doing(services, session, incident, Request("follow_up_late", incident.id, SYSTEM), now)
    tell(doing, "follow_up_late", people=services.holders(session, {Role.ML_LEAD}), **told(found))
    audit.append(session, audit.Entry(SYSTEM, "follow_up_late", found.id, "done", {"owner": found.owner}), now)


def _redraw(session: Session, found: FollowUp, now: datetime) -> None:
    """Owe the newest message that asked for it an edit: it is done."""
    asked = outbox.newest(session, REMINDER, found.id)
    if asked is not None:
        outbox.owe_edit(session, asked, "follow_up_update", Reason.ACTED, now)


def told(found: FollowUp) -> dict[str, str]:
    """Return what a line of the timeline keeps of it."""
    due = found.due_at.isoformat()
    return {"follow_up": found.id, "what": found.what, "owner": found.owner, "due": due, "needed": found.needed}
