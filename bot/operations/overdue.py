"""Monitor of the monitor: a check that is not finished twelve hours after its time, and why (A13; 003 §8)."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from bot.operations import notices
from bot.services import SYSTEM, Services
from storage import audit, runs, timers
from storage.tables import Run, Timer

LATE = timedelta(hours=12)
DOWN = timedelta(minutes=5)  # a check asked for so long after its time: nobody was there to ask


def when_due(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Tell #engineering why the check that was due is not finished; silent where it is, or was never planned."""
    check = timers.by_key(session, timer.data["check"])
    model = timer.data["model"]
    if check is None or check.status != "fired" or services.policy.model(model) is None:
        return
    if runs.is_finished_since(session, model, check.due_at):
        return
    facts = {"model": model, "due": check.due_at.isoformat()} | _why(session, check)
    notices.owe(session, f"{timer.key}:told", services.policy.engineering, now, about="overdue", **facts)
    data = {"due": facts["due"], "why": facts["why"]}
    audit.append(session, audit.Entry(SYSTEM, "overdue", model, "done", data), now)


def _why(session: Session, check: Timer) -> dict[str, Any]:
    """Return what holds the check up, and where the bot was down when it was due, from when to when."""
    run = runs.by_key(session, check.key)
    facts = {"why": "never"} if run is None else STATES[run.status](session, run)
    if check.fired_at is not None and check.fired_at - check.due_at > DOWN:
        seen = runs.last_sign_of_life(session, check.due_at)
        facts |= {"down_from": seen.isoformat() if seen else None, "down_to": check.fired_at.isoformat()}
    return facts


def _queued(session: Session, run: Run) -> dict[str, Any]:
    ahead = [{"run": one.id, "model": one.model_id} for one in runs.under_way(session) if one.id != run.id]
    return {"why": "queued", "behind": ahead}


def _running(_session: Session, run: Run) -> dict[str, Any]:
    return {"why": "running", "since": run.started_at.isoformat() if run.started_at else None, "try": run.attempts}


def _ended(_session: Session, run: Run) -> dict[str, Any]:
    return {"why": "failed", "error": run.error}


STATES = {"queued": _queued, "running": _running, "failed": _ended, "finished": _ended}
