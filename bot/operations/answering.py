"""“Still on it?”: asked of who has an incident and went quiet; without an answer the escalation goes on."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from analysis.response import life
from analysis.response.outcomes import Kind, Outcome
from analysis.response.quiet import Kind as Quiet
from analysis.vocabulary import State
from bot.operations import escalation, planning, quietness
from bot.operations.doing import Doing, Effect, Request, tell
from bot.operations.planning import Planned
from bot.services import SYSTEM, Services
from storage import audit, incidents, quiet, timers
from storage.tables import Timer

ASKED = "asked_still"


def still(doing: Doing) -> Effect | Outcome:
    """Say that one is on it; who had not taken it takes it over."""
    incident, actor = doing.incident, doing.request.actor
    planned = planning.of(doing.services, doing.session, incident)
    told = planned[0].timer.data if planned else {}
    was = incident.acknowledged_by
    if was == actor and not _is_asked(doing, planned):
        facts = {
            "incident": incident.id,
            "by": actor,
            "at": incident.acknowledged_at and incident.acknowledged_at.isoformat(),
        }
        return Outcome(Kind.ALREADY, doing.request.verb, facts | {"did": "acknowledge", "state": incident.state})
    escalation.stop(doing)
    quietness.plan(doing, told, doing.now)
    if was == actor:
        return Effect()
    columns = {"acknowledged_by": actor, "acknowledged_at": incident.acknowledged_at or doing.now}
    return Effect(columns, {"was": was} if was else {})


def _is_asked(doing: Doing, planned: Sequence[Planned]) -> bool:
    """Return whether an answer, or calls that went on for want of one, wait."""
    waiting = {timer.kind for timer in timers.waiting(doing.session, doing.incident.id)}
    goes_on = any(one.timer.status == "pending" and one.timer.data.get("resumed") for one in planned)
    return quietness.UNANSWERED in waiting or goes_on


def when_quiet(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Ask whether who has it is still on it, where they did nothing for so long; else look again later."""

    def ask(doing: Doing, last: datetime) -> None:
        tell(doing, ASKED, person=doing.incident.acknowledged_by, since=last.isoformat(), timer=timer.key)
        quietness.plan_answer(doing, timer.data)
        _audit(doing, {"person": doing.incident.acknowledged_by})

    _unless_busy(services, session, timer, now, ask)


def when_unanswered(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Let the escalation go on, where neither an answer came nor anything else from who was asked."""

    def go_on(doing: Doing, last: datetime) -> None:
        if timer.data.get("person") == doing.incident.acknowledged_by:
            escalation.resume(doing, str(doing.incident.acknowledged_by), timer)

    _unless_busy(services, session, timer, now, go_on)


def _unless_busy(
    services: Services, session: Session, timer: Timer, now: datetime, do: Callable[[Doing, datetime], None]
) -> None:
    incident = incidents.get(session, timer.subject)
    if incident is None or State(incident.state) in life.ENDED or incident.acknowledged_by is None:
        return
    doing = Doing(services, session, incident, Request(ASKED, incident.id, SYSTEM), now)
    entry = incidents.last_by(session, incident.id, incident.acknowledged_by)
    last = entry.at if entry else incident.acknowledged_at or incident.opened_at
    snoozed = quiet.of(session, incident.id, Quiet.SNOOZE, now)
    if snoozed is not None:  # nobody is asked meanwhile; the span begins when it is over
        last = snoozed.ends_at
    asked = timer.data.get("asked_at")
    since = datetime.fromisoformat(asked) if asked else now - timedelta(seconds=timer.data["still_s"])
    if last <= since:
        do(doing, last)
    else:
        quietness.plan(doing, timer.data, last)


def _audit(doing: Doing, data: dict[str, object]) -> None:
    audit.append(doing.session, audit.Entry(SYSTEM, ASKED, doing.incident.id, "done", data), doing.now)
