"""Asks for a retrain, and records how the pipeline went."""

from sqlmodel import col, select

from analysis.errors import Missing
from analysis.response.outcomes import Kind, Outcome
from analysis.vocabulary import State
from bot.operations.doing import Doing, Effect, Request, tell
from bot.services import SYSTEM, Services, kept
from storage import audit, baselines, counters, incidents, leases
from storage.tables import Incident, RetrainRequest


def ask(doing: Doing) -> Effect | Outcome:
    """Queue a run of the model's pipeline; one at a time a model."""
    watched = doing.services.policy.model(doing.incident.model_id)
    if watched is None or watched.retrain is None:
        raise Missing("retrain", "pipeline", f"of {doing.incident.model_id} is not in the policy (models.retrain)")
    under_way = select(RetrainRequest).where(
        RetrainRequest.model_id == doing.incident.model_id, col(RetrainRequest.status).in_(["queued", "running"])
    )
    running = doing.session.exec(under_way).first()
    if running is not None:
        facts = {"incident": doing.incident.id, "by": running.requested_by, "at": running.requested_at.isoformat()}
        return Outcome(Kind.ALREADY, "retrain", facts | {"retrain": running.id, "state": doing.incident.state})
    active = baselines.active(doing.session, doing.incident.model_id)
    request = RetrainRequest(
        id=counters.retrain_id(doing.session),
        model_id=doing.incident.model_id,
        incident_id=doing.incident.id,
        requested_by=doing.request.actor,
        requested_at=doing.now,
        reason=doing.field("reason"),
        notes=doing.field("notes"),
        baseline=active.version if active else None,
        next_at=doing.now,
    )
    doing.session.add(request)
    doing.session.flush()
    return Effect(facts={"retrain": request.id, "reason": request.reason, "notes": request.notes})


@kept
def record(services: Services, request: RetrainRequest, verb: str, **values: object) -> bool:
    """Write what the pipeline did (`retrain_started`, `retrain_finished`, `retrain_failed`) and tell the thread."""
    now = services.clock()
    with services.transaction() as session:
        if not leases.settle(session, request, **values):
            return False
        incident = session.get(Incident, request.incident_id) if request.incident_id else None
        facts = {name: values[name] for name in ("exit_code", "error", "result") if values.get(name) is not None}
        if incident is not None:
            incidents.advance(session, incident, _state(incident))
            doing = Doing(services, session, incident, Request(verb, incident.id, SYSTEM), now)
            tell(doing, verb, retrain=request.id, **facts)
        said = {"exit_code": values["exit_code"]} if isinstance(values.get("exit_code"), int) else {}
        audit.append(session, audit.Entry(SYSTEM, verb, request.id, "done", said), now)
    return True


def _state(incident: Incident) -> State:
    return State(incident.state)
