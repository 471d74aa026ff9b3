"""Makes things quiet for a while, and tells what still stands when that is over. Each has an end and a reason."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from analysis.errors import Missing, Refused, Unknown
from analysis.response import fields, quiet
from analysis.response.notifying import Reason
from analysis.response.quiet import Kind, Matcher, Typed
from analysis.vocabulary import Severity, State
from bot.operations import beginning, holding, reopening
from bot.operations.doing import Doing, Effect, Request, tell
from bot.services import SYSTEM, Services, whole
from storage import audit, counters, inbox, incidents, outbox, timers
from storage import quiet as kept
from storage.tables import Owed, Quiet, Timer

OVER, AHEAD = "quiet_end", "quiet_notice"


def snooze(doing: Doing) -> Effect:
    """Let the incident rest until a time; raise Missing for a critical one that nobody has, or a time that is none."""
    incident = doing.incident
    if incident.severity == Severity.CRITICAL and incident.state == State.DETECTED:
        raise Missing("snooze", "until", "cannot be named: nobody has this critical incident yet. Acknowledge it first")
    until = fields.moment(doing.field("until"))
    quiet.check_end("snooze", Kind.SNOOZE, doing.now, until)
    before = kept.of(doing.session, incident.id, Kind.SNOOZE, doing.now)
    if before is not None:
        _end(doing.session, before, doing.now, doing.request.actor, "again")
    made = _keep(doing, Kind.SNOOZE, {}, until)
    return Effect(facts={"quiet": made.id, "until": until.isoformat(), "reason": made.reason})


def accept_risk(doing: Doing) -> Effect:
    """Accept the risk until a day, 30 days away at most; raise Missing where it is worse than medium (003 §12)."""
    incident = doing.incident
    if Severity(incident.severity).rank > holding.ACCEPTABLE.rank:
        raise Missing(
            "accept_risk", "reason", f"does not help: it is {incident.severity}, and only a medium risk may be accepted"
        )
    until = fields.moment(doing.field("until"))
    quiet.check_end("accept_risk", Kind.ACCEPTED_RISK, doing.now, until)
    made = _keep(doing, Kind.ACCEPTED_RISK, Matcher(up_to=Severity.MEDIUM).kept(), until)
    holding.broken(doing, Kind.SNOOZE)
    return Effect(facts={"quiet": made.id, "until": until.isoformat(), "reason": made.reason})


def _keep(doing: Doing, kind: Kind, matcher: dict[str, str], until: datetime) -> Quiet:
    made = Quiet(
        id=counters.quiet_id(doing.session),
        kind=kind,
        incident_id=doing.incident.id,
        matcher=matcher,
        reason=doing.field("reason"),
        by=doing.request.actor,
        approved_by=doing.request.approved_by,
        starts_at=doing.now,
        ends_at=until,
    )
    kept.keep(doing.session, made)
    _plan(doing.session, made)
    return made


def _plan(session: Session, made: Quiet, place: str | None = None) -> None:
    """Write when it is over, and when that is said before: there where it was made."""
    ahead = quiet.notice_at(Kind(made.kind), made.starts_at, made.ends_at)
    for kind, at in ((OVER, made.ends_at), (AHEAD, ahead)):
        if at is not None:
            data = {"place": place} if place else {}
            timers.plan(session, Timer(key=f"{kind}:{made.id}", kind=kind, subject=made.id, due_at=at, data=data))


def _end(session: Session, made: Quiet, now: datetime, by: str, why: str) -> bool:
    timers.cancel(session, made.id, [OVER, AHEAD])
    return kept.end(session, made, now, by, why)


@dataclass(frozen=True)
class Wish:
    """Somebody wants a silence or a maintenance window, or an end of one."""

    kind: Kind
    actor: str
    typed: Typed | None = None
    ends: str | None = None  # id of the one to end
    reason: str = ""
    delivery: str | None = None
    place: str | None = None  # the channel in which it was typed; none: the one of medium incidents
    facts: dict[str, str] = field(default_factory=dict)  # what the door knows of the person, for the audit log


@whole
def change(services: Services, wish: Wish) -> Quiet | None:
    """Return the quiet that was made or ended; None where this delivery came before and was refused.

    Raise Refused, audited.
    """
    now = services.clock()
    refused: Refused | None = None
    made: Quiet | None = None
    with services.transaction() as session:
        if wish.delivery and not inbox.arrive(session, wish.delivery, "interaction", now):
            return kept.get(session, str(inbox.answer(session, wish.delivery).get("quiet")))
        try:
            with session.begin_nested():
                made = _made(services, session, wish, now) if wish.typed else _ended(services, session, wish, now)
        except Refused as error:
            refused, made = error, None
        data: dict[str, object] = {"why": refused.reason} if refused else {}
        if made is not None:
            data |= {
                "until": made.ends_at.isoformat(),
                **made.matcher,
                "reason_hmac": services.keys.hashed(made.reason),
            }
            if wish.delivery:
                inbox.answered(session, wish.delivery, {"quiet": made.id})
        data |= wish.facts
        verb = wish.kind.value if wish.typed else "quiet_end"
        entity = made.id if made else (wish.ends or wish.kind.value)[:100]
        audit.append(session, audit.Entry(wish.actor, verb, entity, "refused" if refused else "done", data), now)
    if refused is not None:
        raise refused
    return made


def _made(services: Services, session: Session, wish: Wish, now: datetime) -> Quiet:
    assert wish.typed is not None
    quiet.allow(wish.kind, wish.typed.matcher, services.roles(session, wish.actor))
    model = wish.typed.matcher.model
    if model is not None and services.policy.model(model) is None:
        raise Unknown("model", model, [one.id for one in services.policy.models])
    made = Quiet(
        id=counters.quiet_id(session),
        kind=wish.kind,
        matcher=wish.typed.matcher.kept(),
        reason=wish.typed.reason,
        by=wish.actor,
        starts_at=now,
        ends_at=wish.typed.ends_at,
    )
    kept.keep(session, made)
    _plan(session, made, wish.place or services.policy.routes[Severity.MEDIUM].channel or services.policy.engineering)
    return made


def _ended(services: Services, session: Session, wish: Wish, now: datetime) -> Quiet:
    """End it early; raise Unknown where nothing of that id is in force, NotAllowed for who might not have made it."""
    running = {one.id: one for one in kept.in_force(session, now)}
    made = running.get(str(wish.ends).upper())
    if made is None:
        raise Unknown("quiet in force under", str(wish.ends)[:100], list(running)[:5])
    quiet.allow(Kind(made.kind), Matcher.of(made.matcher), services.roles(session, wish.actor))
    if _end(session, made, now, wish.actor, wish.reason or "ended early"):
        _tell_over(Over(services, session, made, now, wish.actor))
    return made


def when_over(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """End it, for its time is over, and tell what still stands."""
    made = kept.get(session, timer.subject)
    if made is None or not kept.end(session, made, now, SYSTEM, "over"):
        return
    audit.append(session, audit.Entry(SYSTEM, "quiet_ended", made.id, "done", {"kind": made.kind, "why": "over"}), now)
    _tell_over(Over(services, session, made, now, SYSTEM), timer=timer.key)


@dataclass(frozen=True)
class Over:
    """A quiet that ends, and who ended it."""

    services: Services
    session: Session
    made: Quiet
    now: datetime
    by: str


def _tell_over(over: Over, **more: str) -> None:
    made = over.made
    if made.incident_id is None:
        _tell_held(over.services, over.session, made, over.now)
        return
    doing = _doing(over, "quiet_over")
    tell(doing, "quiet_over", kind=made.kind, quiet=made.id, **more)
    if made.kind == Kind.ACCEPTED_RISK and doing.incident.state == State.ACCEPTED_RISK:
        _after_acceptance(doing, made)


def _after_acceptance(doing: Doing, made: Quiet) -> None:
    """Open the incident again where it is still so, and close it where it is not."""
    if incidents.has_open_alert(doing.session, doing.incident.id):
        reopening.by_itself(doing, quiet=made.id)
        return
    closed = {"closed_at": doing.now, "closed_by": doing.request.actor}
    incidents.advance(doing.session, doing.incident, State.CLOSED, **closed)
    entry = tell(doing, "close", quiet=made.id)
    data = {"quiet": made.id, "timeline": entry.id}
    audit.append(doing.session, audit.Entry(doing.request.actor, "close", doing.incident.id, "done", data), doing.now)


def when_ahead(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Say that the end comes: of an accepted risk in its thread, to those who accepted it; else where it was made."""
    made = kept.get(session, timer.subject)
    if made is None or made.ended_at is not None:
        return
    if made.incident_id is None:
        _owe_ahead(session, made, timer, now)
        return
    people = [one for one in (made.by, made.approved_by) if one]
    left = {"until": made.ends_at.isoformat(), "people": list(dict.fromkeys(people))}
    doing = _doing(Over(services, session, made, now, SYSTEM), "quiet_ahead")
    tell(doing, "quiet_ahead", quiet=made.id, timer=timer.key, **left)


