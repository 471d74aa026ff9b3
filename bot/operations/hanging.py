"""Looks whether a promotion or a rollback gets on; where one hangs between it is told, and who is on call is rung."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.response import rollouts as deciding
from analysis.response.rollouts import UNDER_WAY, Status
from analysis.response.serving import Rollback
from bot.operations import escalation
from bot.operations.doing import Doing, Request, tell_by_itself
from bot.services import SYSTEM, Services
from storage import audit, incidents, timers
from storage.tables import Rollout, Timer

KIND = "rollout_hangs"
MOMENTS = ("done", "failed_at", "undone")  # of a step: from then on the next one is under way


def plan(session: Session, row: Rollout, at: datetime) -> None:
    """Write the timer of the next look."""
    timers.plan(session, Timer(key=f"{KIND}:{row.id}:{at.isoformat()}", kind=KIND, subject=row.id, due_at=at))


def end(session: Session, row: Rollout) -> None:
    """Look no more: it is at its end."""
    timers.cancel(session, row.id, [KIND])


def when_due(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Tell it where it has not got on for too long, and look again."""
    row = session.get(Rollout, timer.subject, with_for_update=True)
    if row is None or Status(row.status) not in UNDER_WAY:
        return
    watched = services.policy.model(row.model_id)
    step, since = _step(row), _since(row)
    until = since + deciding.patience(step, watched.rollback if watched is not None else Rollback())
    if now < until:
        plan(session, row, until)
        return
    plan(session, row, now + deciding.TOLD_AGAIN)
    _tell(_of(services, session, row, now), row, step=step.value, since=since.isoformat(), timer=timer.key)


def _tell(doing: Doing, row: Rollout, **facts: Any) -> None:  # noqa: ANN401
    """Call those who are on call and name who asked and approved: somebody has to look."""
    facts |= {"rollout": row.id, "kind": row.kind, "version": row.to_version, "was": row.from_version}
    facts["good"] = row.snapshot.get("good")
    facts |= {"undoing": row.status == Status.UNDOING, "error": row.error, "by": row.requested_by}
    reached = escalation.ring(doing)
    tell_by_itself(doing, KIND, **facts, approver=row.approved_by, **reached.facts())
    data = {"rollout": row.id, "step": facts["step"], "status": row.status}
    audit.append(doing.session, audit.Entry(SYSTEM, KIND, doing.incident.id, "done", data), doing.now)


def _of(services: Services, session: Session, row: Rollout, now: datetime) -> Doing:
    incident = incidents.get(session, str(row.incident_id))
    assert incident is not None  # whoever asked for it, asked for it there
    return Doing(services, session, incident, Request(KIND, incident.id, SYSTEM), now)


def _step(row: Rollout) -> deciding.Step:
    """Return the step that is under way: done, or taken back."""
    return deciding.Step(row.snapshot["steps"][row.step - 1 if row.status == Status.UNDOING else row.step])


def _since(row: Rollout) -> datetime:
    """Return when it got on last."""
    noted = [one[name] for one in row.steps.values() for name in MOMENTS if name in one]
    return max(map(datetime.fromisoformat, noted), default=row.requested_at)
