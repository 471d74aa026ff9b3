"""A retrain asked for by model, or ended by its own id: for the incident where there is one, else on its own."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from analysis.errors import Missing, Refused, Unknown
from analysis.response import fields, life
from analysis.response.outcomes import Kind, Outcome
from bot.operations import incidents, retraining
from bot.operations.arriving import repeated
from bot.operations.doing import Request
from bot.services import Services, whole
from storage import audit, inbox, retrains
from storage import incidents as stored
from storage.tables import Incident, RetrainRequest


@dataclass(frozen=True)
class Wish:
    """What somebody wants: `incident` may be left empty, then it is the newest open one of the model."""

    verb: str  # retrain | cancel_retrain
    actor: str
    fields: dict[str, str]
    model: str = ""
    incident: str = ""
    request: str = ""
    delivery: str | None = None
    facts: dict[str, str] = field(default_factory=dict)


def trigger(services: Services, wish: Wish) -> Outcome:
    """Return what became of a wish for a retrain: a move of the model's incident, or a request of its own."""
    with services.database.read() as session:
        found = stored.get(session, wish.incident) if wish.incident else _open(session, wish.model)
    if wish.incident and (found is None or found.model_id != wish.model):
        return Outcome(Kind.REFUSED, wish.verb, {}, Unknown("incident of the model", wish.incident[:50]))
    return _moved(services, wish, found.id) if found is not None else _alone(services, wish)


def cancel(services: Services, wish: Wish) -> Outcome:
    """Return what became of a wish to end a retrain."""
    with services.database.read() as session:
        request = session.get(RetrainRequest, wish.request)
    if request is None:
        return Outcome(Kind.REFUSED, wish.verb, {}, Unknown("retrain", wish.request[:50]))
    return _moved(services, wish, request.incident_id) if request.incident_id else _alone(services, wish)


def _moved(services: Services, wish: Wish, incident: str) -> Outcome:
    given = {name: text for name, text in wish.fields.items() if text}
    moved = Request(wish.verb, incident, wish.actor, fields=given, delivery=wish.delivery, facts=wish.facts)
    return incidents.move(services, moved)


def _open(session: Session, model: str) -> Incident | None:
    return next(iter(stored.open_ones(session, model)), None)


@whole
def _alone(services: Services, wish: Wish) -> Outcome:
    now = services.clock()
    about = wish.request or wish.model
    with services.transaction() as session:
        if again := repeated(session, wish.delivery, wish.verb, now):
            return again
        try:
            life.allow(wish.verb, services.roles(session, wish.actor))
            for asked in life.MOVES[wish.verb].asks:
                fields.check(wish.verb, asked, wish.fields.get(asked.rstrip("?"), "").strip())
            with session.begin_nested():
                outcome = DOINGS[wish.verb](services, session, wish, now)
        except Refused as error:
            outcome = Outcome(Kind.REFUSED, wish.verb, {}, error)
        if wish.delivery:
            inbox.answered(session, wish.delivery, incidents.told(outcome))
        said = {"reason": outcome.error.reason} if outcome.error else incidents.digest(services, outcome)
        audit.append(session, audit.Entry(wish.actor, wish.verb, about, outcome.kind, said | wish.facts), now)
    return outcome


def _retrain(services: Services, session: Session, wish: Wish, now: datetime) -> Outcome:
    reason, notes, baseline = (wish.fields.get(name, "").strip() for name in ("reason", "notes", "baseline"))
    made = retraining.queue(services, session, retraining.Wish(wish.model, wish.actor, reason, notes, baseline), now)
    if isinstance(made, Outcome):
        return made
    facts = {"retrain": made.id, "reason": made.reason, "notes": made.notes, "pipeline": made.pipeline}
    return Outcome(Kind.DONE, wish.verb, {"model": made.model_id, **facts})


def _cancel(services: Services, session: Session, wish: Wish, now: datetime) -> Outcome:
    request = session.get(RetrainRequest, wish.request)
    assert request is not None  # it was there, and requests are never deleted
    if request.status not in retrains.UNDER_WAY:
        raise Missing("cancel_retrain", "retrain", "is not under way")
    is_over = retrains.end(session, request, wish.actor, now)
    return Outcome(Kind.DONE, wish.verb, {"retrain": request.id, "reason": wish.fields["reason"], "over": is_over})


DOINGS = {"retrain": _retrain, "cancel_retrain": _cancel}
