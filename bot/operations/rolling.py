"""Records how a change of what serves goes: each step in a transaction of its own, after what was done outside."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from analysis.policy import Watched
from analysis.response import life
from analysis.response import rollouts as deciding
from analysis.response.notifying import Reason
from analysis.response.rollouts import Kind, Status
from analysis.vocabulary import Oversight, State
from bot.integrations.registry.port import Registry
from bot.operations import (
    asking,
    clocks,
    escalation,
    evidence,
    hanging,
    notices,
    oversight,
    rollouts,
    telling,
    watching,
)
from bot.operations.doing import Doing, Request, tell_by_itself
from bot.services import SYSTEM, Services, kept
from storage import audit, incidents, leases, outbox
from storage import oversight as restraining
from storage.tables import Incident, Rollout

LOOK_AGAIN = timedelta(seconds=1)
DONE = {Kind.PROMOTE: "promoted", Kind.ROLLBACK: "rolled_back", Kind.REVERSE: "reversed"}
HOLDS = Oversight.REVIEW_ALL  # from here on the model decides nothing alone

Facts = dict[str, Any]


@dataclass(frozen=True)
class Work:
    """What a step has in hand outside any transaction."""

    services: Services
    registry: Registry
    watched: Watched
    rollout: Rollout


@dataclass(frozen=True)
class Step:
    """What is done outside, and what our own tables then say, in the transaction that records it; both ways.

    What is done outside may be done again: a crash may come before it is recorded. It returns what it found, or None
    while it is not at its end, and raises SendError as `bot.integrations.errors` says.
    """

    name: deciding.Step
    do: Callable[[Work], Facts | None] | None = None
    undo: Callable[[Work], Facts | None] | None = None
    write: Callable[[Doing, Rollout], None] | None = None
    unwrite: Callable[[Doing, Rollout], None] | None = None


@kept
def done(services: Services, rollout: Rollout, step: Step, facts: dict[str, Any]) -> bool:
    """Record a step, with what belongs to it in our own tables; the last one ends the change. False: claim lost."""
    now = services.clock()
    with services.transaction() as session:
        values = {"step": rollout.step + 1, "steps": _noted(rollout, step.name, {"done": now.isoformat(), **facts})}
        if not leases.settle(session, rollout, **values, next_at=now, error=None):
            return False
        doing, row = _of(services, session, rollout, now)
        if step.write is not None:
            step.write(doing, row)
        if row.step == len(row.snapshot["steps"]):
            _ended_well(doing, row)
        _told(doing, row, step.name, "done")
    return True


@kept
def waits(services: Services, rollout: Rollout, step: Step, says: str | None) -> bool:
    """Record that a step is not at its end: it runs still, or failed and is tried again. False: claim lost."""
    now = services.clock()
    with services.transaction() as session:
        if says is None:
            return leases.settle(session, rollout, next_at=now + LOOK_AGAIN)
        tries = rollout.steps.get(step.name, {}).get("tries", 0) + 1
        steps = _noted(rollout, step.name, {"tries": tries})
        if not leases.settle(session, rollout, steps=steps, next_at=now + deciding.pause(tries), error=says):
            return False
        _redraw(session, rollout, now)
    return True


@kept
def turns_back(services: Services, rollout: Rollout, step: Step, says: str) -> bool:
    """Record that a step will never work: from here on it is taken back, this step first. False: claim lost."""
    now = services.clock()
    with services.transaction() as session:
        failed = _noted(rollout, step.name, {"failed": says, "failed_at": now.isoformat()})
        values = {"status": Status.UNDOING.value, "step": rollout.step + 1, "steps": failed}
        if not leases.settle(session, rollout, **values, next_at=now, error=says):
            return False
        doing, row = _of(services, session, rollout, now)
        _told(doing, row, step.name, "failed")
    return True


@kept
def undone(services: Services, rollout: Rollout, step: Step) -> bool:
    """Record that a step is taken back; the first one ends the change. False: claim lost."""
    now = services.clock()
    with services.transaction() as session:
        steps = _noted(rollout, step.name, {"undone": now.isoformat()})
        if not leases.settle(session, rollout, step=rollout.step - 1, steps=steps, next_at=now):
            return False
        doing, row = _of(services, session, rollout, now)
        if step.unwrite is not None and "done" in steps[step.name]:
            step.unwrite(doing, row)
        if row.step == 0:
            _ended(doing, row, Status.UNDONE)
            _restrain(doing, row)
            tell_by_itself(doing, "rollout_undone", **_facts(row), error=_why(row))
        _told(doing, row, step.name, "undone")
    return True


@kept
def gives_up(services: Services, rollout: Rollout, step: Step, says: str) -> bool:
    """Record that it cannot even be taken back: the model is paused, and people are told loudly. False: claim lost."""
    now = services.clock()
    with services.transaction() as session:
        if not leases.settle(session, rollout, steps=_noted(rollout, step.name, {"stuck": says}), next_at=now):
            return False
        doing, row = _of(services, session, rollout, now)
        _ended(doing, row, Status.FAILED)
        _pause(doing, row, f"{row.id} failed half-way, and could not be taken back")
        facts = _facts(row) | {"step": step.name, "error": _why(row), "stuck": says, "by": row.requested_by}
        facts |= escalation.ring(doing).facts()
        tell_by_itself(doing, "rollout_failed", **facts, approver=row.approved_by)
        notices.owe(
            session, f"{rollouts.key(row.id)}:failed", services.policy.engineering, now, about="rollout_failed",
            rollout=row.id, model=row.model_id, incident=row.incident_id, stuck=says,
        )  # fmt: skip
        _told(doing, row, step.name, "stuck")
    return True


def _ended_well(doing: Doing, row: Rollout) -> None:
    """Say what serves now, tell stakeholders, and begin the watch."""
    kind, incident, was = Kind(row.kind), doing.incident, State(doing.incident.state)
    _ended(doing, row, Status.DONE)
    if kind is Kind.ROLLBACK and was in life.OPEN:
        incidents.advance(doing.session, incident, was, contained_at=incident.contained_at or doing.now)
    watching.begin(doing, row)
    assert row.watched_until is not None
    tell_by_itself(doing, DONE[kind], **_facts(row), watched_until=row.watched_until.isoformat())
    clocks.follow(doing, was)
    telling.follow(doing)


def _ended(doing: Doing, row: Rollout, status: Status) -> None:
    row.status, row.finished_at = status.value, doing.now
    doing.session.add(row)
    doing.session.flush()
    hanging.end(doing.session, row)
    evidence.follow(doing.session, doing.incident, doing.now)


def _restrain(doing: Doing, row: Rollout) -> None:
    """Pause the model where the old state is harmful: a critical incident, and nothing that holds the model back."""
    held = restraining.strictest(doing.session, row.model_id)
    is_free = held is None or held.level < HOLDS
    if row.kind == Kind.ROLLBACK and is_free and incidents.worst(doing.session, doing.incident).value == "critical":
        _pause(doing, row, f"{row.id} could not be done, and what serves again is what the incident is about")


def _pause(doing: Doing, row: Rollout, why: str) -> None:
    oversight.impose(doing, Oversight.PAUSED, why, "frozen_by_rollout", rollout=row.id)
    asking.sweep(doing)


def _of(services: Services, session: Session, rollout: Rollout, now: datetime) -> tuple[Doing, Rollout]:
    """Return what is in hand with the change's incident, and the change as it is now."""
    incident, row = session.get(Incident, rollout.incident_id), session.get(Rollout, rollout.id)
    assert incident is not None
    assert row is not None
    return Doing(services, session, incident, Request(rollout.kind, incident.id, SYSTEM), now), row


