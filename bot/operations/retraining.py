"""Asks for a retrain, has it ended early, and records how its pipeline and its validation went."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from analysis.errors import Missing, Unknown
from analysis.response.notifying import Reason
from analysis.response.outcomes import Kind, Outcome
from analysis.response.rollouts import Judged
from analysis.vocabulary import State
from bot.operations import evidence
from bot.operations.doing import Doing, Effect, Request, in_thread, owe_redraw, tell
from bot.services import SYSTEM, Services, kept
from storage import audit, baselines, counters, incidents, leases, outbox, registry, retrains
from storage.tables import Incident, ModelVersion, RetrainRequest

SHOWN_EVERY = timedelta(seconds=5)  # how often progress is shown: Slack takes about one edit a second for everything


@dataclass(frozen=True)
class Wish:
    """A retrain that somebody wants, of a model and perhaps for an incident of it."""

    model: str
    actor: str
    reason: str
    notes: str = ""
    baseline: str = ""
    incident: Incident | None = None


def ask(doing: Doing) -> Effect | Outcome:
    """Queue a run of the model's pipeline; one at a time a model."""
    wish = Wish(
        doing.incident.model_id,
        doing.request.actor,
        doing.field("reason"),
        doing.field("notes"),
        doing.field("baseline"),
        doing.incident,
    )
    made = queue(doing.services, doing.session, wish, doing.now)
    if isinstance(made, Outcome):
        return made
    facts = {"retrain": made.id, "reason": made.reason, "notes": made.notes, "pipeline": made.pipeline}
    return Effect(facts=facts, then=lambda done: owe_message(done.session, done.incident, made, done.now))


def queue(services: Services, session: Session, wish: Wish, now: datetime) -> RetrainRequest | Outcome:
    """Return the new request, or the one that is under way; raise Missing or Unknown where there can be none."""
    watched = services.policy.model(wish.model)
    if watched is None or watched.retrain is None:
        raise Missing("retrain", "pipeline", f"of {wish.model} is not in the policy (models.retrain)")
    running = retrains.under_way(session, wish.model)
    if running is not None:
        incident = wish.incident
        facts = {"by": running.requested_by, "at": running.requested_at.isoformat(), "retrain": running.id}
        of = {"incident": incident.id, "state": incident.state} if incident else {}
        return Outcome(Kind.ALREADY, "retrain", facts | of)
    made = RetrainRequest(
        id=counters.retrain_id(session),
        model_id=wish.model,
        incident_id=wish.incident.id if wish.incident else None,
        requested_by=wish.actor,
        requested_at=now,
        reason=wish.reason,
        notes=wish.notes,
        baseline=_baseline(session, wish),
        pipeline=watched.retrain.kind,
        remote={} if watched.retrain.validation else {"window": retrains.window(session, wish.model)},
        next_at=now,
    )
    session.add(made)
    session.flush()
    return made


def _baseline(session: Session, wish: Wish) -> str | None:
    if not wish.baseline:
        active = baselines.active(session, wish.model)
        return active.version if active else None
    if baselines.get(session, wish.model, wish.baseline) is None:
        known = [one.version for one in baselines.of(session, wish.model)][-3:]
        raise Unknown("baseline", wish.baseline[:50], known)
    return wish.baseline


def cancel(doing: Doing) -> Effect:
    """Have the incident's retrain end; raise Missing where none is under way."""
    request = retrains.under_way(doing.session, doing.incident.model_id)
    if request is None or request.incident_id != doing.incident.id:
        raise Missing("cancel_retrain", "retrain", "is not under way")
    is_over = retrains.end(doing.session, request, doing.request.actor, doing.now)
    _owe_edit(doing.session, request, doing.now)
    return Effect(facts={"retrain": request.id, "reason": doing.field("reason"), "over": is_over})


@kept
def started(services: Services, request: RetrainRequest, remote: Mapping[str, Any], log_path: str) -> bool:
    """Record that the pipeline runs, and what it is known by."""
    now = services.clock()
    values: dict[str, Any] = {"started_at": now, "log_path": log_path, "next_at": now}
    values |= {"remote": {**request.remote, **remote}} if remote else {}
    return _record(services, request, Change("retrain_started", values), now)


@kept
def looked(services: Services, request: RetrainRequest, values: Mapping[str, Any]) -> bool:
    """Record what was seen of a run that goes on, and show it now and then."""
    now = services.clock()
    with services.transaction() as session:
        if "progress" in values:
            return _progressed(session, request, values, now)
        return leases.settle(session, request, **values)


def _progressed(session: Session, request: RetrainRequest, values: Mapping[str, Any], now: datetime) -> bool:
    before, after = request.progress, values["progress"]
    shown = before.get("shown_at")
    is_due = shown is None or now - datetime.fromisoformat(shown) >= SHOWN_EVERY
    is_new = is_due and _told(before) != _told(after)
    progress = {**after, "shown_at": now.isoformat() if is_new else shown}
    if not leases.settle(session, request, **{**values, "progress": progress}):
        return False
    if is_new:
        _owe_edit(session, request, now)
    return True


