"""Whether a fix holds: the model is looked at anew, and the thread is told before and after."""

from datetime import datetime

from sqlmodel import Session

from analysis.detection.alerts import Alert as Raised
from analysis.detection.report import Report
from analysis.response import verifying
from analysis.response.outcomes import Kind, Outcome
from analysis.response.verifying import Holds, Window
from analysis.vocabulary import State
from bot.operations import evidence, reopening
from bot.operations.doing import Doing, Effect, Request, tell_by_itself
from bot.services import SYSTEM, Services
from storage import alerts, audit, incidents, runs
from storage.tables import Incident, Run

PURPOSE = "verify"
MOST_OTHERS = 5


def verify(doing: Doing) -> Effect | Outcome:
    """Look whether the fix, which is in now, holds; one look at a time."""
    under_way = runs.verifying(doing.session, doing.incident.id)
    if under_way is not None:
        facts = {"incident": doing.incident.id, "by": under_way.requested_by, "at": under_way.requested_at.isoformat()}
        return Outcome(Kind.ALREADY, "verify", facts | {"state": doing.incident.state})
    return Effect(facts={"note": doing.field("note"), "run": queue(doing).id})


def queue(doing: Doing) -> Run:
    """Return the look at the model that is under way for the incident, or a new one."""
    waiting = runs.verifying(doing.session, doing.incident.id)
    if waiting is not None and waiting.status == "queued":
        return waiting
    run = Run(
        model_id=doing.incident.model_id,
        purpose=PURPOSE,
        incident_id=doing.incident.id,
        key=f"{PURPOSE}:{doing.incident.id}:{doing.incident.version}",
        requested_by=doing.request.actor,
        requested_at=doing.now,
        next_at=doing.now,
    )
    doing.session.add(run)
    doing.session.flush()
    return run


def ended(services: Services, session: Session, run: Run, report: Report, now: datetime) -> None:
    """Tell before and after, an alert each; what is still over though all decisions are newer reopens a resolved one.

    It raises nothing and ends nothing: the checks that follow do, by their own rules.
    """
    doing = _doing(services, session, run, now)
    kept = [one for one in alerts.of(session, doing.incident.id) if one.run_id is not None]
    raised = {alert.id: Raised.from_json(alert.details) for alert in kept}
    measured = {name: verifying.measure(one, report) for name, one in raised.items()}
    holds = verifying.verdict(list(measured.values()))
    window = verifying.window(report, _fixed_at(doing, run))
    facts = {
        "run": run.id,
        "holds": holds.value,
        "window": window.value,
        "since": report.window.since.isoformat() if report.window.since else None,
        "until": report.window.until.isoformat() if report.window.until else None,
        "results": {name: one.to_json() for name, one in measured.items()},
        "others": [one.lead.to_json() for one in verifying.others(report, list(raised.values()))[:MOST_OTHERS]],
    }
    tell_by_itself(doing, "verified", **facts)
    evidence.follow(session, doing.incident, now)
    data = {"run": run.id, "holds": holds.value, "window": window.value}
    audit.append(session, audit.Entry(SYSTEM, "verified", doing.incident.id, "done", data), now)
    if doing.incident.state == State.RESOLVED and (holds, window) == (Holds.OVER, Window.AFTER):
        over = [name for name, one in measured.items() if one.holds is Holds.OVER]
        reopening.by_itself(doing, alert=over[0])


def failed(services: Services, session: Session, run: Run, error: str, now: datetime) -> None:
    """Tell the thread that nobody could look."""
    doing = _doing(services, session, run, now)
    tell_by_itself(doing, "verify_failed", run=run.id, error=error)


def _doing(services: Services, session: Session, run: Run, now: datetime) -> Doing:
    incident = session.get(Incident, run.incident_id)
    assert incident is not None  # a foreign key
    return Doing(services, session, incident, Request("verified", incident.id, SYSTEM), now)


def _fixed_at(doing: Doing, run: Run) -> datetime:
    """Return since when somebody says that the fix is in: the first such word since it was last opened.

    A log that arrives in parcels is behind: there it is the newest decision that had been seen by then.
    """
    session, incident = doing.session, doing.incident
    begun = incidents.last(session, incident.id, "reopened", "reopen")
    said = incidents.first_since(session, incident.id, begun.id if begun else None, "verify", "resolve")
    at = said.at if said else run.requested_at
    watched = doing.services.policy.model(incident.model_id)
    is_behind = watched is not None and watched.source.ends == "latest"
    return (runs.newest_seen(session, incident.model_id, at) if is_behind else None) or at
