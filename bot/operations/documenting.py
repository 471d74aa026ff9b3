"""The incident that documents the reset of a baseline: opened with its reason, closed when the reset is decided."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.response import life
from analysis.vocabulary import Family, Role, Severity, State
from bot.operations import beginning, clocks, escalation, reporting
from bot.operations.doing import Doing, Request, tell
from bot.services import Services
from storage import alerts, audit, counters, incidents, runs
from storage.tables import Alert, Baseline, Incident

KIND = "baseline_reset"


def begin(services: Services, session: Session, model_id: str, told: dict[str, Any], now: datetime) -> Incident:
    """Return the new incident, in the hands of who asks (`told["by"]`); a record of a deed, which calls nobody."""
    alert = Alert(
        id=counters.alert_id(session),
        fingerprint=f"{KIND}:{model_id}",
        model_id=model_id,
        family=Family.DATA.value,
        severity=Severity.LOW.value,
        first_at=now,
        last_at=now,
        since=now,
        details={"reported": KIND, "description": told["reason"], "cause": {"metric": KIND}, "reset": told},
    )
    session.add(alert)
    session.flush()
    channel = services.policy.routes[Severity.MEDIUM].channel or services.policy.engineering
    whence = {"reported": KIND, "by": str(told["by"]), "taken_by": str(told["by"])}
    return beginning.begin(services, session, alert, channel, now, **whence)


def asked(session: Session, incident_id: str) -> dict[str, Any]:
    """Return what was asked for: by whom, why, and whose approval it needs."""
    return dict(next(one.details["reset"] for one in alerts.of(session, incident_id) if "reset" in one.details))


def approvers(session: Session, baseline: Baseline) -> frozenset[Role] | None:
    """Return who may activate the baseline; None where it was not made by a reset."""
    run = runs.reset_of(session, baseline.model_id, baseline.version)
    return frozenset(map(Role, asked(session, str(run.incident_id))["needs"])) if run else None


def under_way(session: Session, model_id: str) -> Incident | None:
    """Return the incident of a reset that is not decided yet."""
    alert = alerts.open_with(session, f"{KIND}:{model_id}")
    return session.get(Incident, alert.incident_id) if alert is not None and alert.incident_id else None


def activated(services: Services, session: Session, baseline: Baseline, by: str, now: datetime) -> None:
    """Close the incident of the baseline, which is active now; nothing where it was not made by a reset."""
    run = runs.reset_of(session, baseline.model_id, baseline.version)
    if run is not None:
        close(of(services, session, str(run.incident_id), by, now), "baseline_reset_done", version=baseline.version)


def of(services: Services, session: Session, incident_id: str, by: str, now: datetime) -> Doing:
    """Return what is in hand with the incident."""
    incident = incidents.get(session, incident_id)
    assert incident is not None  # a foreign key
    return Doing(services, session, incident, Request("close", incident_id, by), now)


def close(doing: Doing, verb: str, **facts: Any) -> None:  # noqa: ANN401
    """Say how the reset ended, and close its incident, unless people did so before."""
    was = State(doing.incident.state)
    if was in life.ENDED:
        tell(doing, verb, **facts)
        return
    ended = {"closed_at": doing.now, "closed_by": doing.request.actor}
    incidents.advance(doing.session, doing.incident, State.CLOSED, **ended)
    clocks.follow(doing, was)
    escalation.follow(doing, was)
    reporting.end(doing)
    tell(doing, verb, **facts)
    entry = audit.Entry(doing.request.actor, "close", doing.incident.id, "done", {"why": verb})
    audit.append(doing.session, entry, doing.now)
