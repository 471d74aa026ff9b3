"""Who is called next: as planned, when the time comes, until somebody acknowledges; sooner by hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.response import escalation as deciding
from analysis.response import life
from analysis.response.escalation import P, Why
from analysis.response.notifying import Reason
from analysis.vocabulary import Severity, State
from bot.operations import elsewhere, notices, planning, quietness, reaching
from bot.operations.doing import Doing, Effect, Request, owe_line, tell, urgency
from bot.operations.planning import KIND, Planned
from bot.operations.reaching import Reached
from bot.services import SYSTEM, Services
from storage import audit, incidents, outbox, timers
from storage.tables import Incident, Owed, Timer


def begin(services: Services, session: Session, incident: Incident, now: datetime) -> None:
    """Plan every call of the path, and make those that are due at once; where somebody has it, only the later ones."""
    doing = Doing(services, session, incident, Request("called", incident.id, SYSTEM), now)
    if not planning.plan(doing, now):
        return
    if incident.acknowledged_by is not None:
        _answered(doing)
    else:
        _at_once(doing, Why.OPENED)


def follow(doing: Doing, was: State) -> None:
    """Stop what is not called any more, now that a person moved the incident; who moved it on has it."""
    incident, state = doing.incident, State(doing.incident.state)
    if state in life.ENDED:
        timers.cancel(doing.session, incident.id, [KIND, *quietness.KINDS])
    elif was is State.DETECTED and state is not State.DETECTED and doing.request.actor != SYSTEM:
        if incident.acknowledged_by is None:
            _advance(doing, {"acknowledged_at": doing.now, "acknowledged_by": doing.request.actor})
        _answered(doing)


def replan(doing: Doing, was: Severity) -> None:
    """Let the calls follow the severity: one that rose calls its path's first people at once; one that fell, nobody."""
    incident, now = doing.incident, Severity(doing.incident.severity)
    rose = now.rank > was.rank
    timers.cancel(doing.session, incident.id, [KIND, *quietness.KINDS])
    if State(incident.state) in life.ENDED or not planning.plan(doing, doing.now if rose else incident.opened_at):
        return
    if rose:
        _at_once(doing, Why.ROSE)
    else:
        _pass(doing)
    if incident.acknowledged_by is not None:
        _answered(doing)


def by_hand(doing: Doing) -> Effect:
    """Go to the next step now, before its time; past the last one, call that one again."""
    held = planning.of(doing.services, doing.session, doing.incident) or planning.anew(doing)
    first = _next(held, doing.incident)
    reason = {"reason": doing.field("reason")}
    return _call(doing, held, first, Why.BY_HAND, **reason) if first else Effect(facts={"to": [], **reason})


def next_called(services: Services, session: Session, incident: Incident) -> tuple[list[str], list[str]]:
    """Return the targets of the next step, and the people whom it reaches."""
    first = _next(planning.calls(services, session, incident), incident)
    targets = list(first.to) if first else []
    return targets, reaching.reach(services, session, targets).people


