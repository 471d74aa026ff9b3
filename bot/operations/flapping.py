"""An alert that recovers and comes back time and again is told once, as flapping, and once more when it has calmed."""

from datetime import datetime

from sqlmodel import Session

from analysis.response import life
from analysis.vocabulary import State
from bot.operations.doing import Doing, Request, owe_line, owe_redraw, tell
from bot.services import SYSTEM, Services
from storage import audit, incidents, timers
from storage.tables import Alert, Incident, Timer

CALM = "flapping_calm"


def came_back(doing: Doing, alert: Alert) -> None:
    """Let the recovered alert stand again; the return that is one too many is told as flapping, later ones are not."""
    alert.state, alert.recovered_at = "open", None
    _changed(doing, alert, "came_back")


def recovered(doing: Doing, alert: Alert) -> None:
    """Tell that the alert recovered; of one that flaps it is only counted."""
    _changed(doing, alert, "recovered")


def _changed(doing: Doing, alert: Alert, verb: str) -> None:
    session, incident = doing.session, doing.incident
    entry = incidents.note(session, incident.id, SYSTEM, verb, doing.now, alert=alert.id)
    if alert.flapping_since is not None:
        _plan(doing, alert)
        owe_redraw(session, incident, doing.now, soon=False)
    elif verb == "came_back" and _returns(doing, alert) >= doing.services.policy.flapping.times:
        alert.flapping_since = doing.now
        _plan(doing, alert)
        facts = {"alert": alert.id, "times": _returns(doing, alert)}
        tell(doing, "flapping", **facts)
        audit.append(session, audit.Entry(SYSTEM, "flapping", alert.id, "done", facts), doing.now)
    else:
        owe_line(session, incident, entry)
        owe_redraw(session, incident, doing.now)
    session.add(alert)
    session.flush()


def _returns(doing: Doing, alert: Alert) -> int:
    since = doing.now - doing.services.policy.flapping.within
    entries = incidents.entries_since(doing.session, doing.incident.id, "came_back", since)
    return sum(1 for entry in entries if entry.facts.get("alert") == alert.id)


def _plan(doing: Doing, alert: Alert) -> None:
    """Write the timer that finds it calm, in place of the one before."""
    timers.cancel(doing.session, alert.id, [CALM])
    due = doing.now + doing.services.policy.flapping.calm
    key = f"{CALM}:{alert.id}:{doing.now.isoformat()}"
    timers.plan(doing.session, Timer(key=key, kind=CALM, subject=alert.id, due_at=due))


def when_calm(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Tell how it has ended up, once: nothing changed for long enough."""
    alert = session.get(Alert, timer.subject)
    incident = session.get(Incident, alert.incident_id) if alert and alert.incident_id else None
    if alert is None or incident is None or alert.flapping_since is None:
        return
    alert.flapping_since = None
    session.add(alert)
    doing = Doing(services, session, incident, Request("calmed", incident.id, SYSTEM), now)
    tell(doing, "calmed", alert=alert.id, state=alert.state, timer=timer.key)
    audit.append(session, audit.Entry(SYSTEM, "calmed", alert.id, "done", {"state": alert.state}), now)


def is_same(services: Services, incident: Incident, ended_at: datetime, now: datetime) -> bool:
    """Return whether what comes back belongs to the incident still: it is open, accepted, or watched after its end."""
    state = State(incident.state)
    return state in life.OPEN or state is State.ACCEPTED_RISK or now - ended_at <= services.policy.watch
