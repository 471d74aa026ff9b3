"""Asks for a change of which version serves: promotion, rollback, reverse (C6, C7); `bot.rollouts` carries it out."""

from dataclasses import dataclass
from typing import Any

from analysis.errors import Missing
from analysis.response import life
from analysis.response import rollouts as deciding
from analysis.response.outcomes import Kind as Ended
from analysis.response.outcomes import Outcome
from analysis.response.rollouts import Kind, What
from analysis.vocabulary import State
from bot.operations import gating, hanging
from bot.operations.doing import Doing, Effect, in_thread
from bot.services import SYSTEM
from storage import audit, baselines, counters, incidents, outbox, oversight, registry
from storage import rollouts as stored
from storage.registry import CHAMPION, LAST_KNOWN_GOOD, RETIRED
from storage.tables import Model, ModelVersion, RetrainRequest, Rollout

AGAINST = {
    What.REGISTERED: "is no registered version of this model",
    What.CHECKSUM: "is not what was registered: its checksum differs",
    What.PASSED: "did not pass its validation",
    What.FREE: "is blocked",
}


@dataclass(frozen=True)
class Change:
    """What somebody wants to serve, and why it may: a retrain that passed, or the incident whose block it lifts."""

    kind: Kind
    to: str
    field: str  # of the form, under which it is said what speaks against it
    retrain: str | None = None
    lifts: str | None = None


def promote(doing: Doing) -> Effect | Outcome:
    """Begin to put a validated candidate into service; raise Missing where it did not pass, or the model is frozen."""
    chosen = _candidate(doing)
    _not_frozen_elsewhere(doing)
    return _begin(doing, Change(Kind.PROMOTE, str(chosen.candidate), "candidate", retrain=chosen.id))


def roll_back(doing: Doing) -> Effect | Outcome:
    """Begin to bring an earlier version back: the one that was named, else the last known good one."""
    known = registry.named(doing.session, doing.incident.model_id)
    to = doing.field("version") or known.get(LAST_KNOWN_GOOD)
    if not to:
        raise Missing("rollback", "version", "has to be named: nothing is registered as last known good")
    return _begin(doing, Change(Kind.ROLLBACK, to, "version"))


def reverse(doing: Doing) -> Effect | Outcome:
    """Begin to take the incident's rollback back; raise Missing where there is none, or it is too long ago."""
    last = stored.newest(doing.session, doing.incident.model_id)
    assert last is None or last.finished_at is not None  # it went through
    is_mine = last is not None and (last.kind, last.incident_id) == (Kind.ROLLBACK, doing.incident.id)
    if last is None or not is_mine or last.from_version is None:
        raise Missing("reverse", "rollback", "of this incident is not the last change, so there is none to take back")
    if last.finished_at is None or doing.now - last.finished_at > deciding.REVERSIBLE:
        raise Missing("reverse", "rollback", "is longer ago than a day: promote or roll back instead")
    return _begin(doing, Change(Kind.REVERSE, last.from_version, "rollback", lifts=doing.incident.id))


def _candidate(doing: Doing) -> RetrainRequest:
    """Return the retrain that was named, by its id or by the version that it made."""
    given, passed = doing.field("candidate"), registry.passed(doing.session, doing.incident.model_id)
    found = next((one for one in passed if given in (one.id, one.candidate)), None)
    if found is None:
        could = ", ".join(one.id for one in passed[:5]) or "there is none"
        raise Missing("promote", "candidate", f"has to be one that has passed validation, not “{given[:50]}”: {could}")
    return found


def _not_frozen_elsewhere(doing: Doing) -> None:
    """Raise Missing where another incident restrains the model: a frozen model takes no deployment (C3)."""
    mine = incidents.parts(doing.session, doing.incident.id)
    for held in oversight.standing(doing.session, doing.incident.model_id):
        if held.incident_id is not None and held.incident_id not in mine:
            raise Missing("promote", "model", f"is frozen for {held.incident_id}: it has to be unfrozen there first")


def _begin(doing: Doing, change: Change) -> Effect | Outcome:
    session, model_id = doing.session, doing.incident.model_id
    session.get(Model, model_id, with_for_update=True)  # of two at once the second sees the first
    running = stored.under_way(session, model_id)
    if running is not None:
        facts = {"incident": doing.incident.id, "by": running.requested_by, "at": running.requested_at.isoformat()}
        return Outcome(Ended.ALREADY, doing.request.verb, facts | {"rollout": running.id, "kind": running.kind})
    serves = registry.named(session, model_id).get(CHAMPION)
    if change.to == serves:
        raise Missing(doing.request.verb, change.field, f"{change.to} serves already")
    amiss = deciding.against(deciding.checks(registry.version(session, model_id, change.to), lifts=change.lifts))
    if amiss is not None:
        why = f" ({amiss.why})" if amiss.why else ""
        raise Missing(doing.request.verb, change.field, f"{change.to} {AGAINST[amiss.what]}{why}")
    rollout = _row(doing, change, serves)
    session.add(rollout)
    session.flush()
    done: dict[str, Any] = {"rollout": rollout.id, "version": change.to, "was": serves, "reason": rollout.reason}
    return Effect(facts=done | ({"retrain": change.retrain} if change.retrain else {}), then=_follow)


