"""What the weekly digest reviews: decisions about drift until they are carried out."""

from datetime import datetime

from storage.tables import Person
from storage.week import Decided, Week
from templates import decided
from templates.slack.blocks import Block, part
from templates.slack.mrkdwn import code, date, quote, said

MOST = 10
LONGEST_REASON = 160


def blocks(week: Week, now: datetime) -> list[Block]:
    """Return the parts that have something to say."""
    return part("Decisions about drift", [_decision(one, week.people or {}, now) for one in week.decisions], MOST)


def _decision(one: Decided, people: dict[str, Person], now: datetime) -> str:
    still, what = one.follow_up, f"*{decided.name(one.decision.decision)}*"
    where = f"{code(one.incident.model_id)} ({code(one.incident.id)})"
    why = f"\n> {quote(one.decision.reason, LONGEST_REASON)}"
    if still.done_at is not None:
        return f"☑️ {what} for {where}: done {date(still.done_at)}."
    known = people.get(still.owner)
    who = said(known.name) if known else code(still.owner)
    by = f"⏰ *late*, it was due {date(still.due_at)}" if still.due_at <= now else f"until {date(still.due_at)}"
    return f"🧭 {what} for {where}: {who}, {by}.{why}"
