"""Signed notes in the audit channel: what they say, and the note itself, so that anyone can check it."""

from collections.abc import Mapping
from typing import Any

from templates import figures, finding
from templates.slack.blocks import Message, context, section
from templates.slack.mrkdwn import code, date

CHECK = "ethixbot audit verify --anchors slack"


def message(data: Mapping[str, Any]) -> Message:
    """Return the message of a checkpoint or a segment; its text holds the note as it was signed."""
    title, says = SAYS[data["what"]](data)
    note = str(data["note"]).strip()
    at = finding.moment(data.get("at"))
    small = context(f"Signed {date(at)}" if at else "", f"Check with {code(CHECK)}")
    return Message(f"{title}\n{note}\n", [section(f"*{title}*", says), section(f"```{note}```"), small])


def _checkpoint(data: Mapping[str, Any]) -> tuple[str, str]:
    title = f"🔏 Audit log sealed up to row {figures.count(data['seq'])}"
    return title, "Whoever changes, removes or adds one of these rows from now on contradicts this message."


def _segment(data: Mapping[str, Any]) -> tuple[str, str]:
    rows = f"{figures.count(data['first'])} to {figures.count(data['last'])}"
    title = f"📦 Rows {rows} of the audit log lie in a signed file"
    return title, f"They leave the database; {code(data['name'])} proves them from now on, so keep it."


SAYS = {"checkpoint": _checkpoint, "segment": _segment}
