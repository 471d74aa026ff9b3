"""Resets a baseline: asked for with a reason, counted by a worker, activated by a second person (003 §4.4, E1)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.errors import Missing, Refused, Unknown
from analysis.response import permissions, resets
from analysis.response.fields import LONGEST
from analysis.response.outcomes import Kind, Outcome
from analysis.response.permissions import Action
from analysis.response.resets import Cause
from analysis.vocabulary import Role
from bot.operations import asking, baselines, documenting, incidents
from bot.operations.arriving import repeated
from bot.operations.doing import tell, urgency
from bot.services import Services, kept, whole
from storage import audit, inbox, leases, runs
from storage import baselines as stored
from storage.incidents import message_key
from storage.tables import Baseline, Incident, Model, Run

PURPOSE = "reset"
VERB = Action.BASELINE_RESET.value


@dataclass(frozen=True)
class Wish:
    """Somebody wants a model's baseline counted anew."""

    model: str
    actor: str
    reason: str
    cause: str = Cause.CONCEPT_DRIFT.value
    delivery: str | None = None  # id of the incoming delivery; a second one changes nothing
    facts: dict[str, Any] = field(default_factory=dict)  # what the door knows of the person, for the audit log


@whole
def ask(services: Services, wish: Wish) -> Outcome:
    """Return what became of the wish; whatever that is, it has an audit line."""
    now = services.clock()
    with services.transaction() as session:
        if again := repeated(session, wish.delivery, VERB, now):
            return again
        try:
            with session.begin_nested():
                outcome = _asked(services, session, wish, now)
        except Refused as error:
            outcome = Outcome(Kind.REFUSED, VERB, {}, error)
        if wish.delivery:
            inbox.answered(session, wish.delivery, incidents.told(outcome))
        said = {"why": outcome.error.reason} if outcome.error else dict(outcome.facts)
        said |= {"cause": wish.cause[:50], "reason_hmac": services.keys.hashed(wish.reason)} | wish.facts
        audit.append(session, audit.Entry(wish.actor, f"{VERB}_asked", wish.model[:100], outcome.kind, said), now)
    return outcome


def _asked(services: Services, session: Session, wish: Wish, now: datetime) -> Outcome:
    """Return the outcome; the steps: may they, is all given, is one under way, open its incident, queue the count."""
    roles = services.roles(session, wish.actor)
    permissions.permit(Action.BASELINE_RESET, roles)
    before = _before(services, session, wish)
    _check(wish)
    known = documenting.under_way(session, wish.model)
    if known is not None:
        facts = {"incident": known.id, "by": known.acknowledged_by, "at": known.opened_at.isoformat()}
        return Outcome(Kind.ALREADY, VERB, facts)
    needs = [role.value for role in Role if role in resets.approvers(Cause(wish.cause), roles)]
    told = {"by": wish.actor, "reason": wish.reason.strip(), "cause": wish.cause, "needs": needs}
    if wish.facts.get("login"):
        told["login"] = wish.facts["login"]
    incident = documenting.begin(services, session, wish.model, told, now)
    run = _queue(session, wish, incident, now)
    facts = {"incident": incident.id, "channel": incident.channel, "model": wish.model, "before": before.version}
    return Outcome(Kind.DONE, VERB, {**facts, "run": run.id, "needs": needs})


def _before(services: Services, session: Session, wish: Wish) -> Baseline:
    """Return the model's active baseline; the model is held, so that two who ask at once are one after the other."""
    model = session.get(Model, wish.model, with_for_update=True)
    if model is None or services.policy.model(wish.model) is None:
        raise Unknown("model", wish.model[:80], [one.id for one in services.policy.models])
    before = stored.active(session, wish.model)
    if before is None:
        raise Missing(VERB, "model", f"{wish.model} has no baseline yet that could be reset")
    return before


def _check(wish: Wish) -> None:
    if wish.cause not in set(Cause):
        raise Missing(VERB, "cause", f"“{wish.cause[:50]}” is none of {', '.join(Cause)}")
    if not wish.reason.strip():
        raise Missing(VERB, "reason")
    if len(wish.reason) > LONGEST:
        raise Missing(VERB, "reason", f"is longer than {LONGEST} characters")


def _queue(session: Session, wish: Wish, incident: Incident, now: datetime) -> Run:
    run = Run(
        model_id=wish.model,
        purpose=PURPOSE,
        incident_id=incident.id,
        key=f"{PURPOSE}:{incident.id}",
        requested_by=wish.actor,
        requested_at=now,
        next_at=now,
    )
    session.add(run)
    session.flush()
    return run


@kept
def counted(services: Services, run: Run, made: Baseline) -> bool:
    """Keep what was counted, not active yet, and ask for the second person in the thread of the incident."""
    now = services.clock()
    with services.transaction() as session:
        if not leases.settle(session, run, status="finished", finished_at=now):
            return False
        before = stored.active(session, run.model_id)
        assert before is not None  # `ask` says so, and none is ever taken away
        new = stored.keep(session, made)
        runs.name_baseline(session, run, new.version)
        doing = documenting.of(services, session, str(run.incident_id), run.requested_by, now)
        facts = {"version": new.version, "rows": new.rows, "before": before.version}
        tell(doing, "baseline_counted", **facts)
        place = asking.Place(doing.incident.channel, message_key(doing.incident.id), urgency(doing.incident) + 1)
        told = documenting.asked(session, doing.incident.id)
        wish = baselines.Wish(run.model_id, run.requested_by, told["reason"], {"login": told.get("login")})
        baselines.ask_second(services, session, wish, (new, before), place)
        data = facts | {"checksum": new.checksum, "incident": doing.incident.id}
        audit.append(session, audit.Entry(run.requested_by, VERB, run.model_id, "done", data), now)
    return True


def failed(services: Services, session: Session, run: Run, error: str, now: datetime) -> None:
    """Say that nothing could be counted; the incident ends with it, and it can be asked for again."""
    doing = documenting.of(services, session, str(run.incident_id), run.requested_by, now)
    documenting.close(doing, "baseline_reset_failed", error=error)
