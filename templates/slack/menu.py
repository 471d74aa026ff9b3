"""What stands behind “More…”: everything else that a person may do with the incident now, by subject."""

from collections.abc import Sequence
from typing import Any

from storage.incidents import IncidentView
from templates import names
from templates.slack import buttons, modals
from templates.slack.blocks import Block, context, divider, section
from templates.slack.blocks import plain as plain_text
from templates.slack.limits import TITLE
from templates.slack.mrkdwn import said
from templates.verbs import VERBS

GROUPS = {
    "Work on it": (
        *("still_on_it", "update", "contain", "investigate", "remediate", "tick", "runbook", "release"),
        "cancel_retrain",
        "reverse",
    ),
    "Judge it": ("impact", "confirm", "notify_regulator", "accept_risk", "false_positive"),
    "Time": ("snooze", "pause_clock", "resume_clock"),
    "People affected": ("affected", "draft", "remedy", "tell"),
    "Learn from it": ("decide", "root_cause", "follow_up", "follow_up_done", "review"),
    "Join and part": ("merge", "split"),
}
GROUPED = {verb for verbs in GROUPS.values() for verb in verbs}


def modal(view: IncidentView, verbs: Sequence[str]) -> dict[str, Any]:
    """Return the modal that lists the verbs by subject, a button each."""
    groups = {**GROUPS, "Else": tuple(verb for verb in verbs if verb not in GROUPED)}
    listed = [
        block for title, group in groups.items() for block in _group(title, [v for v in group if v in verbs], view)
    ]
    nothing = [section("Your roles allow nothing more while the incident is as it is.")]
    return {
        "type": "modal",
        "title": plain_text("More", TITLE),
        "close": plain_text("Close", TITLE),
        "blocks": [context(modals.heading(view)), *(listed or nothing)],
    }


def _group(title: str, verbs: Sequence[str], view: IncidentView) -> list[Block]:
    drawn = [
        section(f"*{said(VERBS[verb].label)}*", does(verb), accessory=buttons.button(verb, view)) for verb in verbs
    ]
    return [divider(), context(f"*{title}*"), *drawn] if drawn else []


def does(verb: str) -> str:
    """Return what a verb does, in one sentence."""
    words = VERBS[verb].modal
    return said(words.does if words else names.first(VERBS[verb].spoken.partition(": ")[2]) + ".", 200)
