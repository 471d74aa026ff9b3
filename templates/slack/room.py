"""An incident's own channel: its name, its topic, its first message, what is private to whom has a duty."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from analysis.vocabulary import Duty, Family, State
from storage.incidents import IncidentView
from templates import names
from templates.slack import incident
from templates.slack.blocks import Message, context, header, section
from templates.slack.limits import fit
from templates.slack.mrkdwn import code, link, mention, quote, said

LONGEST_NAME, LONGEST_TOPIC = 70, 250  # Slack's are 80 and 250; a taken name gets a number behind it
UNFIT = re.compile(r"[^a-z0-9-]+")


def name(view: IncidentView) -> str:
    """Return the name of the channel: the id, what it is about, and the model."""
    words = f"{view.incident.id}-{view.incident.family}-{view.model.id}".lower()
    return UNFIT.sub("-", words)[:LONGEST_NAME].strip("-")


def topic(view: IncidentView) -> str:
    """Return severity, state and what it is about, in one line without markup."""
    shown = view.incident
    state = names.STATE[State(shown.state)]
    about = f"{names.severity(shown.severity)} · {state} · {names.FAMILY[Family(shown.family)]} of {view.model.name}"
    return fit(" ".join(f"{about} · {shown.id}".split()), LONGEST_TOPIC)


def welcome(view: IncidentView, now: datetime) -> Message:
    """Return the first message of the channel: what it is about, and where the incident stands."""
    first, rest = incident.told(view)
    where = link(view.permalink, f"the message of {view.incident.id}")
    blocks = [
        header(incident.title(view)),
        section(f"*{said(first, 300)}*", said(rest, 300)),
        section(
            f"The buttons, who has it and who does what stand under {where}; what is done is told in its thread.",
        ),
        context("Decide and discuss here. The channel is archived when the incident is closed; its record stays."),
    ]
    return Message(f"{incident.title(view)}: talk about it here", blocks)


def instructions(data: Mapping[str, Any], views: Sequence[IncidentView]) -> list[str]:
    """Return what a person is told who has just been given a duty: what it is, what to do first, where."""
    duty = Duty(str(data["duty"]))
    part = names.DUTY[duty]
    view = views[0] if views else None
    where = link(view.permalink, view.incident.id) if view else code(data.get("incident", ""))
    by = f"{mention(str(data['by']))} gave you a duty on" if data.get("by") else "You have a duty on"
    about = f"\n> {said(incident.told(view)[0], 300)}" if view else ""
    note = f"\nWith it: {quote(data['note'], 1_000)}" if data.get("note") else ""
    steps = [f"{number}. {line}" for number, line in enumerate(part.first, 1)]
    return [f"👤 {by} {where}: *{part.name}* {part.means}.{about}{note}", "*First*", *steps]
