"""Who was affected: asks for the count and the list, records both, and drafts what they are to be told (C12)."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from analysis.detection.alerts import Alert as Raised
from analysis.errors import Missing, Unknown
from analysis.response import affected as deciding
from analysis.response.notifying import Reason
from analysis.response.outcomes import Kind, Outcome
from analysis.vocabulary import PERSON
from bot.operations.doing import Doing, Effect, Request, tell, urgency
from bot.services import SYSTEM, Services, kept
from storage import audit, incidents, leases, outbox, people
from storage.tables import AffectedList, Incident, Owed

DOCUMENTS = {"letter": "notification_letter.txt", "regulator": "regulator_notice.txt", "internal": "notification.txt"}


def ask(doing: Doing) -> Effect | Outcome:
    """Queue a count of the decisions in scope, and a list of them for who asks; one at a time."""
    session, incident, period = doing.session, doing.incident, doing.field("period")
    watched = doing.services.policy.model(incident.model_id)
    if watched is None:
        raise Unknown("model in the policy", incident.model_id)
    person = _reader(doing, "period")
    mine = select(AffectedList).where(AffectedList.incident_id == incident.id)
    busy = session.exec(mine.where(col(AffectedList.status).in_(["queued", "counting"]))).first()
    if busy is not None:
        facts = {"incident": incident.id, "by": busy.requested_by, "at": busy.requested_at.isoformat()}
        return Outcome(Kind.ALREADY, "affected", facts | {"state": incident.state})
    count = session.exec(select(func.count()).select_from(AffectedList).where(AffectedList.incident_id == incident.id))
    row = AffectedList(
        incident_id=incident.id,
        number=count.one() + 1,
        period=period,
        scope=deciding.scope(_found(session, incident), period, watched.protected).to_json(),
        requested_by=person,
        requested_at=doing.now,
        next_at=doing.now,
    )
    session.add(row)
    session.flush()
    return Effect(facts={"number": row.number, "period": period})


def draft(doing: Doing) -> Effect:
    """Owe the person the draft that they chose; raise Missing for who is not in Slack."""
    _reader(doing, "document")
    owe_draft(doing, doing.field("document"))
    return Effect(facts={"document": doing.field("document")})


def owe_draft(doing: Doing, document: str) -> None:
    """Owe the person, where Slack knows them, a draft made from the record; to them alone: nobody has read it yet."""
    name, person = DOCUMENTS[document], people.id_of(doing.session, doing.request.actor)
    if not PERSON.fullmatch(person):
        return
    key = f"{doing.incident.id}:draft:{name}:{person}:{doing.now.timestamp():.6f}"
    owed = _owed(doing.incident, person, doing.now, key)
    owed.kind, owed.subject, owed.data = "drafted", doing.incident.id, {"name": name}
    outbox.owe(doing.session, owed)


def remedy(doing: Doing) -> Effect:
    """Record what was offered to whom, and what came of it."""
    return Effect(facts={name: doing.field(name) for name in ("offer", "offered_to", "outcome")})


@kept
def made(services: Services, row: AffectedList, counts: dict[str, Any], path: str, sha256: str) -> bool:
    """Record the count, tell the thread, and owe the list to who asked, alone: the thread is read by many."""
    now = services.clock()
    with services.transaction() as session:
        if not leases.settle(session, row, status="made", counts=counts, path=path, sha256=sha256, made_at=now):
            return False
        doing = _doing(services, session, row, "affected_counted", now)
        facts = {"number": row.number, "scope": row.scope, "counts": counts, "sha256": sha256}
        tell(doing, "affected_counted", by=row.requested_by, **facts)
        owed = _owed(doing.incident, row.requested_by, now, f"{row.incident_id}:affected:{row.number}")
        owed.kind, owed.subject = "affected", str(row.id)
        outbox.owe(session, owed)
        said = {"number": row.number, "rows": counts["rows"], "listed": counts["listed"], "sha256": sha256}
        audit.append(session, audit.Entry(SYSTEM, "affected_counted", row.incident_id, "done", said), now)
    return True


@kept
def failed(services: Services, row: AffectedList, error: str) -> bool:
    """Record that nobody could be counted, and say so in the thread."""
    now = services.clock()
    with services.transaction() as session:
        if not leases.settle(session, row, status="failed", error=error):
            return False
        tell(_doing(services, session, row, "affected_failed", now), "affected_failed", error=error)
        audit.append(session, audit.Entry(SYSTEM, "affected_failed", row.incident_id, "failed"), now)
    return True


def _reader(doing: Doing, field: str) -> str:
    """Return the Slack id of who asks, to whom alone the file goes; raise Missing where Slack does not know them."""
    person = people.id_of(doing.session, doing.request.actor)
    if not PERSON.fullmatch(person):
        raise Missing(doing.request.verb, field, "ends in a file for you in Slack, which does not know you")
    return person


def _found(session: Session, incident: Incident) -> Raised | None:
    """Return the finding that opened the incident; None where people reported it."""
    first = incidents.first_alert(session, incident.id)
    return Raised.from_json(first.details) if first is not None and first.run_id is not None else None


def _doing(services: Services, session: Session, row: AffectedList, verb: str, now: datetime) -> Doing:
    incident = session.get(Incident, row.incident_id)
    assert incident is not None  # a foreign key
    return Doing(services, session, incident, Request(verb, incident.id, SYSTEM), now)


def _owed(incident: Incident, person: str, now: datetime, key: str) -> Owed:
    return Owed(
        key=key,
        kind="",
        subject="",
        channel=person,
        priority=urgency(incident) + 1,
        reason=Reason.ASKED,
        next_at=now,
        created_at=now,
    )
