"""Who is called next: steps of the policy, by hand or when their time comes, until somebody acknowledges."""

from datetime import datetime

from sqlmodel import Session

from analysis.policy import Step
from analysis.response import life
from analysis.vocabulary import Family, Role, Severity, State
from bot.operations.doing import Doing, Effect, Request, owe_line, tell
from bot.services import SYSTEM, Services
from storage import audit, incidents, timers
from storage.tables import Incident, Timer


def steps_of(services: Services, incident: Incident) -> tuple[Step, ...]:
    """Return the policy's steps for the incident."""
    return services.policy.steps(Severity(incident.severity), Family(incident.family))


def begin(services: Services, session: Session, incident: Incident, now: datetime) -> None:
    """Call the first step's people in the thread, and write a timer for each later step."""
    steps = steps_of(services, incident)
    if not steps:
        return
    doing = Doing(services, session, incident, Request("called", incident.id, SYSTEM), now)
    entry = incidents.note(session, incident.id, SYSTEM, "called", now, **_call(doing, steps, 0, {}).facts)
    owe_line(session, incident, entry)
    for number, step in enumerate(steps[1:], start=1):
        timer = Timer(
            key=f"escalate:{incident.id}:{now.isoformat()}:{number}",
            kind="escalate",
            subject=incident.id,
            due_at=now + step.after,
            data={"step": number, "until": step.until},
        )
        timers.plan(session, timer)


def by_hand(doing: Doing) -> Effect:
    """Go to the next step now; past the last one, call that one again."""
    steps = steps_of(doing.services, doing.incident)
    return _call(doing, steps, _next(doing.incident, steps), {"reason": doing.field("reason")})


def next_called(services: Services, session: Session, incident: Incident) -> tuple[list[Role], list[str]]:
    """Return the roles, and the people holding them, that the next step calls."""
    steps = steps_of(services, incident)
    roles = list(steps[_next(incident, steps)].to) if steps else []
    return roles, services.holders(session, set(roles))


def _next(incident: Incident, steps: tuple[Step, ...]) -> int:
    return min(incident.escalation_step + 1, max(len(steps) - 1, 0))


def when_due(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Fire a step whose time came: not if it was answered, and never behind a later step that was already taken."""
    incident = incidents.get(session, timer.subject)
    if incident is None or State(incident.state) in life.ENDED:
        return
    number = int(timer.data["step"])
    answered = timer.data.get("until") != "resolved" and incident.state != State.DETECTED
    if answered or number <= incident.escalation_step:
        return
    doing = Doing(services, session, incident, Request("escalate", incident.id, SYSTEM), now)
    effect = _call(doing, steps_of(services, incident), number, {"waited": True})
    if incidents.advance(session, incident, State(incident.state), **effect.columns):
        entry = tell(doing, "escalate", timer=timer.key, **effect.facts)
        audit.append(session, audit.Entry(SYSTEM, "escalate", incident.id, "done", {"timeline": entry.id}), now)


def _call(doing: Doing, steps: tuple[Step, ...], number: int, why: dict[str, object]) -> Effect:
    roles = steps[number].to if steps else ()
    people = doing.services.holders(doing.session, set(roles))
    facts = {"step": number, "roles": [role.value for role in roles], "people": people, **why}
    return Effect(columns={"escalation_step": number}, facts=facts)
