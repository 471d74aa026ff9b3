"""The buttons of an incident: one row a verb. What is dangerous opens a modal, which is its second thought."""

from analysis.response import life
from analysis.vocabulary import State
from storage.incidents import IncidentView
from templates.slack.blocks import Block, actions, plain
from templates.slack.limits import BUTTON
from templates.verbs import VERBS

IN_A_ROW = 5  # what a narrow screen still shows side by side
MORE = "more"


def rows(view: IncidentView) -> list[Block]:
    """Return the rows of buttons that the incident's state allows; the last one opens the rest."""
    drawn = [button(verb, view) for verb in shown(view)]
    if offered(view, in_menu=True):
        drawn.append(more(view))
    parts = [drawn[start : start + IN_A_ROW] for start in range(0, len(drawn), IN_A_ROW)]
    return [actions(f"moves:{number}", part) for number, part in enumerate(parts)]


def shown(view: IncidentView) -> list[str]:
    """Return the verbs that have a button now, in the order of their words."""
    return offered(view, in_menu=False)


def offered(view: IncidentView, *, in_menu: bool) -> list[str]:
    """Return the verbs that make sense now, of those with a button or of those behind “More…”."""
    possible = {move.verb for move in life.possible(State(view.incident.state))}
    return [verb for verb, row in VERBS.items() if verb in possible and row.in_menu == in_menu and row.offered(view)]


def button(verb: str, view: IncidentView) -> Block:
    """Return the button; its value says which state was seen, so that a press on an old message is noticed."""
    words, style = VERBS[verb], life.MOVES[verb].style
    text = (words.labelled(view) if words.labelled else None) or words.label
    return {
        "type": "button",
        "text": plain(text, BUTTON),
        "action_id": f"move:{verb}",
        "value": f"{view.incident.id}:{view.incident.state}",
        "accessibility_label": words.spoken,
        **({"style": style} if style else {}),
    }


def more(view: IncidentView) -> Block:
    """Return the button that opens what else can be done."""
    return {
        "type": "button",
        "text": plain("More…", BUTTON),
        "action_id": MORE,
        "value": f"{view.incident.id}:{view.incident.state}",
        "accessibility_label": "More: everything else that can be done with this incident",
    }
