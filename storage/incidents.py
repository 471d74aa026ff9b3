"""Loads and moves incidents; a move is a compare-and-set on the state and version that were seen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from analysis.response import life
from analysis.response.runbooks import Runbook
from analysis.vocabulary import Severity, State
from storage import (
    approvals,
    cases,
    clocks,
    involved,
    learning,
    outside,
    oversight,
    people,
    reports,
    rollouts,
    runbooks,
    seldom,
    timers,
)
from storage.cases import Queue
from storage.database import Again
from storage.rollouts import Serving
from storage.tables import (
    AffectedList,
    Alert,
    Approval,
    Assignment,
    Bundle,
    ChecklistStep,
    Clock,
    FollowUp,
    Incident,
    Model,
    OversightChange,
    Owed,
    Person,
    PersonReport,
    Quiet,
    RetrainRequest,
    RootCause,
    Run,
    TimelineEntry,
    Timer,
    TrackerCase,
)


@dataclass(frozen=True)
class IncidentView:
    """Everything that is shown about one incident."""

    incident: Incident
    model: Model
    alerts: tuple[Alert, ...] = ()  # oldest first; the first one opened the incident
    timeline: tuple[TimelineEntry, ...] = ()  # oldest first
    oversight: OversightChange | None = None  # the strictest that stands, else the newest; None: never restrained
    restraints: tuple[OversightChange, ...] = ()  # all that stand, of every request first
    bundles: tuple[Bundle, ...] = ()
    retrains: tuple[RetrainRequest, ...] = ()
    approvals: tuple[Approval, ...] = ()  # that wait for a second person
    people: dict[str, Person] = field(default_factory=dict)  # by Slack id
    duties: tuple[Assignment, ...] = ()  # who does what now, oldest first
    room: str | None = None  # id of its own channel, once there is one
    steps: tuple[ChecklistStep, ...] = ()  # of its runbooks
    runbooks: tuple[Runbook, ...] = ()  # that it may follow, where that is asked for
    clocks: tuple[Clock, ...] = ()  # oldest first
    quiet: tuple[Quiet, ...] = ()  # over it, oldest first; those that ended too
    root_causes: tuple[RootCause, ...] = ()  # every version; the last one holds
    follow_ups: tuple[FollowUp, ...] = ()  # soonest first
    others: tuple[Incident, ...] = ()  # that are open, of the same model
    affected: tuple[AffectedList, ...] = ()  # what was counted of who was affected, oldest first
    reports: tuple[PersonReport, ...] = ()  # of people, oldest first
    next_call: Timer | None = None  # of its escalation, the soonest that waits
    serving: Serving | None = None  # what is known of the model's versions
    case: TrackerCase | None = None  # its issue in the tracker
    queue: Queue | None = None  # what its model left to people, and how that was decided since the incident opened
    permalink: str | None = None
    leads_to: str | None = None  # permalink of what it was merged into
    report: dict[str, Any] = field(default_factory=dict)  # of the newest run that saw the first alert of a check


def get(session: Session, incident_id: str) -> Incident | None:
    """Return the incident, or None."""
    return session.get(Incident, incident_id)


def advance(session: Session, incident: Incident, target: State, **changes: Any) -> None:  # noqa: ANN401
    """Put the incident, which is as it was loaded, into `target` with the changes; raise Again where it is not.

    Whoever was first is seen then: what was done here is undone and looked at anew, so that nothing is left out.
    """
    statement = (
        update(Incident)
        .where(col(Incident.id) == incident.id, col(Incident.version) == incident.version)
        .values(state=target.value, version=incident.version + 1, **changes)
        .execution_options(synchronize_session=False)
    )
    moved = session.connection().execute(statement).rowcount == 1
    if not moved:
        raise Again(f"{incident.id} was changed by another transaction")
    session.refresh(incident)


def note(session: Session, incident_id: str, actor: str, verb: str, at: datetime, **facts: Any) -> TimelineEntry:  # noqa: ANN401
    """Return the new line of the incident's timeline."""
    entry = TimelineEntry(incident_id=incident_id, at=at, actor=actor, verb=verb, facts=facts)
    session.add(entry)
    session.flush()
    return entry


def last(session: Session, incident_id: str, *verbs: str) -> TimelineEntry | None:
    """Return the newest timeline line with one of the verbs."""
    query = select(TimelineEntry).where(TimelineEntry.incident_id == incident_id, col(TimelineEntry.verb).in_(verbs))
    return session.exec(query.order_by(col(TimelineEntry.id).desc()).limit(1)).first()


def first_since(session: Session, incident_id: str, after: int | None, *verbs: str) -> TimelineEntry | None:
    """Return the oldest timeline line with one of the verbs that is newer than the line of that id."""
    query = select(TimelineEntry).where(TimelineEntry.incident_id == incident_id, col(TimelineEntry.verb).in_(verbs))
    return session.exec(query.where(col(TimelineEntry.id) > (after or 0)).order_by(col(TimelineEntry.id))).first()


