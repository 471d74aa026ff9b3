"""Reviews of the calendar in Slack: the message that asks for one, and its line in the weekly digest."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analysis.vocabulary import Role
from storage.tables import DueReview
from templates import names
from templates.slack.blocks import Message, button, context, section
from templates.slack.mrkdwn import date, day, mention, said

HELD = "review:held"


def message(turn: DueReview, data: Mapping[str, Any]) -> Message:
    """Return what asks for the review; once it was held, that."""
    if turn.held_at is not None:
        text = f"☑️ Held: {said(turn.what)}"
        return Message(text, [section(text), context(f"by {mention(str(turn.held_by))}, {date(turn.held_at)}")])
    text = f"🗓️ *A review is due*: {said(turn.what)}"
    people = " ".join(mention(str(one)) for one in data.get("people", []))
    whom = people or f"nobody: no one is {_roles(turn)}"
    blocks = [
        section(text, f"For {whom}", accessory=button("Held", HELD, turn.key)),
        context(f"{names.first(_roles(turn))} · the weekly digest asks until it was held"),
    ]
    return Message(text, blocks)


def line(turn: DueReview, now: datetime) -> str:
    """Return it as the weekly digest lists it."""
    if turn.held_at is not None:
        return f"☑️ {said(turn.what)}: held {date(turn.held_at)}."
    return f"🗓️ {said(turn.what)}: due since {day(turn.due_at)}, to be held by {_roles(turn)}."


def _roles(turn: DueReview) -> str:
    return names.roles(tuple(Role(one) for one in turn.roles if one in set(Role)))
