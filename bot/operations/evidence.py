"""Asks for a bundle of evidence, and records that it was made."""

from typing import Any

from sqlmodel import col, func, select

from analysis.response.outcomes import Kind, Outcome
from bot.operations.doing import Doing, Effect, Request, tell, urgency
from bot.services import SYSTEM, Services, kept
from storage import audit, incidents, leases, outbox
from storage.tables import Bundle, Incident, Owed


def ask(doing: Doing) -> Effect | Outcome:
    """Queue a bundle of the incident as it is now; one a version of the incident."""
    incident = doing.incident
    mine = select(Bundle).where(Bundle.incident_id == incident.id)
    same = doing.session.exec(
        mine.where(Bundle.incident_version == incident.version, Bundle.status != "failed")
    ).first()
    if same is not None:
        facts = {"incident": incident.id, "by": same.requested_by, "at": same.requested_at.isoformat()}
        return Outcome(Kind.ALREADY, "export", facts | {"version": same.version, "status": same.status})
    count = doing.session.exec(select(func.count()).select_from(Bundle).where(col(Bundle.incident_id) == incident.id))
    bundle = Bundle(
        incident_id=incident.id,
        version=count.one() + 1,
        incident_version=incident.version,
        requested_by=doing.request.actor,
        requested_at=doing.now,
        next_at=doing.now,
    )
    doing.session.add(bundle)
    doing.session.flush()
    return Effect(facts={"version": bundle.version})


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
        tell(doing, "export_made", version=bundle.version, sha256=sha256, size=size)
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


def _file(bundle: Bundle, incident: Incident, now: Any) -> Owed:  # noqa: ANN401
    return Owed(
        key=f"{incident.id}:evidence:{bundle.version}",
        kind="file",
        subject=str(bundle.id),
        channel=incident.channel,
        thread_of=incidents.message_key(incident.id),
        priority=urgency(incident) + 1,
        next_at=now,
        created_at=now,
    )
