"""The words of the checklist: a step ticked, another runbook followed, a step that is overdue."""

from analysis.vocabulary import Duty
from storage.incidents import IncidentView
from storage.tables import ChecklistStep, TimelineEntry
from templates import names
from templates.slack import status, ticks
from templates.slack.limits import OPTION
from templates.slack.mrkdwn import mention, quote, said
from templates.verbs.row import Asked, Happening, Modal, Option, Words, given


def _open_steps(view: IncidentView) -> list[Option]:
    return [_option(step) for step in view.steps if step.done_at is None]


def _option(step: ChecklistStep) -> Option:
    """Return the step to choose: whole where it fits, else with its end as the second line; then its duty."""
    first, rest = in_two(step.text)
    duty = names.DUTY[Duty(step.duty)].name if step.duty in set(Duty) else ""
    return Option(step.key, first, rest or duty)


def in_two(text: str, most: int = OPTION) -> tuple[str, str]:
    """Return a text that is too long for a line as two, parted where a thought ends.

    >>> in_two("Find the cause: data, features, recent changes", 30)
    ('Find the cause:', 'data, features, recent changes')
    """
    if len(text) <= most:
        return text, ""
    marks = [mark for mark in (": ", "; ", ", ", " ") if mark in text[: most + 1]]
    cuts = [text.rfind(mark, 0, most + 1) + len(mark) for mark in marks]
    cut = next((one for one in cuts if len(text) - one <= most), cuts[-1] if cuts else most)
    return text[:cut].rstrip(), text[cut:]


def _others(view: IncidentView) -> list[Option]:
    begun = {step.runbook for step in view.steps}
    return [Option(one.id, one.title, one.source) for one in view.runbooks if one.id not in begun]


def _so_far(view: IncidentView) -> list[str]:
    return [f"📋 {ticks.progress(view.steps)}."] if view.steps else []


def _tick(entry: TimelineEntry, view: IncidentView) -> str:
    did = quote(entry.facts["text"], 200) if entry.facts.get("text") else "a step"
    return f"📋 {status.person(entry.actor, view)} ticked {did}.{given(entry, 'note')}"


def _runbook(entry: TimelineEntry, view: IncidentView) -> str:
    title = said(entry.facts.get("title") or "another runbook")
    return f"📋 {status.person(entry.actor, view)} has the runbook *{title}* followed from now on."


def _overdue(entry: TimelineEntry, view: IncidentView) -> str:
    owes = entry.facts.get("owes")
    to = f"{mention(str(owes))}: " if owes else ""
    return f"⏰ {to}a step of the checklist is overdue: {quote(entry.facts.get('text', '?'), 200)}"


VERBS = {
    "tick": Words(
        label="Tick a step",
        spoken="Tick a step: a step of the checklist is done",
        may="tick steps of checklists",
        past="ticked a step",
        done=lambda facts: "Ticked. The checklist shows it.",
        line=_tick,
        modal=Modal(
            title="Tick a step",
            submit="Done",
            does="Marks the step as done by you, in the checklist of the thread.",
            fields={
                "step": Asked("Step", "Choose a step", options=_open_steps),
                "note": Asked("Note", "What came of it"),
            },
            about=_so_far,
        ),
        offered=lambda view: bool(_open_steps(view)),
    ),
    "runbook": Words(
        label="Another runbook",
        spoken="Another runbook: follow its steps too",
        may="choose runbooks",
        past="chose another runbook",
        done=lambda facts: "Done: its steps stand in the checklist, their time runs from now.",
        line=_runbook,
        modal=Modal(
            title="Another runbook",
            submit="Follow it",
            does="Its steps are added to the checklist; their time runs from now. What was begun stays.",
            fields={"runbook": Asked("Runbook", "Choose a runbook", options=_others)},
            about=_so_far,
        ),
        offered=lambda view: bool(_others(view)),
    ),
}
HAPPENINGS = {"step_overdue": Happening("saw a step overdue", _overdue)}
