"""What a verb asks for before it acts: one modal a verb, its fields those of the move, under the same names."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analysis.response import life
from analysis.vocabulary import Oversight, Severity
from storage.incidents import IncidentView
from templates import names, steps
from templates.slack import buttons, incident, report, status
from templates.slack.blocks import Block, section
from templates.slack.blocks import plain as plain_text
from templates.slack.limits import BLOCKS, OPTION, PLACEHOLDER, TITLE
from templates.slack.mrkdwn import code, said

LONGEST_ANSWER = 2_000
OFFERED = (
    Oversight.PAUSED, Oversight.REVIEW_ALL, Oversight.REVIEW_BELOW_CONFIDENCE, Oversight.INCREASED_MONITORING,
)  # fmt: skip

View = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A field of a modal: its label, what to write, a hint beneath."""

    label: str
    prompt: str
    hint: str = ""


@dataclass(frozen=True)
class Heading:
    """A modal's title, its button, and one line on what the button does."""

    title: str
    submit: str
    does: str


HEADINGS = {
    "freeze": Heading("Freeze the model", "Freeze", "Restrains the model at once, until somebody unfreezes it."),
    "retrain": Heading("Retrain the model", "Start retrain", "Starts the model's pipeline; the thread follows it."),
    "escalate": Heading("Escalate", "Escalate", "Calls the next people now."),
    "resolve": Heading(
        "Resolve the incident", "Resolve", "Ends the incident. If the same comes back within a day, it reopens."
    ),
    "unfreeze": Heading("Unfreeze the model", "Unfreeze", "Lets the model decide again, as before the incident."),
}

FIELDS = {
    ("freeze", "fallback"): Asked(
        "Serve instead",
        "A version, or the name of a set of rules",
        "Left empty: the fallback that the policy names, if any.",
    ),
    ("freeze", "reason"): Asked("Reason", "Why the model must not go on like this"),
    ("retrain", "reason"): Asked("Reason", "What the new model has to do better"),
    ("retrain", "notes"): Asked("Notes for the pipeline", "Data to leave out, settings to try"),
    ("escalate", "reason"): Asked("Reason", "What you need from them"),
    ("resolve", "note"): Asked("What was done", "The cause, the fix, and how you know that it works"),
    ("unfreeze", "reason"): Asked("Reason", "What has changed, so that the model may decide again"),
}


def modal(verb: str, view: IncidentView, now: datetime, note: str | None = None) -> View:
    """Return the modal of a verb that asks for something; `note` is a line the caller knows (whom it calls)."""
    heading = HEADINGS[verb]
    inputs = [_input(verb, asked, view) for asked in life.MOVES[verb].asks]
    return {
        **_frame(verb, view),
        "submit": plain_text(heading.submit, TITLE),
        "close": plain_text("Cancel", TITLE),
        "blocks": [section(*_about(verb, view, now, note)), *inputs],
    }


def loading(verb: str) -> View:
    """Return what is shown while the facts are read: a modal must open within three seconds of the press."""
    return _notice(HEADINGS[verb].title, "⏳ One moment…")


def refused(verb: str, sentence: str) -> View:
    """Return what is shown where the verb may not be used; the sentence comes from `answers`."""
    return _notice(HEADINGS[verb].title if verb in HEADINGS else "Not done", sentence)


def document(view: IncidentView, now: datetime) -> View:
    """Return the incident's whole story as a modal."""
    return {
        "type": "modal",
        "title": plain_text(view.incident.id, TITLE),
        "close": plain_text("Close", TITLE),
        "blocks": report.blocks(view, now)[: BLOCKS["modal"]],
    }


def _frame(verb: str, view: IncidentView) -> View:
    shown = view.incident
    return {
        "type": "modal",
        "callback_id": f"move:{verb}",
        "private_metadata": f"{shown.id}:{shown.state}:{shown.version}",
        "title": plain_text(HEADINGS[verb].title, TITLE),
    }


def _notice(title: str, sentence: str) -> View:
    return {
        "type": "modal",
        "title": plain_text(title, TITLE),
        "close": plain_text("Close", TITLE),
        "blocks": [section(sentence)],
    }


def _about(verb: str, view: IncidentView, now: datetime, note: str | None) -> list[str]:
    return [
        f"*{said(view.model.name)}* · {names.severity(view.incident.severity)} · {code(view.incident.id)}",
        said(incident.told(view)[0], incident.LONGEST_SENTENCE),
        f"👥 {said(incident.affected(view), incident.LONGEST_SENTENCE)}" if verb == "freeze" else "",
        _restraint(view) if verb in ("freeze", "unfreeze") else "",
        _second(view) if verb == "unfreeze" else "",
        _still_there(view) if verb == "resolve" else "",
        f"➡️ {note}" if note else "",
        f"_{HEADINGS[verb].does}_",
    ]


def _restraint(view: IncidentView) -> str:
    change = view.oversight
    if change is None or not change.level:
        return "Now: level 0, normal operation."
    return f"Now: *{status.restraint(change)}*, by {status.who(change.by)}."


def _second(view: IncidentView) -> str:
    if view.incident.severity != Severity.CRITICAL or view.oversight is None:
        return ""
    return f"👥 The incident is critical, so somebody other than {status.who(view.oversight.by)} has to do this."


def _still_there(view: IncidentView) -> str:
    still = [alert for alert in view.alerts if alert.state == "open"]
    return "⚠️ *The newest check still found it.* Resolve only if you know why." if still else ""


def _input(verb: str, asked: str, view: IncidentView) -> Block:
    """Return the input of a field; block id and action id are the field's name."""
    name = asked.rstrip("?")
    if name == "level":
        return _level(view)
    field = FIELDS[verb, name]
    return {
        "type": "input",
        "block_id": name,
        "optional": asked.endswith("?"),
        "label": plain_text(field.label),
        "element": {
            "type": "plain_text_input",
            "action_id": name,
            "multiline": name != "fallback",
            "max_length": LONGEST_ANSWER,
            "placeholder": plain_text(field.prompt, PLACEHOLDER),
        },
        **({"hint": plain_text(field.hint)} if field.hint else {}),
    }


def _level(view: IncidentView) -> Block:
    options = {level: _option(level) for level in OFFERED}
    return {
        "type": "input",
        "block_id": "level",
        "label": plain_text("How far?"),
        "element": {
            "type": "radio_buttons",
            "action_id": "level",
            "options": list(options.values()),
            "initial_option": options[_chosen(view)],
        },
        "hint": plain_text(f"Level {int(_advised(view))} is advised at this severity."),
    }


def _option(level: Oversight) -> Block:
    shown = names.LEVEL[level]
    return {
        "text": plain_text(f"{int(level)} · {shown.name}", OPTION),
        "description": plain_text(shown.means, OPTION),
        "value": str(int(level)),
    }


def _chosen(view: IncidentView) -> Oversight:
    """Return the level that is chosen at first: the one in force, else the one advised for the severity."""
    if buttons.is_restrained(view) and view.oversight is not None:
        return Oversight(view.oversight.level)
    return _advised(view)


def _advised(view: IncidentView) -> Oversight:
    return max(steps.RESTRAIN[Severity(view.incident.severity)], Oversight.INCREASED_MONITORING)