def _noted(rollout: Rollout, name: str, facts: dict[str, Any]) -> dict[str, Any]:
    return {**rollout.steps, name: {**rollout.steps.get(name, {}), **facts}}


def _facts(row: Rollout) -> dict[str, Any]:
    facts = {"rollout": row.id, "kind": row.kind, "version": row.to_version, "was": row.from_version}
    return facts | {"good": row.snapshot.get("good")}


def _why(row: Rollout) -> str:
    return next((str(one["failed"]) for one in row.steps.values() if "failed" in one), str(row.error))


def _told(doing: Doing, row: Rollout, step: str, how: str) -> None:
    """Owe the progress message its edit, and write the step's audit line."""
    _redraw(doing.session, row, doing.now)
    data = {"step": step, "status": row.status, "version": row.to_version}
    outcome = "done" if how in ("done", "undone") else "failed"
    action = "rollout_step_undone" if how == "undone" else "rollout_step"
    audit.append(doing.session, audit.Entry(SYSTEM, action, row.id, outcome, data), doing.now)


def _redraw(session: Session, rollout: Rollout, now: datetime) -> None:
    message = outbox.by_key(session, rollouts.key(rollout.id))
    if message is not None:
        outbox.owe_edit(session, message, "rollout_update", Reason.ACTED, now)