def actors(session: Session, incident_id: str) -> set[str]:
    """Return who did anything to it, the bot itself included."""
    return set(session.exec(select(TimelineEntry.actor).where(TimelineEntry.incident_id == incident_id)))


def called(session: Session, incident_id: str) -> list[str]:
    """Return everybody whom its escalation has called, in order."""
    mine = [col(TimelineEntry.incident_id) == incident_id, col(TimelineEntry.verb).in_(["called", "escalate"])]
    found = session.exec(select(TimelineEntry).where(*mine).order_by(col(TimelineEntry.id)))
    return list(dict.fromkeys(str(one) for entry in found for one in entry.facts.get("people", [])))


def hand_over(session: Session, source: str, target: str) -> list[str]:
    """Return the alerts that were given from one incident to another; retrains under way and rollouts go with them."""
    alerts = session.exec(select(Alert).where(Alert.incident_id == source).order_by(col(Alert.id))).all()
    under_way = col(RetrainRequest.status).in_(["queued", "running", "validating"])
    retrains = session.exec(select(RetrainRequest).where(RetrainRequest.incident_id == source, under_way)).all()
    for row in (*alerts, *retrains):
        row.incident_id = target
        session.add(row)
    session.flush()
    rollouts.hand_over(session, source, target)
    return [alert.id for alert in alerts]


def parts(session: Session, incident_id: str) -> set[str]:
    """Return the incident and those that were merged into it, and into those."""
    found, newest = {incident_id}, [incident_id]
    while newest:
        newest = list(session.exec(select(Incident.id).where(col(Incident.merged_into).in_(newest))))
        found.update(newest)
    return found


def last_by(session: Session, incident_id: str, actor: str) -> TimelineEntry | None:
    """Return what the person did last on the incident."""
    query = select(TimelineEntry).where(TimelineEntry.incident_id == incident_id, TimelineEntry.actor == actor)
    return session.exec(query.order_by(col(TimelineEntry.id).desc()).limit(1)).first()


def entries_since(session: Session, incident_id: str, verb: str, since: datetime) -> list[TimelineEntry]:
    """Return the timeline lines with that verb since then, oldest first."""
    mine = select(TimelineEntry).where(TimelineEntry.incident_id == incident_id, TimelineEntry.verb == verb)
    return list(session.exec(mine.where(col(TimelineEntry.at) >= since).order_by(col(TimelineEntry.id))))


def open_ones(session: Session, model_id: str | None = None) -> list[Incident]:
    """Return the open incidents, newest first."""
    query = select(Incident).where(col(Incident.state).in_([state.value for state in life.OPEN]))
    if model_id is not None:
        query = query.where(Incident.model_id == model_id)
    return list(session.exec(query.order_by(col(Incident.opened_at).desc(), col(Incident.id).desc())))


def open_by_model(session: Session) -> dict[str, int]:
    """Return how many incidents are open, by model."""
    is_open = col(Incident.state).in_([state.value for state in life.OPEN])
    found = session.exec(select(Incident.model_id, func.count()).where(is_open).group_by(Incident.model_id))
    return {str(model): int(count) for model, count in found}


def has_open_alert(session: Session, incident_id: str) -> bool:
    """Return whether one of its alerts has not recovered."""
    query = select(Alert.id).where(Alert.incident_id == incident_id, Alert.state == "open")
    return session.exec(query.limit(1)).first() is not None


def message_key(incident_id: str) -> str:
    """Return the outbox key of the incident's one message."""
    return f"{incident_id}:message"


def told(session: Session, incident_id: str) -> set[str]:
    """Return the messages to stakeholders that went out or wait to be released, by name."""
    return {name for _, name in _tellings(session, incident_id)}


def waiting_to_be_told(session: Session, incident_id: str) -> set[str]:
    """Return the messages to stakeholders that nobody has released."""
    found = _tellings(session, incident_id)
    return {name for verb, name in found if verb == "told_waits"} - {name for verb, name in found if verb == "told"}


def _tellings(session: Session, incident_id: str) -> list[tuple[str, str]]:
    mine = select(TimelineEntry).where(TimelineEntry.incident_id == incident_id)
    found = session.exec(mine.where(col(TimelineEntry.verb).in_(["told", "told_waits"])))
    return [(entry.verb, str(entry.facts.get("name"))) for entry in found]


def first_alert(session: Session, incident_id: str) -> Alert | None:
    """Return the alert that opened the incident."""
    query = select(Alert).where(Alert.incident_id == incident_id).order_by(col(Alert.first_at), col(Alert.id))
    return session.exec(query.limit(1)).first()


def room_key(incident_id: str) -> str:
    """Return the outbox key of the incident's own channel."""
    return f"{incident_id}:room"


