"""Clocks of an incident: started, met and stopped by what happens, warned of and breached when their time comes."""

from datetime import datetime, timedelta

from sqlmodel import Session

from analysis.response import clocks as deciding
from analysis.response.calendars import Calendar, between, later
from analysis.response.clocks import CLOCKS, Change
from analysis.vocabulary import Severity, State
from bot.operations.doing import Doing, Request, tell
from bot.services import SYSTEM, Services
from storage import audit, clocks, incidents, timers
from storage.database import Again
from storage.tables import Clock, Timer

WARN, DUE = "clock_warn", "clock_due"


def follow(doing: Doing, was: State | None) -> None:
    """Start, meet and stop the clocks, now that the incident moved; `was` is its state before, None: just opened."""
    running = {one.kind: one for one in clocks.running(doing.session, doing.incident.id)}
    for kind, change in deciding.follow(doing.request.verb, was, State(doing.incident.state), running.keys()):
        if change is Change.START:
            start(doing, kind, Severity(doing.incident.severity))
        elif change is Change.MEET:
            _meet(doing, running[kind])
        elif clocks.stop(doing.session, running[kind], doing.now):
            _unplan(doing.session, running[kind])


def start(doing: Doing, kind: str, severity: Severity) -> None:
    """Start the clock where the policy has it at that severity."""
    term, done_before = doing.services.policy.terms(severity).of(kind), CLOCKS[kind].unless
    if term is None or (done_before and getattr(doing.incident, done_before) is not None):
        return
    due = later(doing.now, term.within, calendar_of(doing.services, severity, kind))
    plan(doing, clocks.start(doing.session, doing.incident.id, kind, doing.now, due), severity)


def replan(doing: Doing, was: Severity, now: Severity) -> None:
    """Give the clocks the spans of the new severity: shorter from now on where it rose, longer where it fell."""
    before, terms = (doing.services.policy.terms(severity) for severity in (was, now))
    running = {one.kind: one for one in clocks.running(doing.session, doing.incident.id)}
    for kind, of_table in CLOCKS.items():
        clock, term = running.get(kind), terms.of(kind)
        if clock is not None and term is None and clocks.stop(doing.session, clock, doing.now):
            _unplan(doing.session, clock)
        elif clock is not None and term is not None:
            since = clock.started_at, clock.paused_at or doing.now
            spans = term.within, timedelta(seconds=clock.rested_s)
            calendar = calendar_of(doing.services, now, kind)
            due = deciding.replanned(since, clock.due_at, spans, rose=now.rank > was.rank, calendar=calendar)
            if clocks.move(doing.session, clock, due):
                plan(doing, clock, now)
        elif clock is None and before.of(kind) is None and deciding.is_owed(of_table, State(doing.incident.state)):
            start(doing, kind, now)


def plan(doing: Doing, clock: Clock, severity: Severity) -> None:
    """Write the timers that warn of the clock and that find it breached, in place of those there were."""
    _unplan(doing.session, clock)
    terms = doing.services.policy.terms(severity)
    term = terms.of(clock.kind)
    due = {DUE: clock.due_at}
    if term is not None and clock.warned_at is None:
        calendar = calendar_of(doing.services, severity, clock.kind)
        due[WARN] = deciding.warn_at(doing.now, clock.due_at, terms.margin(term), calendar)
    for kind, at in due.items() if clock.paused_at is None else ():
        key = f"{kind}:{clock.id}:{doing.now.isoformat()}"
        timers.plan(doing.session, Timer(key=key, kind=kind, subject=f"clock:{clock.id}", due_at=at))


def _unplan(session: Session, clock: Clock) -> None:
    timers.cancel(session, f"clock:{clock.id}", [WARN, DUE])


def calendar_of(services: Services, severity: Severity, kind: str) -> Calendar | None:
    """Return the business hours that the clock keeps to, if to any."""
    term = services.policy.terms(severity).of(kind)
    return services.policy.calendars.get(term.calendar) if term is not None and term.calendar else None


def rested(doing: Doing, clock: Clock) -> tuple[datetime, timedelta]:
    """Return until when a clock that rests runs once it goes on now, and how much of its time it rested."""
    assert clock.paused_at is not None
    calendar = calendar_of(doing.services, Severity(doing.incident.severity), clock.kind)
    left = between(clock.paused_at, clock.due_at, calendar)
    return later(doing.now, left, calendar), between(clock.paused_at, doing.now, calendar)


def _meet(doing: Doing, clock: Clock) -> None:
    if clocks.breach(doing.session, clock, doing.now):  # before its timer fired
        _tell_breach(doing, clock)
    if not clocks.meet(doing.session, clock, doing.now, doing.request.actor):
        raise Again(f"clock {clock.id} was met by another transaction")
    _unplan(doing.session, clock)


def when_to_warn(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Tell whoever owes it that the time runs out: once, and not of a clock that rests or is no longer owed."""
    doing, clock = _found(services, session, timer, now)
    if clocks.warn(session, clock, now):
        tell(doing, WARN, timer=timer.key, **_facts(doing, clock))


def when_due(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Record the breach, once."""
    doing, clock = _found(services, session, timer, now)
    if clocks.breach(session, clock, now):
        _tell_breach(doing, clock, timer=timer.key)


def _tell_breach(doing: Doing, clock: Clock, **more: str) -> None:
    by_itself = Doing(
        doing.services, doing.session, doing.incident, Request("clock_breached", doing.incident.id, SYSTEM), doing.now
    )
    entry = tell(by_itself, "clock_breached", **more, **_facts(doing, clock))
    data = {"clock": clock.kind, "due": clock.due_at.isoformat(), "timeline": entry.id}
    audit.append(doing.session, audit.Entry(SYSTEM, "clock_breached", doing.incident.id, "done", data), doing.now)


def _found(services: Services, session: Session, timer: Timer, now: datetime) -> tuple[Doing, Clock]:
    clock = clocks.get(session, int(timer.subject.removeprefix("clock:")))
    assert clock is not None  # clocks are kept for ever, with their incidents
    incident = incidents.get(session, clock.incident_id)
    assert incident is not None
    return Doing(services, session, incident, Request(timer.kind, incident.id, SYSTEM), now), clock


def _facts(doing: Doing, clock: Clock) -> dict[str, object]:
    """Return what is told of a clock, and whom it rings: those who owe it by their role, else who has the incident."""
    roles = CLOCKS[clock.kind].owed_by
    holders = doing.services.holders(doing.session, roles) if roles else []
    has_it = [doing.incident.acknowledged_by] if doing.incident.acknowledged_by else []
    facts = {"clock": clock.kind, "number": clock.number, "due": clock.due_at.isoformat()}
    return {**facts, "people": sorted(holders) or has_it}