def _owe_ahead(session: Session, made: Quiet, timer: Timer, now: datetime) -> None:
    place = timer.data.get("place")
    if place is None:  # planned before places were kept
        return
    owed = Owed(
        key=timer.key,
        kind=AHEAD,
        subject=made.id,
        channel=place,
        priority=5,
        reason=Reason.ASKED,
        next_at=now,
        created_at=now,
    )
    outbox.owe(session, owed)
    audit.append(session, audit.Entry(SYSTEM, AHEAD, made.id, "done", {"until": made.ends_at.isoformat()}), now)


def _doing(over: Over, verb: str) -> Doing:
    incident = incidents.get(over.session, str(over.made.incident_id))
    assert incident is not None  # a foreign key
    return Doing(over.services, over.session, incident, Request(verb, incident.id, over.by), over.now)


def _tell_held(services: Services, session: Session, made: Quiet, now: datetime) -> None:
    """Open the incidents of what it held back and what still stands, unless something else holds that."""
    for alert in kept.held(session, made.id):
        other = holding.holds(session, alert, now)
        alert.quiet_id = other.id if other else None
        session.add(alert)
        channel = services.policy.routes[Severity(alert.severity)].channel
        if other is None and channel is not None:
            beginning.begin(services, session, alert, channel, now)
