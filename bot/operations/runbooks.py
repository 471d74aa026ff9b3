"""The runbook that an incident follows: begun with it, ticked by people or by the deed, asked after when due."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from analysis.errors import Unknown
from analysis.response import life, runbooks
from analysis.response.outcomes import Kind, Outcome
from analysis.vocabulary import Duty, Family, Severity, State
from bot.operations.doing import SETTLES, Doing, Effect, Request, in_thread, tell_by_itself
from bot.services import SYSTEM, Services
from storage import incidents, involved, outbox, timers
from storage import runbooks as kept
from storage.tables import Alert, ChecklistStep, Incident, Owed, Timer

DUE = "step_due"


def follow(doing: Doing) -> None:
    """Tick what the verb shows to be done; an incident that has no runbook yet and now fits one begins it.

    Of one that has ended nobody is asked for the steps that are left.
    """
    steps = kept.of(doing.session, doing.incident.id)
    if not steps:
        _begin(doing)
        steps = kept.of(doing.session, doing.incident.id)
    shown = [step for step in steps if step.verb == doing.request.verb and step.done_at is None]
    for step in shown:
        kept.tick(doing.session, step, doing.request.actor, doing.now, "", by_itself=True)
    if shown:
        _redraw(doing)
    if State(doing.incident.state) in life.ENDED:
        _unplan(doing, steps)


def resume(doing: Doing) -> None:
    """Plan to ask for what is left again, now that the incident is open again; not for what was due meanwhile."""
    steps = kept.of(doing.session, doing.incident.id)
    _unplan(doing, steps)
    _plan(doing, [one for one in steps if one.due_at is not None and one.due_at > doing.now])


def tick(doing: Doing) -> Effect | Outcome:
    """Note that a person did the step; raise Unknown where the incident has none of that key."""
    key = doing.field("step")
    steps = kept.of(doing.session, doing.incident.id)
    step = next((one for one in steps if one.key == key), None)
    if step is None:
        raise Unknown("step", key, [one.key for one in steps if one.done_at is None])
    if not kept.tick(doing.session, step, doing.request.actor, doing.now, doing.field("note"), by_itself=False):
        at = step.done_at.isoformat() if step.done_at else ""
        facts = {"incident": doing.incident.id, "by": step.done_by, "at": at, "did": "tick"}
        return Outcome(Kind.ALREADY, "tick", facts | {"state": doing.incident.state})
    _redraw(doing)
    return Effect(facts={"step": key, "text": step.text, "note": doing.field("note")})


def change(doing: Doing) -> Effect:
    """Follow another runbook from now on, beside what was begun; raise Unknown where there is none of that name."""
    known = {one.id: one for one in kept.known(doing.services.policy.runbooks)}
    chosen = known.get(doing.field("runbook"))
    if chosen is None or not kept.begin(doing.session, doing.incident.id, chosen, doing.now, doing.now):
        raise Unknown("runbook that is not followed yet", doing.field("runbook"), sorted(known))
    _tick_what_was_done(doing, chosen.id)
    _planned(doing)
    return Effect(facts={"runbook": chosen.id, "title": chosen.title})


def _tick_what_was_done(doing: Doing, runbook: str) -> None:
    """Tick the steps of a runbook that is begun late whose deed was done before."""
    for step in kept.of(doing.session, doing.incident.id):
        asked = step.verb if step.runbook == runbook else None
        before = incidents.last(doing.session, doing.incident.id, asked) if asked else None
        if before is not None:
            kept.tick(doing.session, step, before.actor, before.at, "", by_itself=True)


def when_due(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Say that a step is overdue, to whoever has its duty; not where it was done or the incident has ended."""
    step = session.get(ChecklistStep, int(timer.data["step"]))
    if step is None or step.done_at is not None:
        return
    incident = incidents.get(session, step.incident_id)
    if incident is None or State(incident.state) in life.ENDED:
        return
    doing = Doing(services, session, incident, Request("step_overdue", incident.id, SYSTEM), now)
    holder = involved.holder(session, incident.id, Duty(step.duty)) if step.duty else None
    owes = holder.person if holder else incident.acknowledged_by
    tell_by_itself(doing, "step_overdue", text=step.text, owes=owes, timer=timer.key)
    _redraw(doing)


def _begin(doing: Doing) -> None:
    incident, policy = doing.incident, doing.services.policy
    watched = policy.model(incident.model_id)
    fitting = runbooks.choose(
        kept.known(policy.runbooks),
        Family(incident.family),
        Severity(incident.severity),
        _metric(doing.session, incident),
        watched.domain if watched else None,
    )
    if fitting is not None and kept.begin(doing.session, incident.id, fitting, incident.opened_at, doing.now):
        _planned(doing)


def _planned(doing: Doing) -> None:
    """Owe the checklist its message, and plan to ask after each step that has a limit."""
    is_new = outbox.owe(doing.session, _row(doing, f"{doing.incident.id}:checklist", "checklist"))
    _plan(doing, kept.of(doing.session, doing.incident.id))
    if not is_new:  # else it is drawn as it then is
        _redraw(doing)


def _plan(doing: Doing, steps: Sequence[ChecklistStep]) -> None:
    """Plan to ask for the open ones; each is a subject, so that a later one does not stand for those before it."""
    for step in steps:
        if step.due_at is not None and step.done_at is None:
            subject, life_of = f"{DUE}:{step.id}", doing.incident.reopened
            key = f"{subject}:{life_of}" if life_of else subject
            timer = Timer(key=key, kind=DUE, subject=subject, due_at=step.due_at, data={"step": step.id})
            timers.plan(doing.session, timer)


def _unplan(doing: Doing, steps: Sequence[ChecklistStep]) -> None:
    for step in steps:
        timers.cancel(doing.session, f"{DUE}:{step.id}", [DUE])


def _redraw(doing: Doing) -> None:
    stands = f"{doing.incident.id}:checklist"
    row = _row(doing, f"{stands}:{doing.incident.version}:{doing.now.timestamp():.6f}", "checklist_update")
    row.thread_of, row.coalesce = stands, f"{stands}:update"
    outbox.owe(doing.session, row)


def _row(doing: Doing, key: str, kind: str) -> Owed:
    row = in_thread(doing.incident, kind, key, doing.incident.id, doing.now)
    row.next_at = doing.now if kind == "checklist" else doing.now + SETTLES / 10
    return row


def _metric(session: Session, incident: Incident) -> str | None:
    """Return the metric of the finding that opened the incident."""
    first: Alert | None = incidents.first_alert(session, incident.id)
    return str(first.details["cause"]["metric"]) if first else None
