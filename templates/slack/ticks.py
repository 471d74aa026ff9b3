"""How far the checklist of an incident has come, in a few words."""

from collections.abc import Sequence
from datetime import datetime

from analysis.response import life
from analysis.vocabulary import State
from storage.incidents import IncidentView
from storage.tables import ChecklistStep
from templates import figures


def progress(steps: Sequence[ChecklistStep]) -> str:
    """Return how many of the steps are done.

    >>> progress([])
    '0 of 0 done'
    """
    return f"{sum(step.done_at is not None for step in steps)} of {len(steps)} done"


def line(view: IncidentView, now: datetime) -> str:
    """Return one line for the incident's message: how far the checklist is, and what is overdue; or nothing."""
    if not view.steps or State(view.incident.state) in life.ENDED:
        return ""
    late = sum(step.done_at is None and step.due_at is not None and step.due_at < now for step in view.steps)
    overdue = f", *{figures.counted(late, 'step')} overdue*" if late else ""
    return f"📋 Checklist in the thread: {progress(view.steps)}{overdue}."
