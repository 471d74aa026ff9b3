"""When whoever has an incident is asked whether they still do: planned when they take it, anew when they act."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from analysis.paths import Path
from bot.operations.doing import Doing
from storage import timers
from storage.tables import Timer

ASK, UNANSWERED = "still_on_it", "unanswered"
KINDS = (ASK, UNANSWERED)
SPANS = ("still_s", "answer_s")  # what the plan of an escalation remembers of its path, in seconds


def terms(path: Path) -> dict[str, float | None]:
    """Return for how long somebody may be quiet, and how long an answer may take; none: nobody is asked."""
    still = path.still_on_it.total_seconds() if path.still_on_it else None
    return {"still_s": still, "answer_s": path.answer_within.total_seconds()}


def plan(doing: Doing, told: Mapping[str, Any], since: datetime) -> None:
    """Write the timer of the question, in place of what there was; none where the path asks nobody."""
    timers.cancel(doing.session, doing.incident.id, KINDS)
    spans = {name: told.get(name) for name in SPANS}
    if spans["still_s"] is not None:
        _write(doing, ASK, spans, since + timedelta(seconds=spans["still_s"]))


def plan_answer(doing: Doing, told: Mapping[str, Any]) -> None:
    """Write the timer that finds the question unanswered."""
    asked = {"asked_at": doing.now.isoformat(), "person": doing.incident.acknowledged_by}
    spans = {name: told[name] for name in SPANS}
    _write(doing, UNANSWERED, spans | asked, doing.now + timedelta(seconds=spans["answer_s"]))


def _write(doing: Doing, kind: str, data: dict[str, Any], due: datetime) -> None:
    key = f"{kind}:{doing.incident.id}:{doing.now.isoformat()}"
    timers.plan(doing.session, Timer(key=key, kind=kind, subject=doing.incident.id, due_at=due, data=data))
