"""Asks for a bundle of evidence, and records that it was made."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from analysis.response import life
from analysis.response.notifying import Reason
from analysis.response.outcomes import Kind, Outcome
from analysis.vocabulary import State
from bot.operations.doing import Doing, Effect, Request, in_thread, tell
from bot.services import SYSTEM, Services, kept
from storage import audit, bundles, incidents, leases, outbox
from storage.tables import Bundle, Incident, Owed, TimelineEntry

OF_BUNDLES = ("export", "export_made", "export_failed")
EVERY = timedelta(hours=1)  # how often the next version is made by itself at most


def ask(doing: Doing) -> Effect | Outcome:
    """Queue a bundle of the incident as it is now; one a version of the incident."""
    incident = doing.incident
    waits = bundles.waiting(doing.session, incident.id)
    if waits is not None and waits.next_at > doing.now:
        return Effect(facts={"version": _hasten(doing, waits).version})
    mine = select(Bundle).where(Bundle.incident_id == incident.id)
    same = doing.session.exec(
        mine.where(Bundle.incident_version == incident.version, Bundle.status != "failed")
    ).first()
    if same is not None and _has_grown(doing, same):
        incidents.advance(doing.session, incident, State(incident.state))
    elif same is not None:
        facts = {"incident": incident.id, "by": same.requested_by, "at": same.requested_at.isoformat()}
        return Outcome(Kind.ALREADY, "export", facts | {"version": same.version, "status": same.status})
    return Effect(facts={"version": _queue(doing.session, incident, doing.request.actor, doing.now).version})


def _has_grown(doing: Doing, bundle: Bundle) -> bool:
    """Return whether the timeline has lines that the bundle cannot hold; those of bundles themselves do not count."""
    mine = select(TimelineEntry.id).where(TimelineEntry.incident_id == doing.incident.id)
    later = mine.where(col(TimelineEntry.at) > bundle.requested_at, col(TimelineEntry.verb).not_in(OF_BUNDLES))
    return doing.session.exec(later.limit(1)).first() is not None


def _hasten(doing: Doing, bundle: Bundle) -> Bundle:
    """Return the bundle that would have been made by itself, asked for now."""
    bundle.requested_by, bundle.requested_at, bundle.next_at = doing.request.actor, doing.now, doing.now
    bundle.incident_version = doing.incident.version
    doing.session.add(bundle)
    doing.session.flush()
    return bundle


def grow(session: Session, model_id: str, now: datetime) -> None:
    """Let each bundle of an incident of the model that goes on be followed by a version with the check that came in."""
    states = [state.value for state in life.OPEN | {State.RESOLVED}]
    found = select(Incident).where(Incident.model_id == model_id, col(Incident.state).in_(states))
    for incident in session.exec(found.order_by(col(Incident.id))).all():
        follow(session, incident, now)


def follow(session: Session, incident: Incident, now: datetime) -> None:
    """Let the incident's bundle, where there is one, be followed by a version with what has just come in.

    Versions are never written over. One an hour is made by itself: what comes in meanwhile is in the next one.
    """
    there = select(Bundle.id).where(Bundle.incident_id == incident.id, Bundle.status != "failed")
    if session.exec(there.limit(1)).first() is None:
        return
    waits, last = bundles.waiting(session, incident.id), bundles.newest(session, incident.id, SYSTEM)
    if waits is not None:
        waits.requested_at = now  # it will hold this too
        session.add(waits)
        return
    incidents.advance(session, incident, State(incident.state))  # what is on record of it has grown
    bundle = _queue(session, incident, SYSTEM, now)
    if last is not None:
        bundle.next_at = max(now, (last.made_at or last.requested_at) + EVERY)
        session.add(bundle)
    audit.append(session, audit.Entry(SYSTEM, "export_grows", incident.id, "done", {"version": bundle.version}), now)


def _queue(session: Session, incident: Incident, by: str, now: datetime) -> Bundle:
    """Return the next version of the incident's bundle; of the incident as it is now there must be none yet."""
    versions = select(func.count()).select_from(Bundle).where(col(Bundle.incident_id) == incident.id)
    bundle = Bundle(
        incident_id=incident.id,
        version=session.exec(versions).one() + 1,
        incident_version=incident.version,
        requested_by=by,
        requested_at=now,
        next_at=now,
    )
    session.add(bundle)
    session.flush()
    return bundle


@kept
def made(services: Services, bundle: Bundle, path: str, sha256: str, size: int) -> bool:
    """Record the bundle, tell the thread its SHA-256, and owe the file to it."""
    now = services.clock()
    with services.transaction() as session:
        values = {"status": "made", "path": path, "sha256": sha256, "size": size, "made_at": now}
        if not leases.settle(session, bundle, **values):
            return False
        incident = session.get(Incident, bundle.incident_id)
        assert incident is not None
        doing = Doing(services, session, incident, Request("export_made", incident.id, SYSTEM), now)
        by_itself = {"grown": True} if bundle.requested_by == SYSTEM else {}
        tell(doing, "export_made", version=bundle.version, sha256=sha256, size=size, **by_itself)
        outbox.owe(session, _file(bundle, incident, now))
        said = {"version": bundle.version, "sha256": sha256}
        audit.append(session, audit.Entry(SYSTEM, "export_made", incident.id, "done", said), now)
    return True


@kept
def failed(services: Services, bundle: Bundle, error: str) -> bool:
    """Record that the bundle could not be made, and say so in the thread."""
    now = services.clock()
    with services.transaction() as session:
        if not leases.settle(session, bundle, status="failed", error=error):
            return False
        incident = session.get(Incident, bundle.incident_id)
        assert incident is not None
        doing = Doing(services, session, incident, Request("export_failed", incident.id, SYSTEM), now)
        tell(doing, "export_failed", version=bundle.version, error=error)
        audit.append(session, audit.Entry(SYSTEM, "export_failed", incident.id, "failed"), now)
    return True


def _file(bundle: Bundle, incident: Incident, now: datetime) -> Owed:
    key = f"{incident.id}:evidence:{bundle.version}"
    return in_thread(incident, "file", key, str(bundle.id), now, reason=Reason.ASKED)