def _told(progress: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in progress.items() if name != "shown_at"}


@kept
def trained(services: Services, request: RetrainRequest, result: Mapping[str, Any], exit_code: int | None) -> bool:
    """Record that the pipeline has ended well: its candidate is to be judged."""
    now = services.clock()
    values = {"status": "validating", "result": dict(result), "exit_code": exit_code, "next_at": now}
    return _record(services, request, Change("retrain_trained", values), now)


@kept
def judged(services: Services, request: RetrainRequest, verdict: Mapping[str, Any], version: ModelVersion) -> bool:
    """Record what became of the candidate, register its version, and tell the thread with the figures."""
    now = services.clock()
    passes = bool(verdict["passes"])
    version.registered_at = now
    version.verified_at = now if version.artefact_sha256 and not version.unread else None
    how = Judged.PASSED if passes else Judged.FAILED
    version.details = {**version.details, "validation": how.value, "judged_as": request.id}
    values = {
        "status": "validated_pass" if passes else "failed",
        "candidate": version.version,
        "validation": dict(verdict),
        "finished_at": now,
        "error": None if passes else "it did not pass the validation",
    }
    facts = {"validation": dict(verdict), "version": version.version}
    verb = "retrain_passed" if passes else "retrain_refused"
    return _record(services, request, Change(verb, values, facts, version), now)


@kept
def failed(services: Services, request: RetrainRequest, why: str, exit_code: int | None = None) -> bool:
    """Record that there is no candidate, or none that could be judged."""
    now = services.clock()
    values = {"status": "failed", "finished_at": now, "error": why, "exit_code": exit_code}
    facts = {"error": why, "exit_code": exit_code}
    return _record(services, request, Change("retrain_failed", values, facts), now)


@kept
def cancelled(services: Services, request: RetrainRequest) -> bool:
    """Record that the pipeline has ended because somebody wanted it to, here or where it runs."""
    now = services.clock()
    values = {"status": "cancelled", "finished_at": now}
    return _record(services, request, Change("retrain_cancelled", values, {"by": request.cancelled_by}), now)


SILENT = frozenset({"retrain_started", "retrain_trained"})  # shown by the message that is edited, not by a line


@dataclass(frozen=True)
class Change:
    """What happened to a request: columns to set, what is told of it, the version that it made."""

    verb: str
    values: Mapping[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict)
    version: ModelVersion | None = None


def _record(services: Services, request: RetrainRequest, change: Change, now: datetime) -> bool:
    """Return whether the claim still held; then the thread is told, and the audit log has its line."""
    with services.transaction() as session:
        return write(services, session, request, change, now)


def write(services: Services, session: Session, request: RetrainRequest, change: Change, now: datetime) -> bool:
    """Return whether the row was still as it was read; then all that the change owes is written too."""
    told, version = {name: fact for name, fact in change.facts.items() if fact is not None}, change.version
    if "progress" in change.values:
        return _progressed(session, request, change.values, now)
    if not leases.settle(session, request, **change.values):
        return False
    if version is not None:
        registry.keep(session, version)
    incident = session.get(Incident, request.incident_id) if request.incident_id else None
    if incident is not None:
        incidents.advance(session, incident, State(incident.state))
        doing = Doing(services, session, incident, Request(change.verb, incident.id, SYSTEM), now)
        _tell(doing, change.verb, {"retrain": request.id, **told})
        if version is not None:  # it was judged
            evidence.follow(session, incident, now)
    _owe_edit(session, request, now)
    said = {name: fact for name, fact in told.items() if isinstance(fact, int | str) and name != "error"}
    audit.append(session, audit.Entry(SYSTEM, change.verb, request.id, "done", said), now)
    return True


def _tell(doing: Doing, verb: str, facts: Mapping[str, Any]) -> None:
    if verb in SILENT:
        incidents.note(doing.session, doing.incident.id, SYSTEM, verb, doing.now, **facts)
        owe_redraw(doing.session, doing.incident, doing.now, soon=False)
        return
    tell(doing, verb, **facts)


def message_key(request_id: str) -> str:
    """Return the outbox key of the one message that shows how a retrain goes."""
    return f"{request_id}:message"


def owe_message(session: Session, incident: Incident, request: RetrainRequest, now: datetime) -> None:
    """Owe the incident's thread the one message that shows how the retrain goes."""
    outbox.owe(session, in_thread(incident, "retrain", message_key(request.id), request.id, now))


def _owe_edit(session: Session, request: RetrainRequest, now: datetime) -> None:
    message = outbox.by_key(session, message_key(request.id))
    if message is not None:
        outbox.owe_edit(session, message, "retrain_update", Reason.ACTED, now)
