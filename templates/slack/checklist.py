"""The checklist of an incident in its thread: what is done and by whom, what is open and by when."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from analysis.response import life
from analysis.vocabulary import Duty, State
from storage.incidents import IncidentView
from storage.tables import ChecklistStep
from templates import names
from templates.slack import buttons, status, ticks
from templates.slack.blocks import Block, Message, button, context, section
from templates.slack.mrkdwn import code, countdown, quote, said

STEP = "step"  # the action of the button that ticks one
SAID = {"decide"}  # steps that are done by saying so in a form: their button opens it


def message(view: IncidentView, now: datetime) -> Message:
    """Return the checklist as it stands; each open step has a button."""
    blocks: list[Block] = []
    for title, found in groupby(view.steps, key=lambda step: step.title):
        steps = list(found)
        blocks += [section(f"📋 *{said(title)}* · {ticks.progress(steps)}"), *_drawn(steps, view, now)]
    runbooks = sorted({f"{step.runbook} {step.edition}" for step in view.steps})
    blocks.append(context(f"Runbook {', '.join(code(one) for one in runbooks)} · {code(view.incident.id)}"))
    return Message(f"📋 Checklist of {view.incident.id}: {ticks.progress(view.steps)}", blocks)


def _drawn(steps: Sequence[ChecklistStep], view: IncidentView, now: datetime) -> list[Block]:
    done = [step for step in steps if step.done_at is not None]
    told = [section(*(_done(step, view) for step in done))] if done else []
    ended = State(view.incident.state) in life.ENDED
    return [*told, *(_open(step, view, now, ended=ended) for step in steps if step.done_at is None)]


def _done(step: ChecklistStep, view: IncidentView) -> str:
    who = status.person(step.done_by or status.SYSTEM, view)
    why = f" {quote(step.note, 200)}" if step.note else ""
    return f"✅ ~{said(step.text, 150)}~ {who}{why}"


def _open(step: ChecklistStep, view: IncidentView, now: datetime, *, ended: bool) -> Block:
    late = step.due_at is not None and step.due_at < now
    by = f"{'*overdue* since' if late else 'by'} {countdown(step.due_at)}" if step.due_at else ""
    duty = names.DUTY[Duty(step.duty)].name if step.duty in set(Duty) else ""
    words = section(f"{'⏰' if late else '⬜'} {said(step.text, 300)}", " · ".join(filter(None, [by, duty])))
    if ended:
        return words
    if step.verb in SAID:
        return words | {"accessory": buttons.button(step.verb, view)}
    return words | {"accessory": button("Done", STEP, f"{view.incident.id}:{step.key}")}
