"""An ended incident begins anew: people take it back, or what it was about is there again."""

from datetime import datetime
from typing import Any

from analysis.errors import Missing
from analysis.vocabulary import State
from bot.operations import clocks, escalation, rollouts, runbooks
from bot.operations.doing import Doing, Effect, tell
from bot.services import SYSTEM
from storage import audit, incidents, timers
from storage.tables import Incident


def reopen(doing: Doing) -> Effect:
    """Take it back, in the hands of who does; raise Missing where that is too late and a new incident is due."""
    within = doing.services.policy.reopen_within
    if doing.now - ended_at(doing.incident) > within:
        raise Missing("reopen", "incident", f"ended more than {within.days} days ago; a new one has to be opened")
    taken = {"acknowledged_at": doing.now, "acknowledged_by": doing.request.actor}
    facts = {"reason": doing.field("reason"), **rollouts.block_again(doing)}
    return Effect(_anew(doing) | taken, facts, then=_call_anew)


def by_itself(doing: Doing, **facts: Any) -> None:  # noqa: ANN401
    """Open the incident whose cause is there again; nobody has it."""
    was = State(doing.incident.state)
    incidents.advance(doing.session, doing.incident, State.DETECTED, **_anew(doing))
    tell(doing, "reopened", **facts, **rollouts.block_again(doing))
    _call_anew(doing)
    clocks.follow(doing, was)
    audit.append(doing.session, audit.Entry(SYSTEM, "reopened", doing.incident.id, "done", facts), doing.now)


def ended_at(incident: Incident) -> datetime:
    """Return when the incident ended: the first end counts, which a later closing only seals."""
    return incident.resolved_at or incident.closed_at or incident.opened_at


def _anew(doing: Doing) -> dict[str, Any]:
    timers.cancel(doing.session, doing.incident.id, ["watch"])
    ends = ("acknowledged_at", "acknowledged_by", "resolved_at", "resolved_by", "closed_at", "closed_by")
    return dict.fromkeys(ends) | {"escalation_step": 0, "reopened": doing.incident.reopened + 1}


def _call_anew(doing: Doing) -> None:
    escalation.begin(doing.services, doing.session, doing.incident, doing.now)
    runbooks.resume(doing)