def when_due(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Make a call whose time came: not if it was answered, and never behind a later one that was already made."""
    incident = incidents.get(session, timer.subject)
    if incident is None or State(incident.state) in life.ENDED:
        return
    doing = Doing(services, session, incident, Request(KIND, incident.id, SYSTEM), now)
    held = planning.of(services, session, incident)
    mine = next((one for one in held if one.timer.id == timer.id), None)
    if mine is None or mine.number <= incident.escalation_step:
        return
    if _is_answered(doing, mine):
        _answered(doing)
        return
    resumed = timer.data.get("resumed") and mine.call.why is Why.WAITED
    _make(doing, held, mine, Why.QUIET if resumed else mine.call.why)


def resume(doing: Doing, person: str, asked: Timer) -> None:
    """Go on from the next step, for the person, who has it, did not answer by the time of that timer."""
    held = planning.of(doing.services, doing.session, doing.incident)
    first = _next(held, doing.incident)
    if first is not None:
        planning.again(doing, held, first)
        _make(
            doing,
            planning.of(doing.services, doing.session, doing.incident),
            first,
            Why.QUIET,
            person=person,
            timer=asked.key,
        )


def ring(doing: Doing) -> Reached:
    """Return whom the path calls first, paged and linked to: for what cannot wait, though somebody has the incident.

    Its own calls stay as they are planned; who is rung in the thread is named by the line that tells why.
    """
    held = planning.of(doing.services, doing.session, doing.incident) or planning.anew(doing)
    reached = Reached()
    for one in held:
        reached = _reached(doing, one)
        if reached or one is held[-1]:
            _tell(doing, one, reached)
            break
    return reached


def stop(doing: Doing) -> None:
    """Cancel the calls that wait for somebody to take it; those until it is resolved stay."""
    for one in planning.of(doing.services, doing.session, doing.incident):
        if not one.is_until_resolved:
            timers.settle(doing.session, one.timer, "cancelled")


def _make(doing: Doing, held: Sequence[Planned], first: Planned, why: Why, **more: str) -> None:
    """Make the call in the bot's own name: told in the thread, and audited."""
    effect = _call(doing, held, first, why, **{"waited": True, "timer": first.timer.key, **more})
    _advance(doing, effect.columns)
    entry = tell(doing, KIND, **effect.facts)
    audit.append(doing.session, audit.Entry(SYSTEM, KIND, doing.incident.id, "done", {"timeline": entry.id}), doing.now)


def _at_once(doing: Doing, why: Why) -> None:
    """Make the first call of a new plan, where it is due by now."""
    held = planning.of(doing.services, doing.session, doing.incident)
    if held[0].timer.due_at > doing.now:
        return
    effect = _call(doing, held, held[0], why)
    if effect.columns["escalation_step"] != doing.incident.escalation_step:
        _advance(doing, effect.columns)
    entry = incidents.note(doing.session, doing.incident.id, SYSTEM, "called", doing.now, **effect.facts)
    owe_line(doing.session, doing.incident, entry)


def _pass(doing: Doing) -> None:
    """Take the calls whose time is over for made: what has become less severe calls nobody anew."""
    held = planning.of(doing.services, doing.session, doing.incident)
    past = [one for one in held if one.timer.due_at <= doing.now]
    for one in past:
        timers.settle(doing.session, one.timer, "cancelled")
    _advance(doing, {"escalation_step": past[-1].number if past else 0})


def _answered(doing: Doing) -> None:
    """Stop the calls, for somebody has it, and plan the question whether they still do."""
    stop(doing)
    held = planning.of(doing.services, doing.session, doing.incident)
    if held:
        quietness.plan(doing, held[0].timer.data, doing.now)


def _is_answered(doing: Doing, call: Planned) -> bool:
    """Return whether somebody has it, and said so since they were asked: then only calls until the end are made."""
    if call.is_until_resolved:
        return False
    resumed, holder = call.timer.data.get("resumed"), doing.incident.acknowledged_by
    if resumed is None or holder is None:
        return holder is not None
    last = incidents.last_by(doing.session, doing.incident.id, holder)
    return last is not None and last.at >= datetime.fromisoformat(resumed)


def _next(held: Sequence[P], incident: Incident) -> P | None:
    """Return the first call of the next step; past the last one, that one."""
    return deciding.following(held, incident.escalation_step) or (held[-1] if held else None)


def _call(doing: Doing, held: Sequence[Planned], first: Planned, why: Why, **more: Any) -> Effect:  # noqa: ANN401
    """Return the call that reaches somebody: the step's, or where nobody is behind it the next one's, at once."""
    chosen, reached, unreached = first, _reached(doing, first), list[str]()
    while not reached and (later := deciding.following(held, chosen.number)) is not None:
        unreached += reached.empty
        chosen, reached = later, _reached(doing, later)
    for one in held:
        if one.number < chosen.number:
            timers.settle(doing.session, one.timer, "cancelled")
    timers.settle(doing.session, chosen.timer, "fired", doing.now)
    _tell(doing, chosen, reached)
    call = chosen.call
    facts = {"step": call.step, "why": why.value, "to": list(call.to), "after_s": int(call.after.total_seconds())}
    facts |= {"roles": [role.value for role in deciding.roles(call.to)], **reached.facts()}
    facts |= {"unreached": list(dict.fromkeys(unreached))} if unreached else {}
    return Effect({"escalation_step": chosen.number}, facts | more)


def _reached(doing: Doing, planned: Planned) -> Reached:
    return reaching.reach(doing.services, doing.session, planned.call.to)


def _tell(doing: Doing, chosen: Planned, reached: Reached) -> None:
    """Owe the channels of the step their line; and #engineering one, where nobody at all could be reached."""
    incident, at = doing.incident, doing.now.isoformat()
    if not reached:
        where = doing.services.policy.engineering
        notices.owe(doing.session, f"unreached:{incident.id}:{at}", where, doing.now, about="unreached",
                    incident=incident.id, to=list(chosen.call.to))  # fmt: skip
    for name in reached.channels:
        owed = Owed(
            key=f"{incident.id}:called:{name}:{at}",
            kind="link",
            subject=incident.id,
            channel=name,
            priority=urgency(incident) + 1,
            data={"after": incidents.message_key(incident.id)},
            reason=Reason.CALLED,
            next_at=doing.now,
            created_at=doing.now,
        )
        outbox.owe(doing.session, owed)
    for name in reached.pagers:
        elsewhere.page(doing.services, doing.session, incident, name, doing.now)
    for name in reached.notifiers:
        elsewhere.notify(doing.session, incident, name, doing.now)


def _advance(doing: Doing, columns: dict[str, Any]) -> None:
    incidents.advance(doing.session, doing.incident, State(doing.incident.state), **columns)