def view(session: Session, incident_id: str) -> IncidentView | None:
    """Return all that is shown about the incident, read in one transaction."""
    incident = session.get(Incident, incident_id)
    if incident is None:
        return None
    alerts = tuple(
        session.exec(select(Alert).where(Alert.incident_id == incident_id).order_by(col(Alert.first_at), col(Alert.id)))
    )
    timeline = tuple(
        session.exec(
            select(TimelineEntry).where(TimelineEntry.incident_id == incident_id).order_by(col(TimelineEntry.id))
        )
    )
    room = session.exec(select(Owed).where(Owed.key == room_key(incident_id))).first()
    has = seldom.had(session, incident_id, incident.model_id)
    duties = tuple(involved.current(session, incident_id)) if "duties" in has else ()
    told = reports.of(session, incident_id) if "reports" in has else ()
    model = session.get(Model, incident.model_id)
    assert model is not None  # a foreign key
    return IncidentView(
        incident=incident,
        model=model,
        alerts=alerts,
        timeline=timeline,
        oversight=oversight.seen(session, incident.model_id) if "oversight" in has else None,
        restraints=tuple(oversight.standing(session, incident.model_id)) if "oversight" in has else (),
        bundles=_of(session, Bundle, incident_id) if "bundles" in has else (),
        retrains=_of(session, RetrainRequest, incident_id) if "retrains" in has else (),
        clocks=clocks.of(session, incident_id),
        quiet=_of(session, Quiet, incident_id) if "quiet" in has else (),
        approvals=tuple(approvals.waiting(session, incident_id)) if "approvals" in has else (),
        people=people.by_id(
            session,
            {one for entry in timeline for one in _named(entry)}
            | {one.person for one in duties}
            | {str(who) for one in told for who in (one.by, one.quote.get("author"))},
        ),
        duties=duties,
        room=room.remote_channel if room else None,
        steps=runbooks.of(session, incident_id),
        root_causes=learning.root_causes(session, incident_id) if "root_causes" in has else (),
        follow_ups=learning.follow_ups(session, incident_id) if "follow_ups" in has else (),
        affected=_of(session, AffectedList, incident_id) if "affected" in has else (),
        reports=told,
        others=_others(session, incident) if "others" in has else (),
        case=outside.case_of(session, incident_id) if "case" in has else None,
        queue=cases.of_model(session, incident.model_id, incident.opened_at) if "queue" in has else None,
        serving=rollouts.serving(session, incident_id, incident.model_id) if "serving" in has else None,
        next_call=timers.next_of(session, incident_id, "escalate"),
        permalink=_permalink(session, incident_id),
        leads_to=_permalink(session, incident.merged_into) if incident.merged_into else None,
        report=_report(session, alerts),
    )


def involved_in(view: IncidentView) -> list[str]:
    """Return who has to do with the incident: with a duty, called, or the one who has it; each once."""
    called = [str(one) for entry in view.timeline for one in entry.facts.get("people", [])]
    has = [view.incident.acknowledged_by] if view.incident.acknowledged_by else []
    return list(dict.fromkeys([*(one.person for one in view.duties), *has, *called]))


def _others(session: Session, incident: Incident) -> tuple[Incident, ...]:
    return tuple(one for one in open_ones(session, incident.model_id) if one.id != incident.id)


def _permalink(session: Session, incident_id: str) -> str | None:
    message = session.exec(select(Owed).where(Owed.key == message_key(incident_id))).first()
    return message.data.get("permalink") if message else None


def worst(session: Session, incident: Incident) -> Severity:
    """Return the worst that it or one of its alerts has been: nobody lowers it first to be alone with it."""
    found = session.exec(select(Alert.severity).where(Alert.incident_id == incident.id))
    return max((Severity(one) for one in (incident.severity, *found)), key=lambda severity: severity.rank)


def _named(entry: TimelineEntry) -> list[str]:
    """Return whom the line names: who did it, who approved it, who was told."""
    one_each = filter(None, [entry.facts.get(name) for name in ("approved_by", "person", "owner", "by")])
    return [entry.actor, *one_each, *entry.facts.get("told", [])]


def _of(session: Session, table: Any, incident_id: str) -> tuple[Any, ...]:  # noqa: ANN401
    return tuple(session.exec(select(table).where(table.incident_id == incident_id).order_by(table.id)))


def _report(session: Session, alerts: Sequence[Alert]) -> dict[str, Any]:
    seen_by = next((alert.run_id for alert in alerts if alert.run_id is not None), None)
    found = session.exec(select(Run.report).where(Run.id == seen_by)).first() if seen_by is not None else None
    return dict(found or {})


def latest(session: Session, incident_id: str) -> TimelineEntry | None:
    """Return the newest timeline line."""
    query = select(TimelineEntry).where(TimelineEntry.incident_id == incident_id)
    return session.exec(query.order_by(col(TimelineEntry.id).desc()).limit(1)).first()


def newest_ids(session: Session, limit: int = 200) -> list[str]:
    """Return the ids of the newest incidents, newest first."""
    query = select(Incident.id).order_by(col(Incident.opened_at).desc(), col(Incident.id).desc())
    return list(session.exec(query.limit(limit)))
