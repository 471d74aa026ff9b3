"""Clocks of an incident in words: what is owed by when, what is late, what rests."""

from collections.abc import Sequence
from datetime import datetime

from storage.incidents import IncidentView
from storage.tables import Clock
from templates import figures
from templates.slack.mrkdwn import countdown, date, quote, said

MOST_NEXT = 2
LONGEST_REASON = 160
ACKNOWLEDGE = "acknowledge"
OWED = {
    "acknowledge": "acknowledgement",
    "assess": "judgement of the severity",
    "contain": "containment",
    "root_cause": "root cause",
    "fix": "fix",
    "update": "status update",
    "review": "review",
    "postmortem": "post-mortem",
    "regulator": "notice to the regulator",
}


def owed(kind: object) -> str:
    """Return what a clock waits for.

    >>> owed("root_cause"), owed("a_new_one")
    ('root cause', 'a new one')
    """
    return OWED.get(str(kind), said(str(kind).replace("_", " ")))


def running(view: IncidentView) -> list[Clock]:
    """Return the clocks that are neither met nor stopped, soonest first; those that rest too."""
    found = [one for one in view.clocks if one.met_at is None and one.stopped_at is None]
    return sorted(found, key=lambda clock: clock.due_at)


def awaited(view: IncidentView) -> Clock | None:
    """Return the clock that runs until somebody acknowledges."""
    return next((clock for clock in running(view) if clock.kind == ACKNOWLEDGE), None)


def is_late(clock: Clock, now: datetime) -> bool:
    """Return whether its time is over."""
    return clock.paused_at is None and (clock.breached_at is not None or now > clock.due_at)


def lines(view: IncidentView, now: datetime) -> list[str]:
    """Return what is late, what is due next, and what rests, a line each; acknowledging has its own line elsewhere."""
    found = [clock for clock in running(view) if clock.kind != ACKNOWLEDGE]
    late = [clock for clock in found if is_late(clock, now)]
    rests = [clock for clock in found if clock.paused_at is not None]
    ahead = [clock for clock in found if clock not in late and clock not in rests]
    return [*_late(late), *_next(ahead), *map(_rests, rests)]


def _late(late: Sequence[Clock]) -> list[str]:
    parts = [f"*{owed(clock.kind)}*, due {countdown(clock.due_at)}" for clock in late]
    return [f"🚨 Late: {' · '.join(parts)}."] if parts else []


def _next(ahead: Sequence[Clock]) -> list[str]:
    parts = [f"*{owed(clock.kind)}* by {countdown(clock.due_at)}" for clock in ahead[:MOST_NEXT]]
    return [f"⏱️ Next: {' · '.join(parts)}."] if parts else []


def _rests(clock: Clock) -> str:
    assert clock.paused_at is not None
    why = f": {quote(clock.paused_why, LONGEST_REASON)}" if clock.paused_why else ""
    return f"⏸️ The clock of the *{owed(clock.kind)}* rests since {date(clock.paused_at)}{why}"


def history(view: IncidentView, now: datetime) -> list[str]:
    """Return each clock with how it went, in the order in which they started."""
    return [f"• {_went(clock, now)}" for clock in view.clocks]


def _went(clock: Clock, now: datetime) -> str:
    what = f"*{owed(clock.kind)}*" + (f" no. {clock.number}" if clock.number > 1 else "")
    if clock.met_at is not None and clock.breached_at is not None:
        return f"🚨 {what}: met {date(clock.met_at)}, {figures.span(clock.met_at - clock.due_at)} late"
    if clock.met_at is not None:
        return f"✅ {what}: met {date(clock.met_at)}, {figures.span(clock.due_at - clock.met_at)} before its time"
    if clock.stopped_at is not None:
        return f"◽ {what}: not owed any more since {date(clock.stopped_at)}"
    if clock.paused_at is not None:
        return f"⏸️ {what}: rests since {date(clock.paused_at)}"
    if is_late(clock, now):
        return f"🚨 {what}: late since {date(clock.due_at)}"
    return f"⏱️ {what}: due {countdown(clock.due_at)}"


def shortest(view: IncidentView, now: datetime) -> str:
    """Return the most urgent clock in a few words, for a list; empty where none runs."""
    found = [clock for clock in running(view) if clock.kind != ACKNOWLEDGE and clock.paused_at is None]
    if not found:
        return ""
    first = found[0]
    if is_late(first, now):
        return f"🚨 {owed(first.kind)} late by {figures.span(now - first.due_at)}"
    return f"⏱️ {owed(first.kind)} in {figures.span(first.due_at - now)}"
