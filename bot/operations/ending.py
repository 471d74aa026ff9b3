"""How an incident ends: resolved and watched for a while, closed for good, or found to be a false alarm."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.errors import Missing
from analysis.response import learning as deciding
from analysis.response.learning import REVIEWED, Needed
from analysis.vocabulary import State
from bot.operations import audits, clocks, learning, recovering, verifying
from bot.operations.doing import Doing, Effect, Request, tell
from bot.services import SYSTEM, Services
from storage import alerts, audit, incidents, runs, timers
from storage import learning as learnt
from storage.tables import Incident, Timer

NEEDS = {
    "root_cause": "is needed before a high or critical incident is closed: write it down first (More… → Root cause).",
    "follow_up": "is not done yet, and has to be before the incident is closed:",
}


def resolve(doing: Doing) -> Effect:
    """End the incident with the note of what was done; the model is looked at anew, and watched for a while."""
    until = doing.now + doing.services.policy.watch
    key = f"watch:{doing.incident.id}:{doing.now.isoformat()}"
    timers.plan(doing.session, Timer(key=key, kind="watch", subject=doing.incident.id, due_at=until))
    run = verifying.queue(doing)
    columns = {"resolved_at": doing.now, "resolved_by": doing.request.actor}
    facts = {"note": doing.field("note"), "watched_until": until.isoformat(), "run": run.id}
    is_reviewed = incidents.worst(doing.session, doing.incident) in REVIEWED
    return Effect(columns, facts, then=learning.invite if is_reviewed else None)


def close(doing: Doing) -> Effect:
    """Close it for good; raise Missing where its root cause or a follow-up is still owed."""
    what, open_musts = _lacking(doing.session, doing.incident)
    if what is not None:
        named = f" {', '.join(open_musts)}." if what == "follow_up" else ""
        raise Missing("close", what, f"{NEEDS[what]}{named}".rstrip("."))
    timers.cancel(doing.session, doing.incident.id, ["watch"])
    return Effect(_closed(doing.now, doing.request.actor), {"note": doing.field("note")}, then=audits.plan)


def false_positive(doing: Doing) -> Effect:
    """Say that nothing was wrong, and why; the same, found again, is counted and not told."""
    return Effect(_closed(doing.now, doing.request.actor), {"reason": doing.field("reason")})


def _closed(now: datetime, by: str) -> dict[str, Any]:
    return {"closed_at": now, "closed_by": by}


def _lacking(session: Session, incident: Incident) -> tuple[str | None, list[str]]:
    """Return what closing still needs, and the follow-ups that have to be done first."""
    still = [one for one in learnt.follow_ups(session, incident.id) if one.done_at is None]
    musts = [one.id for one in still if one.needed == Needed.BEFORE_CLOSING]
    has_cause = bool(learnt.root_causes(session, incident.id))
    return deciding.lacking(incidents.worst(session, incident), has_cause, musts), musts


def when_watched(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Say how the watch went; where it stayed well, and nothing is owed any more, a lesser incident is closed."""
    incident = incidents.get(session, timer.subject)
    if incident is None or incident.state != State.RESOLVED:
        return
    doing = Doing(services, session, incident, Request("close", incident.id, SYSTEM), now)
    unwell, (lacks, _) = _not_seen_well(doing), _lacking(session, incident)
    incidents.advance(session, incident, State.RESOLVED)
    tell(doing, "watch_over", timer=timer.key, unwell=unwell, lacks=lacks)
    data = {"unwell": len(unwell), "lacks": lacks}
    audit.append(session, audit.Entry(SYSTEM, "watch_over", incident.id, "done", data), now)
    if not unwell and lacks is None and incidents.worst(session, incident) not in REVIEWED:
        incidents.advance(session, incident, State.CLOSED, **_closed(now, SYSTEM))
        tell(doing, "close")
        audits.plan(doing)
        clocks.follow(doing, State.RESOLVED)
        audit.append(session, audit.Entry(SYSTEM, "close", incident.id, "done"), now)


def _not_seen_well(doing: Doing) -> list[str]:
    """Return the alerts that no check since the end has found within their limits."""
    session, incident = doing.session, doing.incident
    assert incident.resolved_at is not None  # its state says so
    report = runs.newest_report(session, incident.model_id, incident.resolved_at)
    still = [one for one in alerts.of(session, incident.id) if one.state == "open" and one.run_id is not None]
    return [one.id for one in still if report is None or not recovering.is_well(report, one)]
