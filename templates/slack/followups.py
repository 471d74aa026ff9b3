"""Follow-ups in Slack: the message that asks its owner, lines of lists, what the incident's message says of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from analysis.response.learning import Asking, Needed
from storage.tables import FollowUp, Incident
from templates import figures
from templates.slack.blocks import Block, Message, button, context, more, section
from templates.slack.mrkdwn import code, date, mention, quote, said

DONE = "followup:done"
LONGEST = 60
MOST = 15
WHY = {
    Asking.TOMORROW: "📌 *Due tomorrow*",
    Asking.TODAY: "📌 *Due today*",
    Asking.LATE: "⏰ *Late*",
}


def message(found: FollowUp, incident: Incident, data: Mapping[str, Any]) -> Message:
    """Return what its owner is asked; once it is done, that."""
    why = data.get("why")
    head = WHY.get(Asking(why), "📌") if why in set(Asking) else "📌"
    if found.done_at is not None:
        text = f"☑️ Done: {code(found.id)} {quote(found.what)}"
        return Message(text, [section(text), context(f"by {mention(str(found.done_by))}, {date(found.done_at)}")])
    text = f"{head}: {code(found.id)} {quote(found.what)}"
    blocks = [
        section(text, accessory=_button(found)),
        context(f"of {code(incident.id)} · until {date(found.due_at)} · asked for by {mention(found.by)}"),
    ]
    return Message(text, blocks)


def answer(found: Sequence[FollowUp], mine: str, now: datetime) -> Message:
    """Return what is still to be done: the person's own first, then everybody's, soonest first."""
    if not found:
        text = "Nothing is to be done: every follow-up is done."
        return Message(text, [section(text)])
    late = sum(1 for one in found if one.due_at <= now)
    head = f"{figures.counted(len(found), 'follow-up')} to be done" + (f", {late} late" if late else "")
    ordered = sorted(found, key=lambda one: (one.owner != mine, one.due_at))
    blocks = [section(f"*{head}*"), *(line(one, mine, now) for one in ordered[:MOST])]
    return Message(head, [*blocks, *more(len(ordered) - MOST)])


def option(found: FollowUp) -> str:
    """Return it as a choice of a list; raw text."""
    what = found.what if len(found.what) <= LONGEST else f"{found.what[:LONGEST]}…"
    return f"{found.id} · {what}"


def still(found: Sequence[FollowUp]) -> str:
    """Return what of an incident is still to be done, in one line; empty where nothing is."""
    left = [one for one in found if one.done_at is None]
    if not left:
        return ""
    musts = [one for one in left if one.needed == Needed.BEFORE_CLOSING]
    before = f", {len(musts)} before it is closed" if musts else ""
    named = " · ".join(code(one.id) for one in left[:5])
    return f"📌 {figures.counted(len(left), 'follow-up')} to be done{before}: {named}"


def line(found: FollowUp, mine: str, now: datetime) -> Block:
    """Return one follow-up with its owner, its day and a button."""
    sign = "⏰" if found.due_at <= now else "📌"
    who = "you" if found.owner == mine else mention(found.owner)
    first = f"{sign} {code(found.id)} {said(found.what, 200)}"
    return section(first, f"{who} · until {date(found.due_at)} · {code(found.incident_id)}", accessory=_button(found))


def _button(found: FollowUp) -> Block:
    return button("Done", DONE, f"{found.incident_id}/{found.id}")
