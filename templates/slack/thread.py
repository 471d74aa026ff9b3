"""The incident's thread: its timeline told one line at a time. Routine lines name people and ring nobody."""

from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import verbs
from templates.slack import buttons, status
from templates.slack.blocks import Message, actions, section
from templates.slack.mrkdwn import code, said
from templates.verbs.row import Line, given

LINES: dict[str, Line] = {verb: row.line for verb, row in (verbs.VERBS | verbs.HAPPENINGS).items()}


def line(entry: TimelineEntry, view: IncidentView) -> Message:
    """Return what happened as one line; a verb without a row is told as it is."""
    text = LINES.get(entry.verb, _unknown)(entry, view) + _second(entry, view)
    row = verbs.HAPPENINGS.get(entry.verb)
    pressed = [buttons.button(verb, view) for verb in row.buttons] if row else []
    shown = row.shows(entry) if row else []
    return Message(text, [section(text), *shown, *([actions(f"line:{entry.id}", pressed)] if pressed else [])])


def _second(entry: TimelineEntry, view: IncidentView) -> str:
    by = entry.facts.get("approved_by")
    return f"\n✅ Approved by {status.person(str(by), view)} ({code(entry.facts.get('approval', '?'))})." if by else ""


def _unknown(entry: TimelineEntry, view: IncidentView) -> str:
    why = given(entry, "reason") + given(entry, "note")
    return f"{status.person(entry.actor, view)}: {said(entry.verb.replace('_', ' '))}.{why}"
