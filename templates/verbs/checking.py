"""The words of the checklist: a step ticked, another runbook followed, a step that is overdue."""

from analysis.vocabulary import Duty
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import names
from templates.slack import status, ticks
from templates.slack.mrkdwn import mention, quote, said
from templates.verbs.row import Asked, Happening, Modal, Option, Words, given


def _open_steps(view: IncidentView) -> list[Option]:
    return [
        Option(step.key, step.text, names.DUTY[Duty(step.duty)].name if step.duty in set(Duty) else "")
        for step in view.steps
        if step.done_at is None
    ]


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
