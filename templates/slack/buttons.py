"""The buttons of an incident: one row a verb. What is dangerous opens a modal, which is its second thought."""

from dataclasses import dataclass

from analysis.response import life
from analysis.vocabulary import State
from storage.incidents import IncidentView
from templates.slack.blocks import Block, actions, plain
from templates.slack.limits import BUTTON

IN_A_ROW = 5  # what a narrow screen still shows side by side


@dataclass(frozen=True)
class Label:
    """What stands on a button, what a screen reader says, and what stands there once the model is restrained."""

    text: str
    spoken: str
    restrained: str | None = None


LABELS = {
    "acknowledge": Label("Acknowledge", "Acknowledge: stop the calls and take the incident"),
    "freeze": Label("Freeze", "Freeze: restrain or pause the model", restrained="Change freeze"),
    "export": Label("Export evidence", "Export the evidence of this incident"),
    "retrain": Label("Retrain", "Start a retrain of the model"),
    "escalate": Label("Escalate", "Escalate: call the next people"),
    "resolve": Label("Resolve", "Resolve: end the incident"),
    "unfreeze": Label("Unfreeze", "Unfreeze: let the model decide again"),
}


def rows(view: IncidentView) -> list[Block]:
    """Return the rows of buttons that the incident's state allows."""
    verbs = shown(view)
    parts = [verbs[start : start + IN_A_ROW] for start in range(0, len(verbs), IN_A_ROW)]
    return [actions(f"moves:{number}", [button(verb, view) for verb in part]) for number, part in enumerate(parts)]


def shown(view: IncidentView) -> list[str]:
    """Return the verbs that have a button now, in the order of the labels."""
    possible = {move.verb for move in life.possible(State(view.incident.state))}
    if not is_restrained(view):
        possible.discard("unfreeze")
    return [verb for verb in LABELS if verb in possible]


def button(verb: str, view: IncidentView) -> Block:
    """Return the button; its value says which state was seen, so that a press on an old message is noticed."""
    label, style = LABELS[verb], life.MOVES[verb].style
    text = label.restrained if label.restrained and is_restrained(view) else label.text
    return {
        "type": "button",
        "text": plain(text, BUTTON),
        "action_id": f"move:{verb}",
        "value": f"{view.incident.id}:{view.incident.state}",
        "accessibility_label": label.spoken,
        **({"style": style} if style else {}),
    }


def is_restrained(view: IncidentView) -> bool:
    """Return whether the model is under a restraint now."""
    return view.oversight is not None and view.oversight.level > 0