def _row(doing: Doing, change: Change, serves: str | None) -> Rollout:
    watched = doing.services.policy.model(doing.incident.model_id)
    if watched is None:
        raise Missing(doing.request.verb, "model", "is no longer in the policy")
    return Rollout(
        id=counters.rollout_id(doing.session, change.kind),
        kind=change.kind,
        model_id=watched.id,
        incident_id=doing.incident.id,
        retrain_id=change.retrain,
        from_version=serves,
        to_version=change.to,
        reason=doing.field("reason"),
        requested_by=doing.request.actor,
        approved_by=doing.request.approved_by,
        requested_at=doing.now,
        snapshot=_snapshot(doing)
        | {"steps": list(deciding.steps(change.kind, watched.rollback)), "good": _good(doing, change, serves)},
        next_at=doing.now,
    )


def _good(doing: Doing, change: Change, serves: str | None) -> str | None:
    """Return which version is last known good once the change is done: of those that may serve."""
    known = registry.named(doing.session, doing.incident.model_id).get(LAST_KNOWN_GOOD)
    if change.kind is not Kind.PROMOTE:
        return known
    row = registry.version(doing.session, doing.incident.model_id, known) if known else None
    is_fit = row is not None and registry.why_not(row) is None and known != change.to
    return deciding.known_good(serves, known if is_fit else None, incidents.worst(doing.session, doing.incident))


def _snapshot(doing: Doing) -> dict[str, Any]:
    """Return all that the steps may change, as it is now: the way back leads there."""
    session, model_id = doing.session, doing.incident.model_id
    active, standing = baselines.active(session, model_id), oversight.standing(session, model_id)
    mine = incidents.parts(session, doing.incident.id)
    return {
        "aliases": registry.named(session, model_id),
        "baseline": active.version if active else None,
        "lifts": [one.id for one in standing if one.incident_id in mine],
    }


def key(rollout_id: str) -> str:
    """Return the outbox key of the one message that follows the change."""
    return f"rollout:{rollout_id}"


def _follow(doing: Doing) -> None:
    rollout = stored.under_way(doing.session, doing.incident.model_id)
    assert rollout is not None  # it was just begun
    outbox.owe(doing.session, in_thread(doing.incident, "rollout", key(rollout.id), rollout.id, doing.now))
    hanging.plan(doing.session, rollout, doing.now + deciding.HANGS)


def block(doing: Doing, row: Rollout) -> None:
    """Let the version that was rolled back not serve again before its incident is remediated (C3)."""
    if row.from_version is None:
        return
    version = registry.version(doing.session, row.model_id, row.from_version)
    if version is None:
        version = ModelVersion(
            model_id=row.model_id, version=row.from_version, registered_by=SYSTEM, registered_at=doing.now
        )
    if version.blocked_by == RETIRED:
        return
    version.blocked_by, version.blocked_why = doing.incident.id, f"rolled back by {row.id}"
    doing.session.add(version)
    doing.session.flush()
    gating.tag(doing.services, doing.session, row.model_id, doing.now)


def block_again(doing: Doing) -> dict[str, Any]:
    """Return what the timeline keeps: the versions that are blocked anew, now that their incident is not over."""
    serves = registry.named(doing.session, doing.incident.model_id).get(CHAMPION)
    out = stored.taken_out(doing.session, doing.incident.id)
    blocked = [version for version in out if version != serves]  # it came back since: two people wanted it
    for version in blocked:
        block(doing, out[version])
        _audit(doing, "blocked", version)
    return {"blocked": blocked} if blocked else {}


def follow(doing: Doing) -> None:
    """Let versions serve again that were blocked until the incident has ended (C3)."""
    if State(doing.incident.state) not in life.ENDED:
        return
    for one in stored.blocked_for(doing.session, doing.incident.id):
        one.blocked_by = one.blocked_why = None
        doing.session.add(one)
        gating.tag(doing.services, doing.session, one.model_id, doing.now)
        _audit(doing, "unblocked", one.version)


def _audit(doing: Doing, action: str, version: str) -> None:
    data = {"version": version, "incident": doing.incident.id}
    audit.append(doing.session, audit.Entry(SYSTEM, action, doing.incident.model_id, "done", data), doing.now)
