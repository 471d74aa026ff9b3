"""Reminds of requests that wait for people: somebody waits at the other end of each (C3)."""

from datetime import datetime

from sqlmodel import Session

from analysis.response import cases as rules
from analysis.vocabulary import Role
from bot.operations import notices, reaching
from bot.operations.doing import on_worst, tell_by_itself
from bot.services import SYSTEM, Services
from storage import audit, cases, timers
from storage.tables import ReviewItem, Timer

KIND = "cases_wait"


def plan(services: Services, session: Session, item: ReviewItem) -> None:
    """Write when it is looked whether the request still waits; one look is enough for all of a model."""
    watched = services.policy.model(item.model_id)
    if watched is None or rules.is_sample(item.level) or timers.next_of(session, item.model_id, KIND) is not None:
        return
    _look(session, item.model_id, item.at + watched.gate.remind_after)


def when_due(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Tell that requests wait, where the oldest has waited for so long, and look again as long as one does."""
    model = timer.subject
    watched, queue = services.policy.model(model), cases.of_model(session, model, now)
    if watched is None or queue.since is None or timers.next_of(session, model, KIND) is not None:
        return
    until = queue.since + watched.gate.remind_after
    if now < until:
        _look(session, model, until)
        return
    _look(session, model, now + watched.gate.remind_after)
    facts = {"model": model, "waiting": queue.waiting, "since": queue.since.isoformat()}
    worst = on_worst(services, session, model, KIND, now)
    if worst is None:
        notices.owe(session, f"{timer.key}:told", services.policy.engineering, now, about=KIND, **facts)
    else:
        whose = worst.incident.acknowledged_by
        called = [whose] if whose else reaching.reach(services, session, [Role.ON_CALL]).people
        tell_by_itself(worst, KIND, **facts, people=called)
    audit.append(session, audit.Entry(SYSTEM, KIND, model, "done", facts), now)


def _look(session: Session, model: str, at: datetime) -> None:
    timers.plan(session, Timer(key=f"{KIND}:{model}:{at.isoformat()}", kind=KIND, subject=model, due_at=at))
