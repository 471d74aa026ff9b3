"""What the weekly digest reviews: figures that miss their target, decisions about drift, audits, reviews."""

from collections.abc import Sequence
from datetime import datetime

from analysis.response.figures import Measured
from storage.tables import BiasAudit, Person
from storage.week import Decided, Week
from templates import audited, decided
from templates.slack import calendar, goals
from templates.slack.blocks import Block, part
from templates.slack.mrkdwn import code, date, day, quote, said

MOST = 10
LONGEST_REASON = 160


def blocks(week: Week, found: Sequence[Measured], now: datetime) -> list[Block]:
    """Return the parts that have something to say."""
    return [
        *part("How we responded", goals.lines(found), MOST),
        *part("Decisions about drift", [_decision(one, week.people or {}, now) for one in week.decisions], MOST),
        *part("Reviews", [calendar.line(one, now) for one in week.reviews], MOST),
        *part("Bias audits", [_audit(one) for one in week.audits], MOST),
    ]


def _audit(one: BiasAudit) -> str:
    which = f"Audit {one.number} after {code(one.incident_id)}"
    return f"🗓️ {which}: {audited.whole(one.result)}." if one.ended_at else f"🗓️ {which}: due {day(one.due_at)}."


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
